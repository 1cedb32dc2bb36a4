package dev.inproc.inference.tf.testing;

import dev.inproc.inference.engine.ModelSource;
import dev.inproc.inference.engine.Session;
import dev.inproc.inference.engine.SessionOptions;
import dev.inproc.inference.tensor.Shape;
import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.Tensors;
import dev.inproc.inference.testing.TestDevice;
import dev.inproc.inference.tf.TensorFlowEngine;

/**
 * How often {@link SavedModels#slow} must loop to run for some seconds on this machine, measured
 * once a JVM. Only the fastest of several runs counts, so that a busy machine makes it longer, not
 * shorter.
 */
final class SlowRuns {
  private static final long WANTED_NANOS = 3_500_000_000L;
  private static final long LONG_ENOUGH_NANOS = 100_000_000;
  private static final int ROUNDS = 3;

  static final long LOOPS = measure();

  private SlowRuns() {}

  private static long measure() {
    WrittenModels models = new WrittenModels();
    ModelSource slow = models.get("slow", SavedModels::slow);
    SessionOptions options = SessionOptions.builder().devices(TestDevice.selected()).build();
    try (Session session = new TensorFlowEngine().load(slow, options)) {
      long loops = 1000;
      long fastest = fastest(session, loops);
      while (fastest < LONG_ENOUGH_NANOS) {
        loops *= 2;
        fastest = fastest(session, loops);
      }
      return loops * WANTED_NANOS / fastest / 2 * 2;
    }
  }

  private static long fastest(Session session, long loops) {
    Tensor x = Tensor.of(new float[SavedModels.SLOW_WIDTH]);
    Tensors input = Tensors.of("x", x, "loops", Tensor.of(Shape.scalar(), loops));
    long fastest = Long.MAX_VALUE;
    for (int i = 0; i < ROUNDS; i++) {
      long start = System.nanoTime();
      session.predict(input);
      fastest = Math.min(fastest, System.nanoTime() - start);
    }
    return fastest;
  }
}
