package dev.inproc.inference.cache.risk;

/**
 * The labels of the recent past by the risk that the model saw, in buckets of a logarithmic scale:
 * how many requests, how many expected wrong, how many found wrong. Old labels fade exponentially.
 * Not thread-safe.
 *
 * <p>A logistic curve does not bend as real risks do, so what the model says is calibrated by what
 * was found at about the same risk. Few labels are wrong where risks are small: a narrow
 * neighbourhood of buckets is believed as far as it has labels, else a wide one, else the model.
 */
final class RiskHistogram {
  private static final int PER_OCTAVE = 4;
  private static final int OCTAVES = 16; // down to a risk of 1.5e-5
  private static final int BUCKETS = PER_OCTAVE * OCTAVES;
  private static final double RESCALE = 1e30;

  /** How much a neighbourhood counts the next bucket. */
  private static final double WIDE = 0.85;

  private static final double NARROW = 0.8;

  /** How many wrong labels the wider neighbourhood, or the model, is worth. */
  private static final double PRIOR = 3;

  /** How many wrong labels the calibrated risks are worth against what was found below a risk. */
  private static final double PREFIX_PRIOR = 8;

  private final double growth;
  private final double[] mass = new double[BUCKETS];
  private final double[] squares = new double[BUCKETS];
  private final double[] expected = new double[BUCKETS];
  private final double[] observed = new double[BUCKETS];

  /** What a label that comes now weighs: growing is cheaper than fading all the others. */
  private double unit = 1;

  RiskHistogram(double memory) {
    this.growth = 1 / memory;
  }

  void add(double raw, boolean wrong, double weight) {
    int bucket = Math.max(0, Math.min(BUCKETS - 1, (int) position(raw)));
    double grown = unit * weight;
    mass[bucket] += grown;
    squares[bucket] += grown * weight;
    expected[bucket] += grown * raw;
    observed[bucket] += wrong ? grown : 0;
    unit *= 1 + growth * weight;
    if (unit > RESCALE) {
      fade(1);
    }
  }

  /** Lets what is known count for a share of what it did. */
  void fade(double kept) {
    for (int i = 0; i < BUCKETS; i++) {
      mass[i] *= kept / unit;
      squares[i] *= kept / unit;
      expected[i] *= kept / unit;
      observed[i] *= kept / unit;
    }
    unit = 1;
  }

  /** Returns the calibrated risk at the middle of each bucket: it never falls. */
  double[] calibrate() {
    double[] m = smooth(mass, WIDE);
    double[] q = smooth(squares, WIDE);
    double[] wideFound = smooth(observed, WIDE);
    double[] wideExpected = smooth(expected, WIDE);
    double[] narrowFound = smooth(observed, NARROW);
    double[] narrowExpected = smooth(expected, NARROW);
    double[] risks = new double[BUCKETS];
    double[] weights = new double[BUCKETS];
    for (int i = 0; i < BUCKETS; i++) {
      double prior = PRIOR * unit * (m[i] == 0 ? 1 : q[i] / m[i]);
      double wide = (wideFound[i] + prior) / (wideExpected[i] + prior);
      double ratio = (narrowFound[i] + prior * wide) / (narrowExpected[i] + prior);
      risks[i] = Math.min(1, Math.pow(2, (i + 0.5) / PER_OCTAVE - OCTAVES) * ratio);
      weights[i] = mass[i] + 1e-3 * unit;
    }
    return ascending(risks, weights);
  }

  /** Returns for each bucket the sum over all, the others counting less the farther they are. */
  private static double[] smooth(double[] values, double reach) {
    double[] sums = new double[BUCKETS];
    double below = 0;
    double above = 0;
    for (int i = 0; i < BUCKETS; i++) {
      below = reach * below + values[i];
      sums[i] += below;
      sums[BUCKETS - 1 - i] += above;
      above = reach * (above + values[BUCKETS - 1 - i]);
    }
    return sums;
  }

  /** Pools neighbours that fall until none does: isotonic regression. */
  private static double[] ascending(double[] values, double[] weights) {
    int[] first = new int[values.length + 1];
    int blocks = 0;
    for (int i = 0; i < values.length; i++) {
      first[blocks++] = i;
      while (blocks > 1 && values[first[blocks - 2]] > values[first[blocks - 1]]) {
        int into = first[blocks - 2];
        int from = first[blocks - 1];
        double sum = weights[into] + weights[from];
        values[into] = (values[into] * weights[into] + values[from] * weights[from]) / sum;
        weights[into] = sum;
        blocks--;
      }
    }
    first[blocks] = values.length;
    for (int b = blocks - 1; b >= 0; b--) {
      double value = values[first[b]];
      for (int i = first[b]; i < first[b + 1]; i++) {
        values[i] = value;
      }
    }
    return values;
  }

  /**
   * Returns the raw risk up to which the mean calibrated risk is at most {@code mean}, were {@code
   * more} more labels found wrong, and no calibrated risk above {@code most}. Zero if even the
   * least risky are too many.
   */
  double threshold(double[] calibrated, double mean, double most, double more) {
    double total = 0;
    double square = 0;
    double smooth = 0;
    double found = 0;
    double room = 0;
    double threshold = 0;
    for (int i = 0; i < BUCKETS && calibrated[i] <= most; i++) {
      if (mass[i] == 0) {
        continue;
      }
      total += mass[i];
      square += squares[i];
      smooth += mass[i] * calibrated[i];
      found += observed[i];
      double label = unit * square / total; // what a label weighs
      double prior = PREFIX_PRIOR * label;
      double wrong = smooth * (found + prior) / (smooth + prior) + more * label;
      double roomBefore = room;
      room = mean * total - wrong;
      if (room >= 0) {
        threshold = Math.pow(2, (i + 1.0) / PER_OCTAVE - OCTAVES);
      } else if (roomBefore > 0) {
        double share = roomBefore / (roomBefore - room);
        threshold = Math.pow(2, (i + share) / PER_OCTAVE - OCTAVES);
      }
    }
    return threshold;
  }

  /** Returns the share of all requests whose raw risk is at most this, from 0 to 1. */
  double shareUpTo(double raw) {
    double all = 0;
    double within = 0;
    for (int i = 0; i < BUCKETS; i++) {
      all += mass[i];
      within += mass[i] * Math.max(0, Math.min(1, position(raw) - i));
    }
    return all == 0 ? 0 : within / all;
  }

  /** Returns the calibrated risk of a raw one, between the middles of the buckets. */
  static double calibrated(double[] calibrated, double raw) {
    double at = Math.max(0, Math.min(BUCKETS - 1, position(raw) - 0.5));
    int below = Math.min(BUCKETS - 2, (int) at);
    return calibrated[below] + (at - below) * (calibrated[below + 1] - calibrated[below]);
  }

  private static double position(double raw) {
    return (Math.log(Math.max(raw, 1e-9)) / Math.log(2) + OCTAVES) * PER_OCTAVE;
  }
}
