package dev.inproc.inference.deploy;

import dev.inproc.inference.CallOptions;
import dev.inproc.inference.internal.routing.SaltedHash;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.BiPredicate;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Divides calls between the stable version, a canary and a control lane. The canary has the low end
 * of the range of the keys' salted hashes, the control lane the high end, so a larger share only
 * adds keys to the canary. A call without a key has a random place of its own.
 *
 * @param canary takes the calls that chance sends to the canary, and compares them
 * @param canaryByRule the same lane, without comparing
 * @param stable takes all other calls
 * @param keys told the hash of each call that chance routes
 */
record RolloutSplit<I, O>(
    long salt,
    double canaryShare,
    double controlShare,
    long canaryBound,
    long controlBound,
    Lane<I, O> canary,
    Lane<I, O> canaryByRule,
    Lane<I, O> control,
    Lane<I, O> stable,
    @Nullable BiPredicate<? super I, CallOptions> canaryFor,
    @Nullable BiPredicate<? super I, CallOptions> stableFor,
    LongConsumer keys)
    implements TrafficSplit<I, O> {

  RolloutSplit(
      long salt,
      double canaryShare,
      double controlShare,
      Lane<I, O> canary,
      Lane<I, O> canaryByRule,
      Lane<I, O> control,
      Lane<I, O> stable,
      @Nullable BiPredicate<? super I, CallOptions> canaryFor,
      @Nullable BiPredicate<? super I, CallOptions> stableFor,
      LongConsumer keys) {
    this(
        salt,
        canaryShare,
        controlShare,
        SaltedHash.bound(canaryShare),
        SaltedHash.bound(1 - controlShare),
        canary,
        canaryByRule,
        control,
        stable,
        canaryFor,
        stableFor,
        keys);
  }

  @Override
  public Lane<I, O> lane(I input, CallOptions options) {
    if (stableFor != null && holds(stableFor, input, options)) {
      return stable;
    }
    if (canaryFor != null && holds(canaryFor, input, options)) {
      return canaryByRule;
    }
    String key = options.affinityKey();
    long hash = key == null ? ThreadLocalRandom.current().nextLong() : SaltedHash.hash(salt, key);
    keys.accept(hash);
    return lane(hash);
  }

  /** Returns the lane of a place in the range. */
  Lane<I, O> lane(long hash) {
    if (canaryShare == 1 || Long.compareUnsigned(hash, canaryBound) < 0) {
      return canary;
    }
    return controlShare > 0 && Long.compareUnsigned(hash, controlBound) >= 0 ? control : stable;
  }

  private static <I> boolean holds(
      BiPredicate<? super I, CallOptions> rule, I input, CallOptions options) {
    try {
      return rule.test(input, options);
    } catch (RuntimeException e) { // a broken rule must not fail calls
      return false;
    }
  }

  @Override
  public boolean has(Lane<I, O> lane) {
    return lane == stable || lane == canary || lane == canaryByRule || lane == control;
  }
}
