package dev.inproc.inference.testing.endurance;

import dev.inproc.inference.PredictorClosedException;
import dev.inproc.inference.engine.Session;
import dev.inproc.inference.engine.SessionOptions;
import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.Tensors;
import dev.inproc.inference.testing.TestDevice;
import dev.inproc.inference.testing.contract.ContractModels;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Closes sessions under eight threads that call them in every way. Each call is counted when it is
 * made and when it is answered or refused: one that is lost is missing in the sum, or hangs.
 */
public final class CloseUnderLoad {
  private static final int THREADS = 8;
  private static final int IN_FLIGHT = 4;
  private static final long LIMIT_SECONDS = 30;

  private final ContractModels models;
  private final Tensors input = Tensors.of("x", Tensor.of(new float[16]));
  private final AtomicLong calls = new AtomicLong();
  private final AtomicLong answered = new AtomicLong();
  private final AtomicLong refused = new AtomicLong();

  /** Creates one for an engine. */
  public CloseUnderLoad(ContractModels models) {
    this.models = models;
  }

  /** Returns how many calls were made. */
  public long calls() {
    return calls.get();
  }

  /** Returns how many were answered, rightly. */
  public long answered() {
    return answered.get();
  }

  /** Returns how many were refused because the session was closed. */
  public long refused() {
    return refused.get();
  }

  @Override
  public String toString() {
    return calls + " calls, " + answered + " answered, " + refused + " refused";
  }

  /** Loads, calls and closes so many times; throws if an answer is wrong or a call hangs. */
  public void rounds(int rounds) {
    SessionOptions options =
        SessionOptions.builder().devices(TestDevice.selected()).parallelism(2).build();
    for (int round = 0; round < rounds; round++) {
      round(models.engine().load(models.tinyMlp(), options));
    }
  }

  private void round(Session session) {
    Tensors expected = session.predict(input);
    CountDownLatch running = new CountDownLatch(THREADS);
    List<CompletableFuture<Void>> callers = new ArrayList<>();
    for (int i = 0; i < THREADS; i++) {
      int way = i % 3;
      CompletableFuture<Void> outcome = new CompletableFuture<>();
      callers.add(outcome);
      Thread thread = new Thread(() -> call(session, expected, way, running, outcome));
      thread.setDaemon(true);
      thread.start();
    }
    try {
      running.await();
      session.close();
      session.close();
      for (CompletableFuture<Void> caller : callers) {
        caller.get(LIMIT_SECONDS, TimeUnit.SECONDS);
      }
    } catch (Exception e) {
      throw new AssertionError("A caller failed or hangs; " + this, e);
    }
  }

  private void call(
      Session session,
      Tensors expected,
      int way,
      CountDownLatch running,
      CompletableFuture<Void> outcome) {
    try {
      boolean open = true;
      for (int i = 0; open; i++) {
        if (i == 1) {
          running.countDown(); // every caller has got one answer
        }
        open =
            switch (way) {
              case 0 -> one(() -> check(expected, session.predict(input)));
              case 1 ->
                  one(() -> check(expected, session.predictAll(List.of(input, input)).get(1)));
              default -> window(session, expected);
            };
      }
      outcome.complete(null);
    } catch (Throwable t) {
      outcome.completeExceptionally(t);
    }
  }

  private boolean one(Runnable call) {
    calls.incrementAndGet();
    try {
      call.run();
      answered.incrementAndGet();
      return true;
    } catch (PredictorClosedException e) {
      refused.incrementAndGet();
      return false;
    }
  }

  private boolean window(Session session, Tensors expected) throws Exception {
    List<CompletableFuture<Tensors>> futures = new ArrayList<>();
    for (int i = 0; i < IN_FLIGHT; i++) {
      calls.incrementAndGet();
      futures.add(session.submit(input));
    }
    boolean open = true;
    for (CompletableFuture<Tensors> future : futures) {
      try {
        check(expected, future.get(LIMIT_SECONDS, TimeUnit.SECONDS));
        answered.incrementAndGet();
      } catch (ExecutionException e) {
        if (!(e.getCause() instanceof PredictorClosedException)) {
          throw e;
        }
        refused.incrementAndGet();
        open = false;
      }
    }
    return open;
  }

  private static void check(Tensors expected, Tensors actual) {
    float difference = expected.only().getFloat(0) - actual.only().getFloat(0);
    if (!(Math.abs(difference) < 1e-5f)) {
      throw new AssertionError("A wrong answer, off by " + difference);
    }
  }
}
