package dev.inproc.inference.onnx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.inproc.inference.CallOptions;
import dev.inproc.inference.Predictor;
import dev.inproc.inference.batch.Batching;
import dev.inproc.inference.engine.ModelSource;
import dev.inproc.inference.engine.Session;
import dev.inproc.inference.onnx.testing.Models;
import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.Tensors;
import dev.inproc.inference.testing.endurance.ChildJvm;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledForJreRange;
import org.junit.jupiter.api.condition.JRE;
import org.junit.jupiter.api.io.TempDir;

/** A whole life of a model where sun.misc.Unsafe gives no access to memory, or warns of it. */
@EnabledForJreRange(min = JRE.JAVA_24)
class UnsafeDeniedTest {
  @TempDir Path directory;

  @Test
  void life_unsafeDenied_nothingFails() throws Exception {
    live("deny");
  }

  @Test
  void life_unsafeWarnsOf_nothingIsSaid() throws Exception {
    live("warn");
  }

  private void live(String access) throws Exception {
    Path model = Files.write(directory.resolve("tiny.onnx"), Models.tinyMlp());
    ChildJvm.Outcome outcome =
        ChildJvm.run(
            directory,
            Duration.ofMinutes(1),
            List.of("--sun-misc-unsafe-memory-access=" + access),
            (process, output) -> {},
            UnsafeDeniedTest.class,
            model.toString());
    assertEquals(0, outcome.exit(), outcome::output);
    assertFalse(outcome.output().contains("Unsafe"), outcome::output);
  }

  /** What runs in the child. */
  public static void main(String[] args) {
    Tensors input = Tensors.of("x", Tensor.of(new float[16]));
    try (Session session = new OnnxEngine().load(ModelSource.file(Path.of(args[0])));
        Predictor<Tensors, Tensors> batched = session.with(Batching.upTo(8))) {
      session.predict(input);
      session.predictAll(Collections.nCopies(100, input));
      batched.submit(input, CallOptions.timeout(Duration.ofMinutes(1))).join();
    }
  }
}
