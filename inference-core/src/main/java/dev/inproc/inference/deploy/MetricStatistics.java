package dev.inproc.inference.deploy;

import dev.inproc.inference.deploy.ExperimentMetric.Kind;
import dev.inproc.inference.deploy.ExperimentResults.ArmComparison;
import dev.inproc.inference.deploy.ExperimentResults.ArmScore;
import dev.inproc.inference.deploy.ExperimentResults.Decision;
import dev.inproc.inference.deploy.ExperimentResults.Estimate;
import dev.inproc.inference.deploy.ExperimentResults.MetricResult;
import dev.inproc.inference.internal.experiment.Comparison;
import dev.inproc.inference.internal.experiment.CountMartingale;
import dev.inproc.inference.internal.experiment.CountMartingale.Interval;
import dev.inproc.inference.internal.experiment.SampleRatioTest;
import dev.inproc.inference.internal.experiment.ScoreMoments;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What the scores of one metric say, of each arm against the control arm. Guarded by the phase.
 *
 * <p>Of a share, a quarter of the chance of error goes to the exact interval of the ratio of the
 * shares, a quarter to that of their complements, and half to the asymptotic interval of the
 * difference. So all three hold together. Success and failure are each tested because either may be
 * the rarer one, which tells more.
 */
final class MetricStatistics {
  /** For ratios of rates of about 2, 1.1 and 1.02. */
  private static final double[] CONCENTRATIONS = {10, 300, 10_000};

  private final ExperimentMetric metric;
  private final List<ExperimentArm> arms;
  private final double alpha; // of one comparison
  private final int expectedKeys;
  private final ScoreMoments[] moments;
  private final long[] nonFinite;

  /** Of a share: each arm's part in the successes, and failures, of arm and control together. */
  private final CountMartingale[] successes;

  private final CountMartingale[] failures;

  /** Of a metric of reports: how many keys of each arm have one; else null. */
  private final @Nullable SampleRatioTest arrivals;

  /**
   * Creates one without scores.
   *
   * @param alpha the chance of error of each comparison
   * @param arrivals tests the number of reports, or null
   */
  MetricStatistics(
      ExperimentMetric metric,
      List<ExperimentArm> arms,
      double alpha,
      int expectedKeys,
      @Nullable SampleRatioTest arrivals) {
    this.metric = metric;
    this.arms = arms;
    this.alpha = alpha;
    this.expectedKeys = expectedKeys;
    this.arrivals = arrivals;
    int size = arms.size();
    moments = new ScoreMoments[size];
    nonFinite = new long[size];
    successes = new CountMartingale[metric.kind() == Kind.SHARE ? size : 0];
    failures = new CountMartingale[successes.length];
    for (int a = 0; a < size; a++) {
      moments[a] = new ScoreMoments();
      if (a > 0 && successes.length > 0) {
        successes[a] = counts(a);
        failures[a] = counts(a);
      }
    }
  }

  private CountMartingale counts(int arm) {
    double share = share(arm);
    return new CountMartingale(new double[] {share, 1 - share}, CONCENTRATIONS);
  }

  /** Returns the share of an arm in its own keys and those of the control. */
  private double share(int arm) {
    return arms.get(arm).weight() / (arms.get(arm).weight() + arms.get(0).weight());
  }

  /** Adds the score of a key. */
  void add(int arm, boolean isReported, double numerator, double denominator) {
    if (metric.kind() == Kind.REPORTED) {
      if (!isReported) {
        return;
      }
      if (arrivals != null) {
        arrivals.add(arm);
      }
    }
    if (!Double.isFinite(numerator) || !Double.isFinite(denominator)) {
      nonFinite[arm]++;
      return;
    }
    moments[arm].add(numerator, denominator);
    if (metric.kind() == Kind.SHARE) {
      CountMartingale[] kind = numerator == 1 ? successes : failures;
      for (int a = 1; a < arms.size(); a++) {
        if (arm == 0 || arm == a) {
          kind[a].add(arm == 0 ? 1 : 0);
        }
      }
    }
  }

