package dev.inproc.inference.deploy;

import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * What a phase of an experiment has found so far. Immutable.
 *
 * @param phase the number of the phase, from 1
 * @param age how long the phase has lasted, or did
 * @param arms how many keys each arm has, the control first
 * @param sampleRatio whether the arms have the keys that their weights promise; if not, nothing
 *     else here is to be trusted, and every comparison is refused
 * @param metrics what was measured
 * @param ignored what was recorded and not used
 * @param callsBeyondCapacity how many calls came with a key that the phase had no room for
 * @param bytes about how much memory the phase takes
 * @param ended why no more keys are added; empty while the phase runs
 */
public record ExperimentResults(
    int phase,
    Duration age,
    List<ArmKeys> arms,
    SampleRatio sampleRatio,
    List<MetricResult> metrics,
    Ignored ignored,
    long callsBeyondCapacity,
    long bytes,
    Optional<String> ended) {
  /** Copies the lists. */
  public ExperimentResults {
    Objects.requireNonNull(age, "age");
    arms = List.copyOf(arms);
    Objects.requireNonNull(sampleRatio, "sampleRatio");
    metrics = List.copyOf(metrics);
    Objects.requireNonNull(ignored, "ignored");
    Objects.requireNonNull(ended, "ended");
  }

  /**
   * An arm in this phase.
   *
   * @param arm the arm, with its weight in this phase
   * @param keys how many keys made a call
   */
  public record ArmKeys(ExperimentArm arm, long keys) {}

  /**
   * The sequential test of the number of keys in each arm, and of the number of reports.
   *
   * @param isMismatch whether a test has ever refuted that the arms get what their weights promise
   * @param finding the test in words
   */
  public record SampleRatio(boolean isMismatch, String finding) {}

  /**
   * What was recorded and is in no score.
   *
   * @param unexposed of keys that made no call in this phase, or came beyond its capacity
   * @param late after the key's window
   * @param repeated of a metric that takes the first report only
   * @param ended after the phase
   */
  public record Ignored(long unexposed, long late, long repeated, long ended) {}

  /**
   * What was measured.
   *
   * @param metric the metric
   * @param arms the arms' values, the control first
   * @param comparisons each other arm against the control
   */
  public record MetricResult(
      ExperimentMetric metric, List<ArmScore> arms, List<ArmComparison> comparisons) {
    /** Copies the lists. */
    public MetricResult {
      arms = List.copyOf(arms);
      comparisons = List.copyOf(comparisons);
    }
  }

  /**
   * What the keys of an arm score.
   *
   * @param arm the arm's name
   * @param keys how many keys count: the keys whose window has ended
   * @param value the mean, the share or the ratio; NaN without a key
   */
  public record ArmScore(String arm, long keys, double value) {}

  /** What is known of a difference. */
  public enum Decision {
    /** The arm's value is higher than the control's. */
    HIGHER,
    /** The arm's value is lower than the control's. */
    LOWER,
    /** It may be either. */
    UNDECIDED,
    /** The data do not allow to say anything; the finding tells why. */
    REFUSED
  }

  /**
   * An arm against the control arm.
   *
   * @param arm the arm's name
   * @param decision what is known
   * @param difference the arm's value less the control's; empty if the interval is refused
   * @param ratio of a share: the arm's share over the control's, with an exact interval
   * @param oppositeRatio of a share: that of the keys that are not in it, likewise
   * @param finding the comparison in words, with the reason of a refusal
   */
  public record ArmComparison(
      String arm,
      Decision decision,
      Optional<Estimate> difference,
      Optional<Estimate> ratio,
      Optional<Estimate> oppositeRatio,
      String finding) {}

  /**
   * A value with the interval in which the true one is.
   *
   * @param value what was observed
   * @param low the interval's lower end
   * @param high its upper end
   */
  public record Estimate(double value, double low, double high) {
    boolean isAbove(double other) {
      return low > other;
    }

    boolean isBelow(double other) {
      return high < other;
    }
  }

  /** Returns what was measured by a metric, if it is in the plan. */
  public Optional<MetricResult> metric(String name) {
    return metrics.stream().filter(each -> each.metric().name().equals(name)).findFirst();
  }
}
