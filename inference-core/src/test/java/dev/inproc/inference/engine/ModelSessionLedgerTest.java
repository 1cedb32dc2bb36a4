package dev.inproc.inference.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.CallOptions;
import dev.inproc.inference.Codec;
import dev.inproc.inference.DeadlineExceededException;
import dev.inproc.inference.EngineException;
import dev.inproc.inference.InferenceException;
import dev.inproc.inference.OverloadedException;
import dev.inproc.inference.Predictor;
import dev.inproc.inference.PredictorClosedException;
import dev.inproc.inference.tensor.Tensors;
import dev.inproc.inference.testing.Await;
import dev.inproc.inference.testing.LedgerModel;
import dev.inproc.inference.testing.ScriptedModel;
import dev.inproc.inference.testing.ThreadDump;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * I1, I2, I3 under load: threads mix every way of calling, cancelling and timing out, on real time,
 * over a ring of sessions whose calls' callbacks call the next session. Every call ends exactly
 * once, an answer is always the caller's own, and the ends add up. Some rounds close the first
 * session amidst, with runs that hang: its callers are answered or told that it is closed.
 */
class ModelSessionLedgerTest {
  private static final int THREADS = 8;
  private static final int LONG_LIST = 40; // the queue holds 16
  private static final long HANG_SECONDS = 60;

  private final LongAdder submitted = new LongAdder();
  private final LongAdder answered = new LongAdder();
  private final LongAdder failed = new LongAdder();
  private final LongAdder expired = new LongAdder();
  private final LongAdder rejected = new LongAdder();
  private final LongAdder cancelled = new LongAdder();
  private final LongAdder refused = new LongAdder(); // as closed
  private final LongAdder nested = new LongAdder();
  private final LongAdder ends = new LongAdder(); // callbacks, at most one for each future

  private final AtomicReference<@Nullable Throwable> broken = new AtomicReference<>();
  private final List<ScriptedModel> models = new ArrayList<>();
  private final List<ModelSession> sessions = new ArrayList<>();
  private final List<Predictor<Tensors, Tensors>> coded = new ArrayList<>();
  private volatile boolean closing;

  private void open(int ring) {
    SessionOptions options = SessionOptions.builder().parallelism(2).maxQueued(16).build();
    for (int i = 0; i < ring; i++) {
      ScriptedModel model = LedgerModel.scalars();
      ModelSession session =
          (ModelSession)
              Session.of(
                  "ledger" + i,
                  ModelSource.bytes("ledger", new byte[0]),
                  List.of(model.replica()),
                  Fixture.unprobed(options));
      models.add(model);
      sessions.add(session);
      coded.add(session.with(Codec.of(input -> input, output -> output)));
    }
  }

  /**
   * @param closeMillis how long the first session's close may take, amidst; none if negative
   */
  @ParameterizedTest
  @CsvSource({"1, -1, 40000", "3, -1, 5000", "1, 0, 2000", "2, 0, 4000", "3, 5, 4000"})
  void mixedCalls_underLoad_addUpAndAreNeverMixedUp(int ring, long closeMillis, int calls) {
    long seed = System.nanoTime();
    System.out.println("ModelSessionLedgerTest seed " + seed);
    open(ring);
    List<Thread> threads = new ArrayList<>();
    SplittableRandom seeds = new SplittableRandom(seed);
    for (int t = 0; t < THREADS; t++) {
      SplittableRandom random = seeds.split();
      long base = (long) t << 32;
      int first = t % ring;
      threads.add(new Thread(() -> callAll(first, random, base, calls), "ledger-" + t));
    }
    threads.forEach(thread -> thread.setDaemon(true));
    threads.forEach(Thread::start);
    if (closeMillis >= 0) {
      Await.until("half of the calls", () -> submitted.sum() > (long) THREADS * calls / 2);
      models.get(0).block(); // until the engine is told to stop
      closing = true;
      sessions.get(0).close(Duration.ofMillis(closeMillis));
    }
    threads.forEach(ModelSessionLedgerTest::end);
    sessions.forEach(ModelSession::close);

    assertEquals(null, broken.get());
    for (ScriptedModel model : models) {
      assertEquals(List.of(), model.violations());
      assertEquals(0, model.openBindings());
    }
    assertEquals((long) THREADS * calls + nested.sum(), submitted.sum());
    String story =
        "answered %d, failed %d, expired %d, rejected %d, cancelled %d, closed %d, nested %d"
            .formatted(
                answered.sum(),
                failed.sum(),
                expired.sum(),
                rejected.sum(),
                cancelled.sum(),
                refused.sum(),
                nested.sum());
    System.out.println(story);
    assertEquals(
        submitted.sum(),
        answered.sum()
            + failed.sum()
            + expired.sum()
            + rejected.sum()
            + cancelled.sum()
            + refused.sum(),
        story);
    assertEquals(submitted.sum(), ends.sum(), "each future ended once");
    assertTrue(answered.sum() > submitted.sum() / 10, story);
    assertTrue(nested.sum() > 0, story);
    assertEquals(closeMillis >= 0, refused.sum() > 0, story);
    assertEquals(0, failed.sum(), story + ": no caller may stop the run of another");
  }

