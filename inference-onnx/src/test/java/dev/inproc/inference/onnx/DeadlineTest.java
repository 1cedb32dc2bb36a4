package dev.inproc.inference.onnx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.CallOptions;
import dev.inproc.inference.DeadlineExceededException;
import dev.inproc.inference.InferenceInterruptedException;
import dev.inproc.inference.PredictorClosedException;
import dev.inproc.inference.engine.ModelSource;
import dev.inproc.inference.engine.Session;
import dev.inproc.inference.onnx.testing.Models;
import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.Tensors;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Runs of about a minute that must not be waited for; each node is short. */
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

  @Test
  void predict_deadlinePassedBefore_isNotRun() {
    try (Session session = slow()) {
      CallOptions passed = CallOptions.timeout(Duration.ZERO);
      assertThrows(DeadlineExceededException.class, () -> session.predict(INPUT, passed));
      CompletionException failure =
          assertThrows(CompletionException.class, () -> session.submit(INPUT, passed).join());
      assertTrue(failure.getCause() instanceof DeadlineExceededException);
    }
  }

  @Test
  void predictAll_interrupted_cancelsAndKeepsTheStatus() throws Exception {
    try (Session session = slow()) {
      List<Tensors> inputs = many();
      CompletableFuture<Boolean> outcome = new CompletableFuture<>();
      CountDownLatch started = new CountDownLatch(1);
      Thread caller =
          new Thread(
              () -> {
                started.countDown();
                try {
                  session.predictAll(inputs, CallOptions.timeout(Duration.ofHours(1)));
                  outcome.complete(false);
                } catch (InferenceInterruptedException e) {
                  outcome.complete(Thread.currentThread().isInterrupted());
                } catch (RuntimeException e) {
                  outcome.completeExceptionally(e);
                }
              });
      caller.start();
      started.await();
      caller.interrupt();
      assertTrue(outcome.get());
      assertEquals(1, session.submit(INPUT).join().size());
    }
  }

  @Test
  void close_withTimeoutDuringALongRun_terminatesAndReleasesItsCaller() throws Exception {
    Session session = slow();
    List<Tensors> inputs = many();
    CompletableFuture<Throwable> outcome = new CompletableFuture<>();
    Thread caller =
        new Thread(
            () -> {
              try {
                session.predictAll(inputs, CallOptions.timeout(Duration.ofHours(1)));
                outcome.complete(new AssertionError("answered"));
              } catch (RuntimeException e) {
                outcome.complete(e);
              }
            });
    caller.start();
    while (!isServing(session)) {
      Thread.onSpinWait();
    }
    assertTrue(session.close(Duration.ofMillis(50)));
    assertTrue(outcome.get() instanceof PredictorClosedException, () -> "" + outcome.join());
    assertThrows(PredictorClosedException.class, () -> session.predict(INPUT));
    session.close();
  }

  /** Whether the lane's one worker is taken: then a call with a timeout expires. */
  private static boolean isServing(Session session) {
    try {
      session.predict(INPUT, CallOptions.timeout(Duration.ofMillis(500)));
      return false;
    } catch (DeadlineExceededException e) {
      return true;
    }
  }

  @Test
  void close_afterATimeoutWithNothingRunning_isTrue() {
    Session session = slow();
    assertFalse(session.toString().isEmpty());
    assertTrue(session.close(Duration.ofSeconds(10)));
    assertTrue(session.close(Duration.ZERO));
  }
}
