package dev.inproc.inference.micrometer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.CallOptions;
import dev.inproc.inference.EngineException;
import dev.inproc.inference.Predictor;
import dev.inproc.inference.monitoring.Metering;
import dev.inproc.inference.testing.Reachable;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class PredictorMetersTest {
  /** Answers a length; fails at a blank text. */
  private static final class Lengths implements Predictor<String, Integer> {
    @Override
    public CompletableFuture<Integer> submit(String input, CallOptions options) {
      return CompletableFuture.completedFuture(input.length());
    }

    @Override
    public Integer predict(String input, CallOptions options) {
      if (input.isBlank()) {
        throw new EngineException("blank", null);
      }
      return input.length();
    }

    @Override
    public List<Integer> predictAll(List<String> inputs, CallOptions options) {
      return inputs.stream().map(String::length).toList();
    }

    @Override
    public void close() {
      // Nothing to release.
    }
  }

  private static Predictor<String, Integer> metered() {
    return new Lengths().with(Metering.named("lengths"));
  }

  private static void call(Predictor<String, Integer> predictor) {
    predictor.predict("abc");
    predictor.predictAll(List.of("a", "b"));
    assertThrows(EngineException.class, () -> predictor.predict(" "));
  }

  @Test
  void scrape_byPrometheus_hasCountsTimesAndHealth() {
    PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    Predictor<String, Integer> predictor = metered();
    call(predictor);
    PredictorMeters.of("faq", predictor).bindTo(registry);
    String scrape = registry.scrape();

    for (String line :
        List.of(
            "inproc_calls_total{layer=\"metering\",outcome=\"answered\",predictor=\"faq\"} 3.0",
            "inproc_calls_total{layer=\"metering\",outcome=\"failed\",predictor=\"faq\"} 1.0",
            "inproc_calls_total{layer=\"metering\",outcome=\"expired\",predictor=\"faq\"} 0.0",
            "inproc_latency_seconds_count{layer=\"metering\",predictor=\"faq\"} 3",
            "inproc_calls_active{layer=\"metering\",predictor=\"faq\"} 0.0",
            "inproc_health{predictor=\"faq\",status=\"ready\"} 1.0",
            "inproc_health{predictor=\"faq\",status=\"hung\"} 0.0",
            "# TYPE inproc_calls_total counter",
            "# TYPE inproc_latency_seconds summary")) {
      assertTrue(scrape.contains(line + (line.startsWith("#") ? "\n" : "")), line + "\n" + scrape);
    }
    double p99 = registry.get("inproc.latency.quantile").tag("quantile", "0.99").gauge().value();
    assertTrue(p99 > 0 && p99 < 60, "p99 in seconds: " + p99);
  }

  @Test
  void meters_areAsManyAfterAMillionKeysAndFiveHundredTenants() {
    MeterRegistry registry = new SimpleMeterRegistry();
    Predictor<String, Integer> predictor = metered();
    PredictorMeters.of("faq", predictor).bindTo(registry);
    Set<Meter.Id> before = ids(registry);
    for (int i = 0; i < 1_000_000; i++) {
      CallOptions options =
          CallOptions.DEFAULT.withCacheScope("tenant " + i % 500).withAffinityKey("key " + i);
      predictor.predict("x" + i, options);
    }
    registry.getMeters().forEach(meter -> meter.measure().forEach(m -> m.getValue()));
    assertEquals(before, ids(registry));
    assertTrue(before.size() < 60, () -> before.size() + " meters");
    for (Meter.Id id : before) {
      assertTrue(id.getName().matches("inproc(\\.[a-z]+)+"), id.getName());
      assertFalse(id.getTags().toString().contains("tenant"), id.toString());
    }
  }

  private static Set<Meter.Id> ids(MeterRegistry registry) {
    return registry.getMeters().stream().map(Meter::getId).collect(Collectors.toSet());
  }

  @Test
  void close_ofThePredictor_takesItsMetersAway_andNothingStaysReachable() {
    MeterRegistry registry = new SimpleMeterRegistry();
    Reachable reachable = new Reachable();
    bindCallAndClose(registry, reachable);
    registry.getMeters().forEach(meter -> meter.measure().forEach(m -> m.getValue()));
    assertEquals(List.of(), registry.getMeters());
    reachable.awaitNone("a closed predictor");
  }

  private static void bindCallAndClose(MeterRegistry registry, Reachable reachable) {
    Predictor<String, Integer> predictor = reachable.watch(metered());
    PredictorMeters.of("faq", predictor).bindTo(registry);
    call(predictor);
    assertFalse(registry.getMeters().isEmpty());
    predictor.close();
  }

  @Test
  void close_ofTheMeters_leavesThePredictorOpen_andOthersMeters() {
    MeterRegistry registry = new SimpleMeterRegistry();
    Predictor<String, Integer> predictor = metered();
    PredictorMeters first = PredictorMeters.of("first", predictor);
    PredictorMeters second = PredictorMeters.of("second", predictor);
    first.bindTo(registry);
    second.bindTo(registry);
    int all = registry.getMeters().size();
    first.close();
    first.close();
    assertEquals(all / 2, registry.getMeters().size());
    assertEquals(3, predictor.predict("abc"));
    assertThrows(IllegalStateException.class, () -> first.bindTo(registry));
  }

  @Test
  void twoRegistries_haveTheSameMeters() {
    Predictor<String, Integer> predictor = metered();
    PredictorMeters meters = PredictorMeters.of("faq", predictor);
    MeterRegistry one = new SimpleMeterRegistry();
    MeterRegistry two = new SimpleMeterRegistry();
    meters.bindTo(one);
    meters.bindTo(two);
    assertEquals(ids(one), ids(two));
    meters.close();
    assertEquals(0, one.getMeters().size() + two.getMeters().size());
  }
}
