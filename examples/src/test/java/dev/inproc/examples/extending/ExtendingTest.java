package dev.inproc.examples.extending;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.CallOptions;
import dev.inproc.inference.Codec;
import dev.inproc.inference.ModelLoadException;
import dev.inproc.inference.Predictor;
import dev.inproc.inference.batch.Batching;
import dev.inproc.inference.batch.BatchingStats;
import dev.inproc.inference.bulk.BulkScoring;
import dev.inproc.inference.engine.ModelSource;
import dev.inproc.inference.engine.Session;
import dev.inproc.inference.tensor.Shape;
import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.Tensors;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** The engine and the layer that docs/extending.md shows, in use. */
class ExtendingTest {
  private static ModelSource line(String text) {
    return ModelSource.bytes("line", text.getBytes(StandardCharsets.UTF_8));
  }

  private static Predictor<Float, Float> coded(Predictor<Tensors, Tensors> session) {
    return session.with(
        Codec.of(
            Float.class,
            x -> Tensors.of("x", Tensor.of(Shape.scalar(), x)),
            out -> out.get("y").getFloat(0)));
  }

  @Test
  void engine_behindEveryLayer_answers() throws Exception {
    List<String> slow = new CopyOnWriteArrayList<>();
    try (Predictor<Float, Float> predictor =
        coded(new LineEngine().load(line("2 0.5")).with(Batching.upTo(8)))
            .with(new SlowCallLog(Duration.ZERO, slow::add))) {
      assertEquals(6.5f, predictor.predict(3f));
      CallOptions options = CallOptions.DEFAULT.withRequestId("r-7");
      assertEquals(8.5f, predictor.submit(4f, options).get(10, TimeUnit.SECONDS));
      assertEquals(List.of(0.5f, 2.5f), predictor.predictAll(List.of(0f, 1f)));
      Session session = predictor.find(Session.class).orElseThrow();
      assertTrue(session.integrity().allowsBatching(), session.integrity().toString());
      assertTrue(predictor.find(BatchingStats.class).orElseThrow().metrics().answered() >= 3);
      assertTrue(predictor.find(SlowCallLog.Control.class).orElseThrow().slowCalls() >= 2);
      assertTrue(slow.stream().anyMatch(text -> text.contains("r-7")), slow.toString());
      List<Float> answers = new ArrayList<>();
      BulkScoring.inOrder()
          .run(
              predictor,
              IntStream.range(0, 10_000).mapToObj(i -> (float) i),
              (index, x, y) -> answers.add(y));
      for (int i = 0; i < 10_000; i++) {
        assertEquals(2f * i + 0.5f, answers.get(i));
      }
    }
  }

  @Test
  void engine_fileThatIsNoLine_isRefused() {
    ModelLoadException failure =
        assertThrows(ModelLoadException.class, () -> new LineEngine().load(line("steep")));
    assertTrue(failure.getMessage().contains("expected two numbers, got \"steep\""));
  }
}
