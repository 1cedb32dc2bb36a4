package dev.inproc.inference.onnx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.engine.ModelSource;
import dev.inproc.inference.engine.Session;
import dev.inproc.inference.engine.SessionOptions;
import dev.inproc.inference.onnx.testing.Models;
import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.Tensors;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/**
 * A million calls, a third of them cancelled at about the time that they run. Each binding's run
 * options serve thousands of runs; a canceller that comes late must not stop the next.
 */
class CancellationStressTest {
  private static final int THREADS = 4;
  private static final int CALLS = Integer.getInteger("inproc.stress.calls", 1_000_000);
  private static final int IN_FLIGHT = 8;
  private static final int KINDS = 64;

  @Test
  void lateCancels_ofAMillionCalls_neverHitAStranger() throws Exception {
    List<Tensors> inputs = new ArrayList<>();
    List<Tensors> answers = new ArrayList<>();
    SessionOptions options = SessionOptions.builder().parallelism(2).intraOpThreads(1).build();
    AtomicLong answered = new AtomicLong();
    AtomicLong cancelled = new AtomicLong();
    try (Session session =
        new OnnxEngine().load(ModelSource.bytes("tiny", Models.tinyMlp()), options)) {
      for (int kind = 0; kind < KINDS; kind++) {
        float[] x = new float[16];
        x[kind % 16] = kind;
        inputs.add(Tensors.of("x", Tensor.of(x)));
        answers.add(session.predict(inputs.get(kind)));
      }
      Callable<Void> caller =
          () -> {
            ArrayDeque<Sent> window = new ArrayDeque<>();
            ThreadLocalRandom random = ThreadLocalRandom.current();
            for (int i = 0; i < CALLS / THREADS; i++) {
              int kind = random.nextInt(KINDS);
              window.add(new Sent(kind, session.submit(inputs.get(kind))));
              if (random.nextInt(3) == 0) {
                Sent victim = random.nextBoolean() ? window.peekFirst() : window.peekLast();
                victim.future.cancel(true);
              }
              if (window.size() == IN_FLIGHT) {
                window.removeFirst().check(answers, answered, cancelled);
              }
            }
            for (Sent sent : window) {
              sent.check(answers, answered, cancelled);
            }
            return null;
          };
      ExecutorService threads = Executors.newFixedThreadPool(THREADS);
      List<Future<Void>> done = new ArrayList<>();
      for (int i = 0; i < THREADS; i++) {
        done.add(threads.submit(caller));
      }
      for (Future<Void> each : done) {
        each.get();
      }
      threads.shutdown();
    }
    assertEquals(CALLS / THREADS * (long) THREADS, answered.get() + cancelled.get());
    assertTrue(answered.get() > CALLS / 4, () -> answered + " answered");
    assertTrue(cancelled.get() > CALLS / 20, () -> cancelled + " cancelled");
  }

  private record Sent(int kind, CompletableFuture<Tensors> future) {
    /** A stranger that was terminated would fail here with an EngineException. */
    void check(List<Tensors> answers, AtomicLong answered, AtomicLong cancelled) throws Exception {
      try {
        future.get();
      } catch (CancellationException e) {
        cancelled.incrementAndGet();
        return;
      }
      assertEquals(answers.get(kind), future.get());
      answered.incrementAndGet();
    }
  }
}
