package dev.inproc.benchmarks.load;

import java.time.Duration;
import org.HdrHistogram.Histogram;

/**
 * What came of a load.
 *
 * @param sent requests of the measured time
 * @param failed those that failed or were refused; they have no latency
 * @param seconds the measured time: what was offered divided by it is the offered rate
 * @param latencies of those answered, in nanoseconds; in an open loop from the intended time
 * @param lateness how late the generator itself was to send, in nanoseconds; part of the latency
 */
public record LoadResult(
    long sent, long failed, double seconds, Histogram latencies, Histogram lateness) {
  private static final long HIGHEST = Duration.ofHours(1).toNanos();
  private static final int DIGITS = 3;

  static long clamp(long nanos) {
    return Math.max(0, Math.min(HIGHEST, nanos));
  }

  static Histogram histogram() {
    return new Histogram(HIGHEST, DIGITS);
  }

  static org.HdrHistogram.ConcurrentHistogram concurrentHistogram() {
    return new org.HdrHistogram.ConcurrentHistogram(HIGHEST, DIGITS);
  }

  /** Requests a second that were meant to be sent. */
  public double offered() {
    return sent / seconds;
  }

  /** Answers a second. */
  public double answered() {
    return latencies.getTotalCount() / seconds;
  }

  /** Answers a second that came within a deadline of the intended time. */
  public double goodput(Duration deadline) {
    long good = latencies.getCountBetweenValues(0, clamp(deadline.toNanos()));
    return good / seconds;
  }

  /** A percentile of the latency, from 0 to 100. */
  public double micros(double percentile) {
    return latencies.getValueAtPercentile(percentile) / 1e3;
  }
}
