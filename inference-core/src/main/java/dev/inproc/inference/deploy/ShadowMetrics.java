package dev.inproc.inference.deploy;

import dev.inproc.inference.metrics.Histogram;
import dev.inproc.inference.model.ModelVersion;
import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * A shadow at one time. Immutable. Of the counts, {@code offered} is the sum of {@code compared},
 * {@code failed}, {@code dropped} and {@code pending} whenever no call is on its way.
 *
 * @param version the version that runs beside
 * @param primary the version that it is compared with: the one that serves
 * @param offered calls of the deployment that were answered and belonged to the sample
 * @param compared pairs of answers that were compared, with whichever version served
 * @param failed calls that failed in the shadow, or whose answers could not be copied or compared
 * @param dropped calls that were not run: the queue was full, another version than the one that
 *     serves had answered, or the shadow was closed
 * @param pending copies that wait or run
 * @param failures the failed calls by kind; every kind is a key
 * @param lastFailure what the last failed call failed with
 * @param recorderFailures pairs at which the recorder threw
 * @param agreement how far the answers agree with those of {@code primary}
 * @param primaryNanos nanoseconds of the deployment's calls that were offered and not dropped for
 *     lack of room; a list's calls took the time of the list
 * @param shadowNanos nanoseconds of the shadow's answered calls
 * @param processorShare the share of all processors' time that the shadow was charged with, since
 *     it began
 * @param yields how often the shadow waited because calls waited in the batcher of the version that
 *     serves
 */
public record ShadowMetrics(
    ModelVersion version,
    ModelVersion primary,
    long offered,
    long compared,
    long failed,
    long dropped,
    long pending,
    Map<Failure, Long> failures,
    Optional<String> lastFailure,
    long recorderFailures,
    Agreement agreement,
    Histogram primaryNanos,
    Histogram shadowNanos,
    double processorShare,
    long yields) {

  /** Checks that nothing is null, and copies the map, with every kind as a key. */
  public ShadowMetrics {
    Objects.requireNonNull(version, "version");
    Objects.requireNonNull(primary, "primary");
    Map<Failure, Long> all = new EnumMap<>(Failure.class);
    for (Failure kind : Failure.values()) {
      all.put(kind, failures.getOrDefault(kind, 0L));
    }
    failures = Collections.unmodifiableMap(all);
    Objects.requireNonNull(lastFailure, "lastFailure");
    Objects.requireNonNull(agreement, "agreement");
    Objects.requireNonNull(primaryNanos, "primaryNanos");
    Objects.requireNonNull(shadowNanos, "shadowNanos");
  }

  /** What a call failed at. */
  public enum Failure {
    /** The request or the answer could not be copied. The shadow did not see the call. */
    COPY,
    /** The shadow refused the request as invalid. */
    INVALID,
    /** The shadow did not answer in time. */
    EXPIRED,
    /** The shadow failed in another way. */
    FAILED,
    /** The two answers could not be compared: the plan's function or predicate threw. */
    COMPARISON
  }

  /**
   * How far the shadow's answers agree with those of the version that serves, since that version
   * serves or the shadow began. The vectors are those of {@link ShadowPlan#withVector}; without
   * vectors, the cosines are NaN and the largest error is 0.
   *
   * @param pairs pairs of answers
   * @param agreeing pairs that agree, as the plan says
   * @param failed calls that the shadow alone failed at; a copy that failed is none
   * @param share agreeing pairs among the pairs and failed calls; NaN without any
   * @param bound the lower end of the 95 % confidence interval of that share; NaN without any
   * @param minCosine the least cosine of two vectors; NaN without a pair, minus infinity for
   *     vectors that cannot be compared
   * @param meanCosine the mean cosine
   * @param maxError the largest difference of two values; infinite if one is no number
   */
  public record Agreement(
      long pairs,
      long agreeing,
      long failed,
      double share,
      double bound,
      double minCosine,
      double meanCosine,
      double maxError) {}
}
