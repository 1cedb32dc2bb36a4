package dev.inproc.inference.tf;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.CallOptions;
import dev.inproc.inference.DeadlineExceededException;
import dev.inproc.inference.PredictorClosedException;
import dev.inproc.inference.engine.ModelSource;
import dev.inproc.inference.engine.Session;
import dev.inproc.inference.tensor.Shape;
import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.Tensors;
import dev.inproc.inference.tf.testing.SavedModels;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Runs of seconds, which TensorFlow cannot stop. Compared is with the run's own time. */
@Timeout(120)
class QuarantineTest {
  private static final Duration SOON = Duration.ofMillis(50);
  @TempDir Path directory;

  private Session load() {
    return new TensorFlowEngine().load(ModelSource.file(SavedModels.slow().write(directory)));
  }

  private static Tensors loops(long loops) {
    float[] x = new float[SavedModels.SLOW_WIDTH];
    return Tensors.of("x", Tensor.of(x), "loops", Tensor.of(Shape.scalar(), loops));
  }

  /** How many loops take about three seconds here, by the faster of two runs. */
  private static long longRun(Session session) {
    long loops = 2000;
    while (true) {
      long nanos = Math.min(nanos(session, loops), nanos(session, loops));
      if (nanos > 200_000_000) {
        return (long) (loops * 3e9 / nanos);
      }
      loops *= 2;
    }
  }

  private static long nanos(Session session, long loops) {
    long start = System.nanoTime();
    session.predict(loops(loops));
    return System.nanoTime() - start;
  }

  @Test
  void predict_deadlinePassesInARun_releasesItsCallerAndTheSlotIsLostUntilTheRunEnds() {
    try (Session session = load()) {
      Tensors slow = loops(longRun(session));
      CallOptions soon = CallOptions.timeout(SOON);
      long start = System.nanoTime();
      assertThrows(DeadlineExceededException.class, () -> session.predict(slow, soon));
      long released = System.nanoTime() - start;
      // The lane's one worker is still in the run: another waits behind it and is released too.
      assertThrows(DeadlineExceededException.class, () -> session.predict(loops(0), soon));
      assertThrows(DeadlineExceededException.class, () -> session.predict(loops(0), soon));
      // Served when the run has ended, which was not before a multiple of the release.
      session.submit(loops(0)).join();
      long served = System.nanoTime() - start;
      System.out.printf(
          "released after %d ms, served after %d ms%n", released / 1_000_000, served / 1_000_000);
      assertTrue(served > 2 * released, served + " ns against " + released + " ns");
    }
  }

  @Test
  void close_withTimeoutInARun_releasesReportsAndKeepsTheMemoryUntilItEnds() {
    Session session = load();
    long loops = longRun(session);
    // Long enough to outlast the timeout and the second of grace.
    CompletableFuture<Tensors> call = session.submit(loops(2 * loops));
    assertThrows(
        DeadlineExceededException.class,
        () -> session.predict(loops(0), CallOptions.timeout(SOON)));
    assertFalse(session.close(SOON), "a run that cannot stop was reported as stopped");
    CompletionException failure = assertThrows(CompletionException.class, call::join);
    assertEquals(PredictorClosedException.class, failure.getCause().getClass());
    assertThrows(PredictorClosedException.class, () -> session.predict(loops(0)));
    session.close(); // waits for the run, then frees; were it freed before, the JVM would die
    assertTrue(session.close(Duration.ZERO));
  }
}
