package dev.inproc.inference.cache.risk;

import java.util.Arrays;

/**
 * Decides which requests may be answered from the cache: the least risky, as many as keep the mean
 * risk of what is served at an aim. The risk is learned from labels: the model ran, and so showed
 * whether the nearest entry's answer would have been right.
 *
 * <p>A request that the rule serves gives a label only if it is audited; one that it does not serve
 * always gives one. A label therefore comes with the number of requests that it stands for, 1/p for
 * an audit with probability p, or the rule would see too few of what it serves.
 *
 * <p>Three parts work together: a {@link RiskModel} ranks; a {@link RiskHistogram} calibrates the
 * ranks and finds the risk up to which the mean is the aim, taking one more label for wrong than
 * was found, since a threshold that is chosen by noisy counts is chosen where they are too low; a
 * {@link ChangeDetector} compares audits with expectation, lowers the threshold and lets the others
 * forget when the traffic changes.
 *
 * <p>Thread-safe: {@link #learn} takes a short lock; all else reads an immutable state.
 */
public final class ServingRule {
  /** Labels before anything is served. */
  public static final int LABELS_BEFORE_SERVING = 1000;

  private static final double MODEL_MEMORY = 60_000;
  private static final double HISTOGRAM_MEMORY = 40_000;

  /** A label stands for at most so many requests: rare audits would move the rule too far. */
  private static final double LARGEST_WEIGHT = 20;

  /** Above so many times the aim, but at least above 0.1, the exact risk matters less and less. */
  private static final double MATTERS = 8;

  private static final double MATTERS_BELOW = 0.1;
  private static final double MATTERS_LEAST = 0.02;

  /** A request that is more likely wrong than right is not served, whatever the mean is. */
  private static final double MOST_RISK = 0.5;

  /** How many more labels are taken for wrong. */
  private static final double PESSIMISM = 0.8;

  /**
   * An aim that would serve a smaller share of the requests is passed over for the next higher one:
   * a cache that serves hardly anything proves nothing either.
   */
  private static final double LEAST_SHARE = 0.1;

  private static final int REFRESH = 16; // labels between two states
  private static final double KEPT_AT_CHANGE = 0.25;

  private final double[] aims;
  private final RiskModel model;
  private final RiskHistogram histogram = new RiskHistogram(HISTOGRAM_MEMORY);
  private final ChangeDetector changes = new ChangeDetector();
  private final Object lock = new Object();
  private volatile State state;
  private volatile long labels;

  private record State(
      double[] weights,
      double[] calibration,
      double correction,
      double[] rawThresholds,
      int leastAim) {
    double rawThreshold(int aim) {
      return rawThresholds[Math.max(aim, leastAim)];
    }

    /** Of the highest aim. */
    double rawThreshold() {
      return rawThresholds[rawThresholds.length - 1];
    }

    double raw(RiskFeatures features) {
      return RiskModel.risk(weights, features.values());
    }

    double risk(double raw) {
      return Math.min(1, correction * RiskHistogram.calibrated(calibration, raw));
    }
  }

  /**
   * @param aims the mean risks of what is served that a caller may choose from, ascending; the
   *     highest below the share of wrong hits that is promised
   * @param ownFeatures how many risk features the user adds
   */
  public ServingRule(double[] aims, int ownFeatures) {
    this.aims = aims.clone();
    model = new RiskModel(ownFeatures, MODEL_MEMORY);
    state = new State(model.weights(), histogram.calibrate(), 1, new double[aims.length], 0);
  }

  /** Returns the probability that the nearest entry's answer is wrong; 1 if it is unknown. */
  public double risk(RiskFeatures features) {
    State now = state;
    return features.usable() ? now.risk(now.raw(features)) : 1;
  }

  /**
   * Returns whether a request may be answered from the cache.
   *
   * @param aim the place of the aim among those that the rule was made with
   */
  public boolean serves(RiskFeatures features, int aim) {
    State now = state;
    double threshold = now.rawThreshold(aim);
    return threshold > 0 && features.usable() && now.raw(features) <= threshold;
  }

  /** Returns the risk up to which requests are served now with an aim; 0 if none is. */
  public double threshold(int aim) {
    State now = state;
    double threshold = now.rawThreshold(aim);
    return threshold == 0 ? 0 : now.risk(threshold);
  }

  /** Returns how many labels came so far. */
  public long labels() {
    return labels;
  }

  /**
   * Learns whether the nearest entry's answer would have been right.
   *
   * @param features what was known before the model ran
   * @param wrong whether the model's answer differs
   * @param weight how many requests the label stands for: 1/p for one that was audited with
   *     probability p, 1 for one that the rule did not serve
   */
  public void learn(RiskFeatures features, boolean wrong, double weight) {
    synchronized (lock) {
      labels++;
      if (features.usable()) {
        learnUsable(features, wrong, Math.min(weight, LARGEST_WEIGHT));
      }
      if (labels % REFRESH == 0) {
        refresh();
      }
    }
  }

  private void learnUsable(RiskFeatures features, boolean wrong, double weight) {
    State now = state;
    double raw = now.raw(features);
    histogram.add(raw, wrong, weight);
    if (raw > now.rawThreshold()) {
      if (now.rawThreshold() == 0) {
        changes.age();
      }
    } else if (changes.add(RiskHistogram.calibrated(now.calibration, raw), wrong)) {
      model.forget(KEPT_AT_CHANGE);
      histogram.fade(KEPT_AT_CHANGE);
      refresh();
    }
    double matters = Math.max(MATTERS_BELOW, MATTERS * aims[aims.length - 1]) / raw;
    model.learn(features.values(), wrong, weight * Math.max(MATTERS_LEAST, Math.min(1, matters)));
  }

  private void refresh() {
    double[] calibration = histogram.calibrate();
    double correction = changes.correction();
    double[] thresholds = new double[aims.length];
    if (labels >= LABELS_BEFORE_SERVING) {
      Arrays.setAll(
          thresholds,
          i ->
              histogram.threshold(
                  calibration, aims[i] / correction, MOST_RISK / correction, PESSIMISM));
    }
    int least = 0;
    while (least < aims.length - 1 && histogram.shareUpTo(thresholds[least]) < LEAST_SHARE) {
      least++;
    }
    state = new State(model.weights(), calibration, correction, thresholds, least);
  }
}
