package dev.inproc.inference.onnx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.inproc.inference.CallOptions;
import dev.inproc.inference.DeadlineExceededException;
import dev.inproc.inference.engine.ModelSource;
import dev.inproc.inference.engine.Session;
import dev.inproc.inference.onnx.testing.Models;
import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.Tensors;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A graph of many nodes: ONNX Runtime stops between two of them. */
@Timeout(60)
class DeadlineTest {
  private static final int WIDTH = 64;
  private static final Tensors INPUT = Tensors.of("x", Tensor.of(new float[WIDTH]));
  private static final CallOptions SOON = CallOptions.timeout(Duration.ofMillis(50));

  /** 60 million multiply-adds and a graph of 15,000 nodes a row; a batch makes it minutes. */
  private static Session slow() {
    return new OnnxEngine().load(ModelSource.bytes("slow", Models.slow(WIDTH, 15_000)));
  }

  private static List<Tensors> many() {
    return Collections.nCopies(200_000, INPUT);
  }

  @Test
  void predictAll_deadlinePassesDuringTheRun_releasesAndTheSessionServesOn() {
    try (Session session = slow()) {
      List<Tensors> inputs = many();
      DeadlineExceededException failure =
          assertThrows(DeadlineExceededException.class, () -> session.predictAll(inputs, SOON));
      assertEquals(Duration.ofMillis(50), failure.timeout());
      // The lane's one worker is free again: the run was stopped, not left to end.
      assertEquals(1, session.submit(INPUT).join().size());
    }
  }
}
