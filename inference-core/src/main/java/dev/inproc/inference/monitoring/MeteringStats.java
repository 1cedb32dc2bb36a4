package dev.inproc.inference.monitoring;

/**
 * The figures of a {@link Metering} layer, wherever it stands in a chain. Any number of threads may
 * share one.
 *
 * <pre>{@code
 * MeteringMetrics metrics = embedder.find(MeteringStats.class).orElseThrow().metrics();
 * double p99 = metrics.lastMinute().latencyNanos().quantile(0.99) / 1e6;
 * }</pre>
 */
public interface MeteringStats {
  /** Returns the figures so far. Takes some ten microseconds, so call it seldom. */
  MeteringMetrics metrics();
}
