package dev.inproc.inference.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.CallOptions;
import dev.inproc.inference.DeadlineExceededException;
import dev.inproc.inference.EngineException;
import dev.inproc.inference.batch.Batching;
import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.Tensors;
import dev.inproc.inference.testing.Await;
import dev.inproc.inference.testing.Gate;
import dev.inproc.inference.testing.LedgerModel;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.stream.IntStream;
import jdk.jfr.Recording;
import jdk.jfr.ValueDescriptor;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs as JDK Flight Recorder gets them, with what the events must hold by hand. */
class RunRecordingTest {
  @TempDir private Path folder;

  private List<RecordedEvent> record(Runnable action) {
    Path file = folder.resolve("runs.jfr");
    try (Recording recording = new Recording()) {
      recording.enable("dev.inproc.Run");
      recording.start();
      action.run();
      recording.dump(file);
      return RecordingFile.readAllEvents(file).stream()
          .filter(event -> event.getEventType().getName().equals("dev.inproc.Run"))
          .sorted(Comparator.comparing(RecordedEvent::getStartTime)) // a file has them by thread
          .toList();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  /** The next run is one of 64. */
  private static void sampleNext(Fixture f) {
    f.session.model().replicas.recordedRuns.set(0);
  }

  private static List<String> outcomes(List<RecordedEvent> events) {
    return events.stream().map(event -> event.getString("outcome")).toList();
  }

  @Test
  void shortRuns_everyMethod_theFirstAndEach64thAreRecorded() {
    try (Fixture f = Fixture.of(LedgerModel.scalars())) {
      f.session.predict(LedgerModel.request(0));
      assertEquals(0, f.session.model().replicas.recordedRuns.get(), "nothing was recorded");
      List<RecordedEvent> events =
          record(
              () -> {
                for (int i = 0; i < 32; i++) {
                  f.session.predict(LedgerModel.request(i));
                  Await.value(f.session.submit(LedgerModel.request(i)));
                  f.session.predictAll(List.of(LedgerModel.request(i), LedgerModel.request(1)));
                  f.session.runRaw(Tensors.of("id", Tensor.of(1L, 2L, 3L)));
                }
              });
      // Nothing makes the machine that runs the tests keep each of them under 10 ms.
      long sampled = events.stream().filter(RunRecordingTest::isShort).count();
      long slow = events.size() - sampled;
      assertTrue(sampled <= 2 && sampled + slow >= 2, events::toString);
      assertEquals(128, f.session.model().replicas.recordedRuns.get());
      RecordedEvent first = events.get(0);
      assertEquals("scripted", first.getString("model"));
      assertEquals(f.session.device().toString(), first.getString("device"));
      assertEquals(1, first.getInt("requests"));
      assertEquals(1, first.getInt("rows"));
      assertEquals(2 * Long.BYTES, first.getLong("size"));
      assertEquals(0, first.getLong("queueTime"));
      assertEquals(0, first.getDouble("padding"));
      assertEquals("answered", first.getString("outcome"));
    }
  }

  private static boolean isShort(RecordedEvent event) {
    return event.getDuration().toNanos() < RunRecording.ALWAYS_NANOS;
  }

  @Test
  void longRuns_areAllRecorded_withTheirTime() {
    try (Fixture f = Fixture.of(LedgerModel.scalars())) {
      f.model()
          .onRun(
              () -> {
                long end = System.nanoTime() + RunRecording.ALWAYS_NANOS + 1_000_000;
                while (System.nanoTime() - end < 0) {
                  Thread.onSpinWait();
                }
              });
      List<RecordedEvent> events =
          record(
              () -> IntStream.range(0, 5).forEach(i -> f.session.predict(LedgerModel.request(i))));
      assertEquals(5, events.size());
      for (RecordedEvent event : events) {
        assertTrue(event.getDuration().toMillis() >= 10, event::toString);
      }
    }
  }

  @Test
  void batchOfABatcher_hasItsRequestsAndTheWaitOfTheFirst() {
    try (Fixture f = Fixture.of(LedgerModel.scalars());
        var batched = Batching.upTo(8).decorate(f.session)) {
      Gate gate = f.model().block();
      List<RecordedEvent> events =
          record(
              () -> {
                CompletableFuture<?> alone = batched.submit(LedgerModel.request(0));
                gate.awaitEntered(1);
                CompletableFuture<?> first = batched.submit(LedgerModel.request(1));
                f.timer.advanceMillis(3);
                List<? extends CompletableFuture<?>> more =
                    IntStream.range(2, 6)
                        .mapToObj(i -> batched.submit(LedgerModel.request(i)))
                        .toList();
                f.timer.advanceMillis(4);
                sampleNext(f);
                gate.open();
                Await.value(alone);
                Await.value(first);
                more.forEach(Await::value);
              });
      RecordedEvent batch = events.get(events.size() - 1);
      assertEquals(5, batch.getInt("requests"));
      assertEquals(5, batch.getInt("rows"));
      assertEquals(Duration.ofMillis(7), batch.getDuration("queueTime"));
      assertEquals(5 * 2 * Long.BYTES, batch.getLong("size"));
    }
  }

  @Test
  void callThatWaitedForAWorkerOfTheSession_hasItsWait() {
    SessionOptions one = SessionOptions.builder().parallelism(1).build();
    try (Fixture f = new Fixture(one, LedgerModel.scalars())) {
      Gate gate = f.model().block();
      List<RecordedEvent> events =
          record(
              () -> {
                CompletableFuture<?> first = f.session.submit(LedgerModel.request(0));
                gate.awaitEntered(1);
                CompletableFuture<?> second = f.session.submit(LedgerModel.request(1));
                f.timer.advanceMillis(9);
                sampleNext(f);
                gate.open();
                Await.value(first);
                Await.value(second);
              });
      RecordedEvent last = events.get(events.size() - 1);
      assertEquals(Duration.ofMillis(9), last.getDuration("queueTime"));
    }
  }

  /** 3, 20 and 20 of 20 elements, in two inputs alike: 17 of 60 are padding. */
  @Test
  void paddedRun_hasTheShareOfPadding_andFilledUpRowsCount() {
    try (Fixture f = new Fixture(Fixture.padded(), LedgerModel.sequences())) {
      Tensors[] examples = {
        LedgerModel.sequence(1, 3), LedgerModel.sequence(2, 20), LedgerModel.sequence(3, 20)
      };
      long[][] sizes = {{3}, {20}, {20}};
      List<RecordedEvent> events =
          record(
              () -> {
                var unused = f.session.runner().run(examples, sizes, new long[] {20}, null, null);
              });
      assertEquals(3, events.get(0).getInt("requests"));
      assertEquals(17.0 / 60, events.get(0).getDouble("padding"), 1e-9);
    }
  }

  @Test
  void outcome_ofRunsThatEndBadly() {
    try (Fixture f = Fixture.of(LedgerModel.scalars())) {
      List<RecordedEvent> events =
          record(
              () -> {
                f.model().failNext(new EngineException("planted", null));
                assertThrows(
                    EngineException.class, () -> f.session.predict(LedgerModel.request(1)));
                sampleNext(f);
                Gate gate = f.model().block();
                CompletableFuture<?> call =
                    f.session.submit(
                        LedgerModel.request(2), CallOptions.timeout(Duration.ofMillis(5)));
                gate.awaitEntered(1);
                f.timer.advanceMillis(5); // the run is stopped, since nobody waits for it
                CompletionException late = assertThrows(CompletionException.class, call::join);
                assertEquals(DeadlineExceededException.class, late.getCause().getClass());
                Await.until("the run's end", () -> f.model().active() == 0);
                f.model().unblock();
                f.session.predict(LedgerModel.request(3)); // after the event of the one before
              });
      List<String> outcomes = outcomes(events);
      assertEquals(List.of("failed", "stopped"), outcomes.subList(0, 2));
    }
  }

  @Test
  void probe_isNotRecorded() {
    ModelSource memory = ModelSource.bytes("m", new byte[] {1});
    List<RecordedEvent> events =
        record(
            () -> {
              try (Fixture f =
                  Fixture.probed(memory, SessionOptions.DEFAULT, LedgerModel.scalars())) {
                assertTrue(f.model().started() > 2, "the probe ran");
                assertEquals(f.session.engineRuns(), f.session.model().replicas.recordedRuns.get());
              }
            });
    assertTrue(events.size() <= 1, events::toString);
  }

  /** {@link RecordedEvent#toString} is what {@code jfr print} writes. */
  @Test
  void printed_everyFieldHasAName_aUnitAndADescription() {
    try (Fixture f = Fixture.of(LedgerModel.scalars())) {
      RecordedEvent event = record(() -> f.session.predict(LedgerModel.request(1))).get(0);
      String text = event.toString();
      for (String line :
          List.of(
              "dev.inproc.Run {",
              "model = \"scripted\"",
              "requests = 1",
              "rows = 1",
              "padding = 0.00%",
              "size = 16 bytes",
              "queueTime = 0 s",
              "outcome = \"answered\"")) {
        assertTrue(text.contains(line), line + " in " + text);
      }
      assertTrue(text.matches("(?s).*duration = [0-9.]+ (ns|us|ms|s)\\R.*"), text);
      assertEquals(List.of("Inproc"), event.getEventType().getCategoryNames());
      assertNotNull(event.getEventType().getDescription());
      for (ValueDescriptor field : event.getFields()) {
        assertNotNull(field.getLabel(), field.getName());
      }
    }
  }
}