  /** Returns what is found. */
  MetricResult result(@Nullable String refusal) {
    List<ArmScore> scores = new ArrayList<>();
    List<ArmComparison> comparisons = new ArrayList<>();
    for (int a = 0; a < arms.size(); a++) {
      scores.add(new ArmScore(name(a), moments[a].count(), moments[a].value()));
      if (a > 0) {
        String none = refusal == null ? nonFinite(a) : refusal;
        comparisons.add(none == null ? compare(a) : refused(a, none));
      }
    }
    return new MetricResult(metric, scores, comparisons);
  }

  private String name(int arm) {
    return arms.get(arm).name();
  }

  private @Nullable String nonFinite(int arm) {
    for (int each : new int[] {0, arm}) {
      if (nonFinite[each] > 0) {
        return nonFinite[each] + " keys of arm " + name(each) + " have a score that is not finite";
      }
    }
    return null;
  }

  private ArmComparison refused(int arm, String why) {
    return new ArmComparison(
        name(arm),
        Decision.REFUSED,
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        "refused: " + why);
  }

  private ArmComparison compare(int arm) {
    boolean isShare = metric.kind() == Kind.SHARE;
    double expected = (double) expectedKeys * pairWeight(arm);
    Comparison means =
        Comparison.of(moments[0], moments[arm], isShare ? alpha / 2 : alpha, expected);
    Optional<Estimate> difference =
        means.refusal() == null
            ? Optional.of(
                new Estimate(
                    means.difference(),
                    means.difference() - means.radius(),
                    means.difference() + means.radius()))
            : Optional.empty();
    if (!isShare) {
      return difference
          .map(
              d ->
                  new ArmComparison(
                      name(arm),
                      decision(d, 0),
                      difference,
                      Optional.empty(),
                      Optional.empty(),
                      words(arm, decision(d, 0)) + ": difference " + text(d)))
          .orElseGet(() -> refused(arm, String.valueOf(means.refusal())));
    }
    Estimate ratio = ratio(arm, successes[arm]);
    Estimate opposite = ratio(arm, failures[arm]);
    Decision decision = decision(ratio, 1);
    if (decision == Decision.UNDECIDED) {
      decision = reverse(decision(opposite, 1));
    }
    if (decision == Decision.UNDECIDED) {
      decision = difference.map(d -> decision(d, 0)).orElse(Decision.UNDECIDED);
    }
    String finding = words(arm, decision) + ": ratio of the shares " + text(ratio);
    finding +=
        difference
            .map(d -> ", difference " + text(d))
            .orElse("; no interval of the difference: " + means.refusal());
    return new ArmComparison(
        name(arm), decision, difference, Optional.of(ratio), Optional.of(opposite), finding);
  }

  private double pairWeight(int arm) {
    double all = arms.stream().mapToDouble(ExperimentArm::weight).sum();
    return (arms.get(arm).weight() + arms.get(0).weight()) / all;
  }

  /** Returns the ratio of the rates at which something is counted in an arm and in the control. */
  private Estimate ratio(int arm, CountMartingale counts) {
    double share = share(arm);
    Interval interval = counts.ratio(share, alpha / 4);
    double odds = (double) counts.count(0) / counts.count(1);
    return new Estimate(odds * (1 - share) / share, interval.low(), interval.high());
  }

  private static Decision decision(Estimate estimate, double equal) {
    return estimate.isAbove(equal)
        ? Decision.HIGHER
        : estimate.isBelow(equal) ? Decision.LOWER : Decision.UNDECIDED;
  }

  private static Decision reverse(Decision decision) {
    return switch (decision) {
      case HIGHER -> Decision.LOWER;
      case LOWER -> Decision.HIGHER;
      default -> decision;
    };
  }

  private String words(int arm, Decision decision) {
    String than = " than in " + name(0);
    return metric.name()
        + switch (decision) {
          case HIGHER -> " is higher in " + name(arm) + than;
          case LOWER -> " is lower in " + name(arm) + than;
          default -> " may be higher or lower in " + name(arm) + than;
        };
  }

  private static String text(Estimate estimate) {
    return String.format(
        Locale.ROOT, "%.4g (%.4g to %.4g)", estimate.value(), estimate.low(), estimate.high());
  }
}
