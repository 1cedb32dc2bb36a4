package dev.inproc.inference.metrics;

import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Calls by outcome, and how long the answered ones took. Immutable. A list counts as many calls as
 * it has inputs, each of which took the time of the list.
 *
 * @param begun calls that came; never fewer than ended
 * @param ended calls that have an outcome, by outcome; every outcome is a key
 * @param latencyNanos nanoseconds from the call to its answer; calls without one are not in it
 */
public record CallMetrics(long begun, Map<Outcome, Long> ended, Histogram latencyNanos) {
  /** No calls. */
  public static final CallMetrics NONE = new CallMetrics(0, Map.of(), Histogram.EMPTY);

  /** Copies the map, with every outcome as a key. */
  public CallMetrics {
    Map<Outcome, Long> all = new EnumMap<>(Outcome.class);
    for (Outcome outcome : Outcome.values()) {
      all.put(outcome, ended.getOrDefault(outcome, 0L));
    }
    ended = Collections.unmodifiableMap(all);
  }

  /** Returns how many calls ended so. */
  public long count(Outcome outcome) {
    return Objects.requireNonNull(ended.get(outcome));
  }

  /** Returns how many calls have an outcome. */
  public long allEnded() {
    return ended.values().stream().mapToLong(Long::longValue).sum();
  }

  /** Returns how many calls wait for their outcome. */
  public long inFlight() {
    return begun - allEnded();
  }

  /** Returns what recording the calls of both in one place would have given. */
  public CallMetrics merge(CallMetrics other) {
    return combine(other, 1, latencyNanos.merge(other.latencyNanos));
  }

  /** Returns what came since an earlier snapshot of the same calls. */
  CallMetrics since(CallMetrics earlier) {
    return combine(earlier, -1, latencyNanos.since(earlier.latencyNanos));
  }

  private CallMetrics combine(CallMetrics other, int sign, Histogram latency) {
    Map<Outcome, Long> all = new EnumMap<>(Outcome.class);
    ended.forEach((outcome, count) -> all.put(outcome, count + sign * other.count(outcome)));
    return new CallMetrics(begun + sign * other.begun, all, latency);
  }

  /** Returns these as figures: {@code calls} by outcome and {@code latency}. */
  public List<Figure> figures() {
    List<Figure> all = new ArrayList<>();
    ended.forEach((outcome, count) -> all.add(Figure.calls(outcome, count)));
    all.add(Figure.gauge("calls.active", "call", (double) inFlight()));
    all.add(Figure.Spread.seconds("latency", latencyNanos));
    return all;
  }

  /** Returns these, which came in the last minute, as figures of their own names. */
  public List<Figure> figuresOfLastMinute() {
    List<Figure> all = new ArrayList<>();
    ended.forEach(
        (outcome, count) ->
            all.add(
                new Figure.Gauge(
                    "calls.minute", Map.of("outcome", outcome.label()), "call", (double) count)));
    all.add(Figure.Spread.seconds("latency.minute", latencyNanos).ofSomeTime());
    return all;
  }
}