  private static void end(Thread thread) {
    try {
      thread.join(TimeUnit.SECONDS.toMillis(HANG_SECONDS));
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
    if (thread.isAlive()) {
      ThreadDump.print();
      throw new AssertionError(thread + " hangs");
    }
  }

  private void callAll(int number, SplittableRandom random, long base, int calls) {
    Session session = sessions.get(number);
    List<CompletableFuture<?>> open = new ArrayList<>();
    try {
      int call = 0;
      while (call < calls) {
        long id = base + call;
        int kind = random.nextInt(20);
        if (kind == 0) {
          int size = Math.min(calls - call, random.nextInt(20) == 0 ? LONG_LIST : 5);
          list(session, id, size, random.nextBoolean());
          call += size;
          continue;
        }
        if (kind < 6) {
          one(id, () -> session.predict(LedgerModel.request(id), quick(random)));
        } else if (kind < 10) {
          one(id, () -> session.predict(LedgerModel.request(id)));
        } else {
          open.add(later(number, id, random, kind));
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
    List<Tensors> requests =
        LongStream.range(first, first + size).mapToObj(LedgerModel::request).toList();
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

  /** Returns what is done when the call, its callbacks and all that they called have ended. */
  private CompletableFuture<?> later(int number, long id, SplittableRandom random, int kind) {
    submitted.increment();
    CallOptions options = kind < 14 ? quick(random) : CallOptions.DEFAULT;
    Predictor<Tensors, Tensors> called =
        random.nextInt(4) == 0 ? coded.get(number) : sessions.get(number);
    CompletableFuture<Tensors> call = called.submit(LedgerModel.request(id), options);
    CompletableFuture<?> counted = call.handle((answer, failure) -> settle(id, answer, failure));
    if (random.nextInt(16) == 0) {
      SplittableRandom own = random.split();
      CompletableFuture<?> after =
          call.handle((x, e) -> callNext((number + 1) % sessions.size(), id, own));
      counted = CompletableFuture.allOf(counted, after);
    }
    if (kind >= 17) {
      for (int spins = random.nextInt(2000); spins > 0; spins--) {
        Thread.onSpinWait(); // cancels at every stage of a call's way
      }
      call.cancel(random.nextBoolean());
    }
    return counted;
  }

  /** In a callback: calls the next session, and waits. */
  private boolean callNext(int number, long id, SplittableRandom random) {
    Session session = sessions.get(number);
    long first = id + (((long) number + 1) << 48);
    switch (random.nextInt(4)) {
      case 0 -> nested(1, () -> one(first, () -> session.predict(LedgerModel.request(first))));
      case 1 ->
          nested(
              1,
              () -> one(first, () -> session.predict(LedgerModel.request(first), quick(random))));
      case 2 -> nested(3, () -> list(session, first, 3, random.nextBoolean()));
      default ->
          nested(
              1,
              () -> {
                try {
                  later(number, first, random, random.nextInt(10, 20)).join();
                } catch (CompletionException e) {
                  broken.compareAndSet(null, e);
                }
              });
    }
    return true;
  }

  private void nested(int calls, Runnable call) {
    nested.add(calls);
    call.run();
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
    } else if (failure instanceof PredictorClosedException && closing) {
      refused.add(calls);
    } else {
      broken.compareAndSet(null, failure);
    }
  }

  private static void settled(CompletableFuture<?> future) {
    try {
      var unused = future.get(HANG_SECONDS / 2, TimeUnit.SECONDS);
    } catch (TimeoutException e) {
      ThreadDump.print();
      throw new AssertionError("a call hangs", e);
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }
}
