package dev.inproc.inference.deploy;

import static dev.inproc.inference.deploy.Lanes.version;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.CallOptions;
import dev.inproc.inference.internal.routing.SaltedHash;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Which keys a rollout sends where. */
class RolloutSplitTest {
  private final Lanes lanes = new Lanes();
  private final Lane<Integer, String> stable = lane(1);
  private final Lane<Integer, String> canary = lane(2);
  private final Lane<Integer, String> control = lane(1);

  private Lane<Integer, String> lane(long number) {
    return new Lane<>(version(number), new FakeLane("lane" + number, i -> "", lanes.threads));
  }

  private RolloutSplit<Integer, String> split(long salt, double share) {
    return new RolloutSplit<>(
        salt,
        share,
        Math.min(share, 1 - share),
        canary,
        canary,
        control,
        stable,
        null,
        null,
        hash -> {});
  }

  @Test
  void lane_ofAKey_isAlwaysTheSame() {
    long salt = new SplittableRandom().nextLong();
    System.out.println("RolloutSplitTest: salt " + salt);
    int keys = 100_000;
    double share = 0.05;
    RolloutSplit<Integer, String> split = split(salt, share);
    int inCanary = 0;
    for (int k = 0; k < keys; k++) {
      CallOptions options = CallOptions.DEFAULT.withAffinityKey("user-" + k);
      Lane<Integer, String> lane = split.lane(7, options);
      for (int call = 1; call < 100; call++) {
        assertSame(lane, split.lane(7, options));
      }
      inCanary += lane == canary ? 1 : 0;
    }
    double sigma = Math.sqrt(share * (1 - share) * keys);
    assertEquals(share * keys, inCanary, 4 * sigma); // 3 sigma fails one of 370 runs
  }

  @Test
  void raising_theShare_noKeyLeavesTheCanary() {
    long salt = new SplittableRandom().nextLong();
    System.out.println("RolloutSplitTest: salt " + salt);
    double[] shares = {0.01, 0.05, 0.25, 1};
    long[] inCanary = new long[shares.length];
    long[] inControl = new long[shares.length];
    for (int k = 0; k < 1_000_000; k++) {
      long hash = SaltedHash.hash(salt, "user-" + k);
      boolean was = false;
      boolean wasControl = false;
      for (int step = 0; step < shares.length; step++) {
        Lane<Integer, String> lane = split(salt, shares[step]).lane(hash);
        assertTrue(!was || lane == canary, "key " + k + " left at " + shares[step]);
        assertTrue(!wasControl || lane != stable, "key " + k + " left the control lane");
        was = lane == canary;
        wasControl = lane == control;
        inCanary[step] += was ? 1 : 0;
        inControl[step] += wasControl ? 1 : 0;
      }
    }
    for (int step = 0; step < shares.length; step++) {
      assertEquals(shares[step], inCanary[step] / 1e6, 0.003);
      assertEquals(Math.min(shares[step], 1 - shares[step]), inControl[step] / 1e6, 0.003);
    }
    assertEquals(1_000_000, inCanary[3]);
  }

  /** Two rollouts of one service, one after the other, do not try the same keys. */
  @Test
  void anotherSalt_triesOtherKeys() {
    RolloutSplit<Integer, String> first = split(1, 0.1);
    RolloutSplit<Integer, String> second = split(2, 0.1);
    int both = 0;
    for (int k = 0; k < 100_000; k++) {
      CallOptions options = CallOptions.DEFAULT.withAffinityKey("user-" + k);
      both += first.lane(7, options) == canary && second.lane(7, options) == canary ? 1 : 0;
    }
    assertEquals(1_000, both, 160);
  }
}
