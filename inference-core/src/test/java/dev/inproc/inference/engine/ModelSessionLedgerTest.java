package dev.inproc.inference.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.CallOptions;
import dev.inproc.inference.DeadlineExceededException;
import dev.inproc.inference.EngineException;
import dev.inproc.inference.InferenceException;
import dev.inproc.inference.OverloadedException;
import dev.inproc.inference.tensor.Tensors;
import dev.inproc.inference.testing.Await;
import dev.inproc.inference.testing.LedgerModel;
import dev.inproc.inference.testing.ScriptedModel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * I1, I2, I3 under load: threads mix every way of calling, cancelling and timing out, on real time.
 * Every call ends exactly once, an answer is always the caller's own, and the ends add up.
 */
class ModelSessionLedgerTest {
  private static final int THREADS = 8;
  private static final int CALLS = 50_000;

  private final LongAdder submitted = new LongAdder();
  private final LongAdder answered = new LongAdder();
  private final LongAdder failed = new LongAdder();
  private final LongAdder expired = new LongAdder();
  private final LongAdder rejected = new LongAdder();
  private final LongAdder cancelled = new LongAdder();
  private final LongAdder ends = new LongAdder(); // callbacks, at most one for each future

  private final AtomicReference<@Nullable Throwable> broken = new AtomicReference<>();

  @Test
  void mixedCalls_underLoad_addUpAndAreNeverMixedUp() {
    long seed = System.nanoTime();
    System.out.println("ModelSessionLedgerTest seed " + seed);
    ScriptedModel model = LedgerModel.scalars();
    SessionOptions options = SessionOptions.builder().parallelism(2).maxQueued(16).build();
    ModelSession session =
        (ModelSession)
            Session.of(
                "ledger",
                ModelSource.bytes("ledger", new byte[0]),
                List.of(model),
                Fixture.unprobed(options));
    List<Thread> threads = new ArrayList<>();
    SplittableRandom seeds = new SplittableRandom(seed);
    for (int t = 0; t < THREADS; t++) {
      SplittableRandom random = seeds.split();
      long base = (long) t << 32;
      threads.add(new Thread(() -> callAll(session, random, base), "ledger-" + t));
    }
    threads.forEach(Thread::start);
    threads.forEach(ModelSessionLedgerTest::end);
    session.close();

    assertEquals(null, broken.get());
    assertEquals(List.of(), model.violations());
    assertEquals(0, model.openFrames());
    assertEquals((long) THREADS * CALLS, submitted.sum());
    String story =
        "answered %d, failed %d, expired %d, rejected %d, cancelled %d, engine runs %d"
            .formatted(
                answered.sum(),
                failed.sum(),
                expired.sum(),
                rejected.sum(),
                cancelled.sum(),
                model.started());
    System.out.println(story);
    assertEquals(
        submitted.sum(),
        answered.sum() + failed.sum() + expired.sum() + rejected.sum() + cancelled.sum(),
        story);
    assertEquals(submitted.sum(), ends.sum(), "each future ended once");
    assertTrue(answered.sum() > submitted.sum() / 10, story);
    assertEquals(0, failed.sum(), story + ": nobody's run may be stopped by a stranger");
  }

  private static void end(Thread thread) {
    while (thread.isAlive()) {
      Await.blocked(thread);
      try {
        thread.join(100);
      } catch (InterruptedException e) {
        throw new AssertionError(e);
      }
    }
  }

  private void callAll(Session session, SplittableRandom random, long base) {
    List<CompletableFuture<?>> open = new ArrayList<>();
    try {
      int call = 0;
      while (call < CALLS) {
        long id = base + call;
        int kind = random.nextInt(20);
        if (kind == 0 && call + 5 <= CALLS) {
          list(session, id, 5, random.nextBoolean());
          call += 5;
          continue;
        }
        if (kind < 6) {
          one(id, () -> session.predict(LedgerModel.request(id), quick(random)));
        } else if (kind < 10) {
          one(id, () -> session.predict(LedgerModel.request(id)));
        } else {
          open.add(later(session, id, random, kind));
        }
        call++;
        if (open.size() >= 8) {
          open.forEach(ModelSessionLedgerTest::settled);
          open.clear();
        }
      }
      open.forEach(ModelSessionLedgerTest::settled);
    } catch (Throwable t) {
      broken.compareAndSet(null, t);
    }
  }

  private static CallOptions quick(SplittableRandom random) {
    return CallOptions.timeout(Duration.ofNanos(random.nextInt(200_000)));
  }

  private interface Blocking {
    Tensors call();
  }

  private void one(long id, Blocking blocking) {
    submitted.increment();
    try {
      LedgerModel.check(id, blocking.call());
      answered.increment();
    } catch (InferenceException | CancellationException e) {
      count(e, 1);
    }
    ends.increment();
  }

  private void list(Session session, long first, int size, boolean timed) {
    submitted.add(size);
    List<Tensors> requests = new ArrayList<>();
    for (int i = 0; i < size; i++) {
      requests.add(LedgerModel.request(first + i));
    }
    CallOptions options =
        timed ? CallOptions.timeout(Duration.ofNanos(100_000)) : CallOptions.DEFAULT;
    try {
      List<Tensors> answers = session.predictAll(requests, options);
      for (int i = 0; i < size; i++) {
        LedgerModel.check(first + i, answers.get(i));
      }
      answered.add(size);
    } catch (InferenceException e) {
      count(e, size);
    }
    ends.add(size);
  }

  private CompletableFuture<?> later(Session session, long id, SplittableRandom random, int kind) {
    submitted.increment();
    CallOptions options = kind < 14 ? quick(random) : CallOptions.DEFAULT;
    CompletableFuture<Tensors> call = session.submit(LedgerModel.request(id), options);
    CompletableFuture<?> counted = call.handle((answer, failure) -> settle(id, answer, failure));
    if (kind >= 17) {
      for (int spins = random.nextInt(2000); spins > 0; spins--) {
        Thread.onSpinWait(); // cancels at every stage of a call's way
      }
      call.cancel(random.nextBoolean());
    }
    return counted;
  }

  private boolean settle(long id, @Nullable Tensors answer, @Nullable Throwable failure) {
    ends.increment();
    try {
      if (answer != null) {
        LedgerModel.check(id, answer);
        answered.increment();
      } else if (failure != null) {
        count(failure, 1);
      }
    } catch (Throwable t) {
      broken.compareAndSet(null, t);
    }
    return true;
  }

  private void count(Throwable failure, int calls) {
    if (failure instanceof OverloadedException) {
      rejected.add(calls);
    } else if (failure instanceof DeadlineExceededException) {
      expired.add(calls);
    } else if (failure instanceof CancellationException) {
      cancelled.add(calls);
    } else if (failure instanceof EngineException) {
      failed.add(calls);
    } else {
      broken.compareAndSet(null, failure);
    }
  }

  private static void settled(CompletableFuture<?> future) {
    Await.value(future);
  }
}
