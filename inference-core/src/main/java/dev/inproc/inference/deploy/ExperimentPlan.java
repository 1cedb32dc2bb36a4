package dev.inproc.inference.deploy;

import dev.inproc.inference.internal.concurrent.Durations;
import dev.inproc.inference.model.ModelVersion;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * An experiment (A/B test): which versions answer which shares of the keys, and what is measured.
 * Immutable.
 *
 * <pre>{@code
 * ExperimentPlan plan =
 *     ExperimentPlan.builder()
 *         .arm("old", deployment.version(), 1) // the first arm is the control
 *         .arm("new", candidate, 1)
 *         .metric(ExperimentMetric.share("bought", Duration.ofHours(1)))
 *         .metric(ExperimentMetric.total("revenue", Duration.ofHours(1)))
 *         .expectedKeys(50_000)
 *         .build();
 * }</pre>
 */
public final class ExperimentPlan {
  private static final int LEAST_EXPECTED = 1_000;
  private static final int MOST_ARMS = 100;

  private final List<ExperimentArm> arms;
  private final List<ExperimentMetric> metrics;
  private final double confidence;
  private final int expectedKeys;
  private final int maxKeys;

  private ExperimentPlan(Builder builder) {
    arms = List.copyOf(builder.arms);
    metrics = List.copyOf(builder.metrics);
    confidence = builder.confidence;
    expectedKeys = builder.expectedKeys;
    maxKeys = builder.maxKeys;
  }

  /** Starts a plan. */
  public static Builder builder() {
    return new Builder();
  }

  /** Returns the arms, the control first. */
  public List<ExperimentArm> arms() {
    return arms;
  }

  /** Returns what is measured. */
  public List<ExperimentMetric> metrics() {
    return metrics;
  }

  /** Returns the chance that all intervals of a phase hold, whenever they are read. */
  public double confidence() {
    return confidence;
  }

  /** Returns at how many keys the intervals are to be narrow. */
  public int expectedKeys() {
    return expectedKeys;
  }

  /** Returns how many keys a phase counts at most. */
  public int maxKeys() {
    return maxKeys;
  }

  @Override
  public String toString() {
    return "ExperimentPlan[arms="
        + arms
        + ", metrics="
        + metrics
        + ", confidence="
        + confidence
        + ", expectedKeys="
        + expectedKeys
        + ", maxKeys="
        + maxKeys
        + "]";
  }

  /** Collects a plan. Not thread-safe. */
  public static final class Builder {
    private final List<ExperimentArm> arms = new ArrayList<>();
    private final List<ExperimentMetric> metrics = new ArrayList<>();
    private final Set<String> names = new HashSet<>();
    private double confidence = 0.95;
    private int expectedKeys = 10_000;
    private int maxKeys = 1_000_000;

    private Builder() {}

    /**
     * Adds an arm; the first is the control, with which the others are compared. The version that
     * serves may be an arm, and need not be.
     */
    public Builder arm(String name, ModelVersion version, double weight) {
      ExperimentArm arm = new ExperimentArm(name, version, weight);
      if (arms.stream().anyMatch(each -> each.name().equals(name))) {
        throw new IllegalArgumentException("Expected one arm of a name, got two: \"" + name + "\"");
      }
      if (arms.size() == MOST_ARMS) {
        throw new IllegalArgumentException("Expected at most " + MOST_ARMS + " arms");
      }
      arms.add(arm);
      return this;
    }

    /** Adds what is measured. */
    public Builder metric(ExperimentMetric metric) {
      if (!names.add(metric.name())) {
        throw new IllegalArgumentException(
            "Expected one metric of a name, got two: \"" + metric.name() + "\"");
      }
      var unused = Durations.of(metric.window());
      metrics.add(metric);
      return this;
    }

    /**
     * Sets the chance that all intervals of a phase hold, at all times together: of every metric
     * and every arm, whose number widens each (Bonferroni). Default: 0.95.
     */
    public Builder confidence(double chance) {
      if (!(chance >= 0.5 && chance < 1)) {
        throw new IllegalArgumentException(
            "Expected a confidence of 0.5 or more and below 1, got " + chance);
      }
      confidence = chance;
      return this;
    }

    /**
     * Sets about how many keys will decide. The intervals hold at every number of keys, and are
     * narrowest near this number. Default: 10,000.
     */
    public Builder expectedKeys(int count) {
      if (count < LEAST_EXPECTED) {
        throw new IllegalArgumentException(
            "Expected " + LEAST_EXPECTED + " expected keys or more, got " + count);
      }
      expectedKeys = count;
      return this;
    }

    /**
     * Sets how many keys a phase counts at most, which bounds its memory: about 50 bytes a key, and
     * 8 to 16 more for each metric while the key's windows last. A key beyond them is answered by
     * its arm and does not count, whatever its arm is. Default: 1,000,000.
     */
    public Builder maxKeys(int count) {
      if (count < 1) {
        throw new IllegalArgumentException("Expected 1 key or more, got " + count);
      }
      maxKeys = count;
      return this;
    }

    /**
     * Returns the plan.
     *
     * @throws IllegalArgumentException without two arms, or a metric
     */
    public ExperimentPlan build() {
      if (arms.size() < 2) {
        throw new IllegalArgumentException("Expected 2 arms or more, got " + arms.size());
      }
      if (metrics.isEmpty()) {
        throw new IllegalArgumentException("Expected a metric, got none");
      }
      return new ExperimentPlan(this);
    }
  }
}
