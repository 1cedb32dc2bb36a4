package dev.inproc.inference.monitoring;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.metrics.CallMetrics;
import dev.inproc.inference.metrics.Figure;
import dev.inproc.inference.metrics.Histogram;
import dev.inproc.inference.metrics.HistogramRecorder;
import dev.inproc.inference.metrics.LayerDescription;
import dev.inproc.inference.metrics.Outcome;
import dev.inproc.inference.monitoring.Health.Status;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class HealthTest {
  private static LayerDescription layer(Figure... figures) {
    LayerDescription inner = new LayerDescription("batching", "b", List.of(figures), List.of());
    return new LayerDescription("metering", "m", List.of(), List.of(inner));
  }

  private static void assertHealth(Status status, String reason, Figure... figures) {
    Health health = Health.of(layer(figures));
    assertEquals(status, health.status(), health.toString());
    assertEquals(status == Status.READY, health.reasons().isEmpty());
    assertTrue(String.join("\n", health.reasons()).contains(reason), health.toString());
  }

  private static Figure runTime(long nanos) {
    HistogramRecorder recorder = new HistogramRecorder();
    recorder.record(nanos, 1_000);
    return Figure.Spread.seconds("run.time", recorder.snapshot());
  }

  private static Figure[] minute(long answered, Outcome other, long count) {
    return new CallMetrics(0, Map.of(Outcome.ANSWERED, answered, other, count), Histogram.EMPTY)
        .figuresOfLastMinute()
        .toArray(new Figure[0]);
  }

  @Test
  void withoutFigures_isReady() {
    assertHealth(Status.READY, "");
  }

  @Test
  void run_isHung_beyondTenTimesTheUsual_andFiveSeconds() {
    Figure fast = runTime(2_000_000);
    assertHealth(Status.READY, "", fast, Figure.gauge("run.age", "second", 4.9));
    assertHealth(Status.HUNG, "5.1 s", fast, Figure.gauge("run.age", "second", 5.1));
    Figure slow = runTime(3_000_000_000L);
    assertHealth(Status.READY, "", slow, Figure.gauge("run.age", "second", 29));
    assertHealth(Status.HUNG, "31.0 s", slow, Figure.gauge("run.age", "second", 31));
    assertHealth(Status.READY, "", Figure.gauge("run.age", "second", 299)); // of no history
    assertHealth(Status.HUNG, "301.0 s", Figure.gauge("run.age", "second", 301));
    assertHealth(Status.READY, "", fast, Figure.gauge("run.age", "second", Double.NaN));
  }

  @Test
  void queue_isDegraded_whenNineTenthsFull() {
    Figure capacity = Figure.gauge("queue.capacity", "call", 100);
    assertHealth(Status.READY, "", capacity, Figure.gauge("queue.waiting", "call", 89));
    assertHealth(
        Status.DEGRADED,
        "90 calls wait in a queue for 100",
        capacity,
        Figure.gauge("queue.waiting", "call", 90));
  }

  @Test
  void calls_areDegraded_byTheirShares_ofEnoughCalls() {
    assertHealth(Status.READY, "", minute(95, Outcome.FAILED, 5));
    assertHealth(Status.DEGRADED, "6.0 % of the calls", minute(94, Outcome.FAILED, 6));
    assertHealth(Status.DEGRADED, "missed their deadline", minute(94, Outcome.EXPIRED, 6));
    assertHealth(Status.DEGRADED, "were refused", minute(98, Outcome.OVERLOADED, 2));
    assertHealth(Status.READY, "", minute(9, Outcome.FAILED, 10)); // too few to judge
    assertHealth(Status.READY, "", minute(50, Outcome.CANCELLED, 50)); // the callers' wish
    assertHealth(Status.READY, "", minute(50, Outcome.INVALID, 50)); // the callers' fault
  }

  @Test
  void state_isStarting_orClosed() {
    assertHealth(Status.STARTING, "one by one", new Figure.Info("state", "starting"));
    assertHealth(Status.DEGRADED, "closed", new Figure.Info("state", "closed"));
    assertHealth(Status.READY, "", new Figure.Info("state", "open"));
  }

  @Test
  void worst_counts_andAllReasonsAreTold() {
    Health health =
        Health.of(
            layer(
                new Figure.Info("state", "starting"),
                runTime(2_000_000),
                Figure.gauge("run.age", "second", 60),
                Figure.gauge("queue.capacity", "call", 10),
                Figure.gauge("queue.waiting", "call", 10)));
    assertEquals(Status.HUNG, health.status());
    assertEquals(3, health.reasons().size());
    assertTrue(health.reasons().get(0).contains("60.0 s"));
  }
}
