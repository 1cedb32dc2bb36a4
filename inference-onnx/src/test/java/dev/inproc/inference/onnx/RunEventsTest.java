package dev.inproc.inference.onnx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.batch.Batching;
import dev.inproc.inference.batch.BatchingPredictor;
import dev.inproc.inference.engine.ModelSource;
import dev.inproc.inference.engine.Session;
import dev.inproc.inference.onnx.testing.Models;
import dev.inproc.inference.tensor.Shape;
import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.Tensors;
import dev.inproc.inference.testing.Await;
import dev.inproc.inference.testing.endurance.ChildJvm;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.LongStream;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The events of a real model's runs in a batcher, and a JDK without the Flight Recorder. */
class RunEventsTest {
  static {
    // The module under test does not read it, and the tests are patched into that module.
    Module own = RunEventsTest.class.getModule();
    ModuleLayer.boot().findModule("jdk.jfr").ifPresent(own::addReads);
  }

  private static final int CALLS = 3_000;
  private static final long LONG_NANOS = 10_000_000;

  private static Tensors request(long id) {
    return Tensors.of("id", Tensor.of(Shape.scalar(), id));
  }

  @Test
  void batchedModel_oneShortRunIn64IsRecorded_withItsBatch(@TempDir Path folder) throws Exception {
    Path file = folder.resolve("runs.jfr");
    try (Session session = new OnnxEngine().load(ModelSource.bytes("ledger", Models.ledger()));
        BatchingPredictor<Tensors, Tensors> batched = Batching.upTo(16).decorate(session);
        Recording recording = new Recording()) {
      long before = session.engineRuns();
      recording.start();
      List<CompletableFuture<Tensors>> calls =
          LongStream.range(0, CALLS).mapToObj(id -> batched.submit(request(id))).toList();
      calls.forEach(Await::value);
      for (int id = 0; id < CALLS; id++) {
        batched.predict(request(id));
      }
      long runs = session.engineRuns() - before;
      recording.stop();
      recording.dump(file);

      List<RecordedEvent> events =
          RecordingFile.readAllEvents(file).stream()
              .filter(event -> event.getEventType().getName().equals("dev.inproc.Run"))
              .toList();
      long longRuns =
          events.stream().filter(event -> event.getDuration().toNanos() >= LONG_NANOS).count();
      long sampled = (runs + 63) / 64;
      assertTrue(
          events.size() <= sampled + longRuns && events.size() >= sampled,
          () -> events.size() + " events, " + longRuns + " long, of " + runs + " runs");
      boolean isQueuedSeen = false;
      for (RecordedEvent event : events) {
        assertEquals(session.toString(), event.getString("model"));
        assertEquals(session.device().toString(), event.getString("device"));
        assertEquals("answered", event.getString("outcome"));
        int requests = event.getInt("requests");
        assertTrue(requests >= 1 && requests <= 16, event::toString);
        assertEquals(requests, event.getInt("rows"));
        assertEquals(requests * 2L * Long.BYTES, event.getLong("size"));
        assertEquals(0, event.getDouble("padding"));
        isQueuedSeen |= requests > 1;
      }
      assertTrue(isQueuedSeen, "no event of a batch");
    }
  }

  @Test
  void jdkWithoutTheRecorder_loadsAndAnswers(@TempDir Path folder) throws Exception {
    ChildJvm.Outcome outcome =
        ChildJvm.run(
            folder,
            Duration.ofMinutes(2),
            List.of("--limit-modules", "java.se,jdk.unsupported,jdk.management"),
            (process, output) -> {},
            WithoutRecorder.class);
    assertEquals(0, outcome.exit(), outcome::output);
    assertTrue(outcome.output().contains("recorder false, answer 2000013"), outcome::output);
  }

  /** Runs in a JVM of its own. */
  static final class WithoutRecorder {
    private WithoutRecorder() {}

    public static void main(String[] args) {
      try (Session session = new OnnxEngine().load(ModelSource.bytes("ledger", Models.ledger()));
          BatchingPredictor<Tensors, Tensors> batched = Batching.upTo(16).decorate(session)) {
        long answer = batched.predict(request(2)).get("answer").getLong(0);
        boolean isThere = ModuleLayer.boot().findModule("jdk.jfr").isPresent();
        System.out.println("recorder " + isThere + ", answer " + answer);
      }
    }
  }
}
