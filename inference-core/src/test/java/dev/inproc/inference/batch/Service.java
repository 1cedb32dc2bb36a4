package dev.inproc.inference.batch;

import java.util.SplittableRandom;

/**
 * An engine whose runs take a fixed time and some more for each row, give or take: each run's time
 * is multiplied by {@code 1 + jitter·z}, z a standard normal number, but at least by a tenth. As a
 * cost model it knows itself, its noise included.
 */
public final class Service implements CostPredictor {
  private final double fixedNanos;
  private final double perItemNanos;
  private final double jitter;
  private final SplittableRandom random;
  private double spare = Double.NaN;

  public Service(double fixedMicros, double perItemMicros, double jitter, long seed) {
    fixedNanos = fixedMicros * 1e3;
    perItemNanos = perItemMicros * 1e3;
    this.jitter = jitter;
    random = new SplittableRandom(seed);
  }

  public Service(double fixedMicros, double perItemMicros) {
    this(fixedMicros, perItemMicros, 0, 0);
  }

  /** What the next run of this many rows takes. */
  long run(int rows) {
    double factor = jitter == 0 ? 1 : Math.max(0.1, 1 + jitter * gaussian());
    return Math.max(1, Math.round(nanos(rows, 0) * factor));
  }

  /** What a run of this many rows takes without jitter. */
  long nanos(int rows) {
    return Math.max(1, Math.round(nanos(rows, 0)));
  }

  /** Box and Muller's; the JDK's SplittableRandom has none on 17 that is fixed for all time. */
  private double gaussian() {
    if (!Double.isNaN(spare)) {
      double kept = spare;
      spare = Double.NaN;
      return kept;
    }
    double radius = Math.sqrt(-2 * Math.log(1 - random.nextDouble()));
    double angle = 2 * Math.PI * random.nextDouble();
    spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  }

  @Override
  public boolean isKnown() {
    return true;
  }

  @Override
  public double nanos(int rows, long bytes) {
    return fixedNanos + rows * perItemNanos;
  }

  @Override
  public double nanos(int rows, long bytes, double quantile) {
    // A logistic curve's quantiles are within 2 % of a normal's here, and closed.
    double z = Math.log(quantile / (1 - quantile)) / 1.702;
    return nanos(rows, bytes) * Math.max(0.1, 1 + jitter * z);
  }
}
