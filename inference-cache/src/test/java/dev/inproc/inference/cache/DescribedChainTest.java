package dev.inproc.inference.cache;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.Codec;
import dev.inproc.inference.OverloadedException;
import dev.inproc.inference.Predictor;
import dev.inproc.inference.batch.Batching;
import dev.inproc.inference.engine.IntegrityOptions;
import dev.inproc.inference.engine.ServingRuntime;
import dev.inproc.inference.engine.Session;
import dev.inproc.inference.engine.SessionOptions;
import dev.inproc.inference.events.ServingEvent;
import dev.inproc.inference.metrics.Figure;
import dev.inproc.inference.metrics.LayerDescription;
import dev.inproc.inference.monitoring.Health;
import dev.inproc.inference.monitoring.Metering;
import dev.inproc.inference.testing.Await;
import dev.inproc.inference.testing.Gate;
import dev.inproc.inference.testing.LedgerModel;
import dev.inproc.inference.testing.ScriptedModel;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** What a whole chain tells of itself: its tree of figures, its health, its events. */
class DescribedChainTest {
  private static final Caching LONGS = Caching.exact(100).withAnswers(Long.class).withAlwaysOn();

  private final ScriptedModel model = LedgerModel.scalars();
  private final List<ServingEvent> events = Collections.synchronizedList(new ArrayList<>());

  private Session session(ServingRuntime runtime) {
    return Session.of(
        "ledger",
        null,
        List.of(model.replica()),
        SessionOptions.builder().runtime(runtime).integrity(IntegrityOptions.skip()).build());
  }

  private static Predictor<Long, Long> chain(Session session) {
    return session
        .with(Batching.upTo(4).withMaxQueued(2))
        .with(Codec.of(Long.class, LedgerModel::request, answer -> answer.get("answer").getLong(0)))
        .with(LONGS)
        .with(Metering.named("ids"));
  }

  private static double value(LayerDescription layer, String name, Map<String, String> tags) {
    return layer.figures().stream()
        .filter(figure -> figure.name().equals(name) && figure.tags().equals(tags))
        .map(Figure::value)
        .mapToDouble(value -> ((Number) value).doubleValue())
        .findFirst()
        .orElseThrow();
  }

  @Test
  void describe_ofAChain_isOneTree_withTheRightFigures() {
    try (Predictor<Long, Long> predictor = chain(session(ServingRuntime.shared()))) {
      predictor.predict(1L);
      predictor.predict(1L);
      predictor.predictAll(List.of(2L, 3L, 1L));
      LayerDescription tree = predictor.describe();

      List<LayerDescription> layers = tree.all().toList();
      assertEquals(
          List.of("metering", "exact.cache", "codec", "batching", "session"),
          layers.stream().map(LayerDescription::kind).toList());
      assertEquals(
          List.of("ids", "ledger", "ledger", "ledger", "ledger"),
          layers.stream().map(LayerDescription::name).toList());
      assertEquals(5, value(layers.get(0), "calls", Map.of("outcome", "answered")));
      assertEquals(0, value(layers.get(0), "calls.active", Map.of()));
      assertEquals(2, value(layers.get(1), "requests", Map.of("result", "hit")));
      assertEquals(3, value(layers.get(1), "requests", Map.of("result", "miss")));
      assertEquals(3, value(layers.get(3), "calls", Map.of("outcome", "answered")));
      assertEquals(2, value(layers.get(3), "queue.capacity", Map.of()));
      assertTrue(value(layers.get(4), "runs", Map.of()) >= 2);
      assertEquals("open", layers.get(4).figure("state").orElseThrow().value());
      assertEquals(Health.Status.READY, Health.of(tree).status());
      String text = tree.toString();
      assertTrue(text.startsWith("metering ids"), text);
      assertTrue(text.contains("latency: p50 "), text);
      assertEquals(tree.toMap().toString(), tree.toMap().toString());
    }
  }

  @Test
  void events_ofAModelsLife_reachTheListenerOfItsRuntime() {
    try (ServingRuntime runtime = ServingRuntime.builder("described").build()) {
      runtime.addListener(events::add);
      Predictor<Long, Long> predictor = chain(session(runtime));
      Gate gate = model.block();
      List<CompletableFuture<Long>> futures = new ArrayList<>();
      for (long id = 0; id < 20; id++) {
        futures.add(predictor.submit(id));
      }
      gate.open();
      long refused =
          futures.stream()
              .filter(f -> f.handle((v, e) -> e instanceof OverloadedException).join())
              .count();
      assertTrue(refused >= 2, refused + " refused");
      predictor.close();
      Await.until("the last event", () -> kinds().contains("ModelFreed"));
      // Refusals within ten seconds are one event.
      assertEquals(List.of("IntegrityProbed", "ModelLoaded", "Overloaded", "ModelFreed"), kinds());
      assertTrue(events.get(1).source().contains("ledger"));
      assertEquals(0, runtime.droppedEvents());
    }
  }

  private List<String> kinds() {
    return List.copyOf(events).stream().map(event -> event.getClass().getSimpleName()).toList();
  }

  /** A run that hangs: its age is told while it runs, and the queue behind it. */
  @Test
  void health_underARunThatHangs_tellsItsAgeAndTheFullQueue() {
    Predictor<Long, Long> predictor = chain(session(ServingRuntime.shared()));
    Gate gate = model.block();
    CompletableFuture<Long> running = predictor.submit(1L);
    gate.awaitEntered(1);
    CompletableFuture<Long> second = predictor.submit(2L);
    CompletableFuture<Long> third = predictor.submit(3L);
    LayerDescription tree = predictor.describe();
    LayerDescription batching = tree.all().toList().get(3);
    assertEquals(2, value(batching, "queue.waiting", Map.of()));
    double age = value(batching, "run.age", Map.of());
    assertTrue(age > 0 && age < 60, age + " s");
    Health health = Health.of(tree);
    assertEquals(Health.Status.DEGRADED, health.status());
    assertTrue(health.toString().contains("2 calls wait in a queue for 2"), health.toString());
    gate.open();
    CompletableFuture.allOf(running, second, third).join();
    predictor.close();
    assertEquals(Health.Status.DEGRADED, Health.of(predictor.describe()).status());
  }
}
