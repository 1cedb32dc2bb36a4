package dev.inproc.inference.deploy;

import dev.inproc.inference.deploy.ShadowMetrics.Agreement;
import dev.inproc.inference.internal.statistics.Proportions;
import dev.inproc.inference.internal.statistics.VectorAgreement;
import dev.inproc.inference.model.ModelVersion;
import java.util.Objects;
import java.util.Optional;
import java.util.function.BiPredicate;
import org.jspecify.annotations.Nullable;

/**
 * How far a shadow's answers agree with the answers of one version, the primary. It begins anew
 * when another version serves. Thread-safe.
 */
final class ShadowComparison<O> {
  private final ShadowPlan<?, O> plan;

  // Guarded by this.
  private ModelVersion primary;
  private VectorAgreement vectors = new VectorAgreement();
  private long pairs;
  private long agreeing;
  private long failed;

  ShadowComparison(ShadowPlan<?, O> plan, ModelVersion primary) {
    this.plan = plan;
    this.primary = primary;
  }

  /** Compares with this version from now on. */
  synchronized void against(ModelVersion serving) {
    if (!serving.equals(primary)) {
      primary = serving;
      vectors = new VectorAgreement();
      pairs = 0;
      agreeing = 0;
      failed = 0;
    }
  }

  /**
   * Compares two answers. The application's code runs before anything is counted, and outside the
   * lock.
   */
  void add(O expected, O actual) {
    float[] a = plan.vector(expected);
    float[] b = plan.vector(actual);
    boolean agrees = agrees(expected, actual, a, b);
    synchronized (this) {
      pairs++;
      agreeing += agrees ? 1 : 0;
      if (a != null && b != null) {
        vectors.add(a, b);
      } else if (a != null || b != null) {
        vectors.add(new float[0], new float[0]); // as far apart as can be
      }
    }
  }

  private boolean agrees(O expected, O actual, float @Nullable [] a, float @Nullable [] b) {
    BiPredicate<? super O, ? super O> predicate = plan.agreement();
    if (predicate != null) {
      return predicate.test(expected, actual);
    }
    if (a == null || b == null) {
      return a == null && b == null && Objects.deepEquals(expected, actual);
    }
    if (!Double.isNaN(plan.tolerance())) {
      return VectorAgreement.areWithin(a, b, plan.tolerance());
    }
    return a.length == 1
        ? VectorAgreement.areWithin(a, b, 0)
        : VectorAgreement.areLargestAtSamePlace(a, b);
  }

  /** The shadow alone has failed at a call. */
  synchronized void addFailure() {
    failed++;
  }

  synchronized ModelVersion primary() {
    return primary;
  }

  synchronized Agreement agreement() {
    long all = pairs + failed;
    boolean hasVectors = vectors.count() > 0;
    return new Agreement(
        pairs,
        agreeing,
        failed,
        all == 0 ? Double.NaN : (double) agreeing / all,
        all == 0 ? Double.NaN : Proportions.lowerBound(agreeing, all),
        hasVectors ? vectors.minCosine() : Double.NaN,
        vectors.meanCosine(),
        vectors.maxError());
  }

  /** Returns why the gate stays closed; empty if it opens. */
  synchronized Optional<String> refusal(ShadowGate gate) {
    if (pairs < gate.minPairs()) {
      return Optional.of(
          "compared " + pairs + " pairs with " + primary + ", expected " + gate.minPairs());
    }
    double bound = Proportions.lowerBound(agreeing, pairs + failed);
    if (bound >= gate.minAgreement()) {
      return Optional.empty();
    }
    return Optional.of(
        "agrees with "
            + primary
            + " on "
            + agreeing
            + " of "
            + (pairs + failed)
            + " calls, at which it failed "
            + failed
            + " times; the share is at least "
            + Math.floor(bound * 1e4) / 1e4
            + ", expected "
            + gate.minAgreement());
  }
}
