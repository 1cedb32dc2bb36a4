package dev.inproc.inference.monitoring;

import dev.inproc.inference.metrics.CallMetrics;
import dev.inproc.inference.metrics.Outcome;
import java.time.Duration;

/**
 * The figures of a {@link Metering} layer. Immutable.
 *
 * @param name the name that the layer was given
 * @param total all calls since the layer was made
 * @param lastMinute calls that began or ended within {@code span}; {@code begun} counts the ones
 *     that began in it, {@code ended} the ones that ended in it
 * @param span how long ago {@code lastMinute} begins: 60 to 70 seconds, or the layer's age
 */
public record MeteringMetrics(
    String name, CallMetrics total, CallMetrics lastMinute, Duration span) {
  /** Returns the answers a second in the last minute. */
  public double answersPerSecond() {
    double seconds = span.toNanos() / 1e9;
    return seconds == 0 ? 0 : lastMinute.count(Outcome.ANSWERED) / seconds;
  }
}
