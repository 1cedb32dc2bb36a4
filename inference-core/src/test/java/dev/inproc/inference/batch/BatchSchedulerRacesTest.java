package dev.inproc.inference.batch;

import static dev.inproc.inference.batch.BatchFixture.assertAnswered;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.CallOptions;
import dev.inproc.inference.PredictorClosedException;
import dev.inproc.inference.internal.concurrent.Timer;
import dev.inproc.inference.testing.Await;
import dev.inproc.inference.testing.LedgerEngine;
import dev.inproc.inference.testing.LedgerModel;
import dev.inproc.inference.testing.ManualTimer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Interleavings that went wrong once, forced. */
@Timeout(value = 30, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class BatchSchedulerRacesTest {
  /** Sixty-four who leave have the queue swept, while a loop has found nothing and not left. */
  @Test
  void sweep_whileTheLoopLeaves_leavesNobodyBehind() {
    try (BatchFixture f = new BatchFixture(Batching.upTo(100))) {
      f.submit(0, 1);
      assertEquals(0, f.turnOnce());
      assertEquals(BatchLoop.NOTHING, f.turnOnce());
      List<CompletableFuture<Long>> futures = f.submit(1, 65);
      futures.subList(0, 64).forEach(future -> future.cancel(false));
      assertTrue(f.batcher.loops().freeSlot(0), "there is one more to run");
      f.turn();
      assertAnswered(65, futures.subList(64, 65));
    }
  }

  /** A request comes when the loop has found nothing and not left; nobody calls after it. */
  @Test
  void submit_whileTheLoopLeaves_isRunThoughNobodyCallsAgain() {
    try (BatchFixture f = new BatchFixture(Batching.upTo(4))) {
      f.submit(0, 1);
      assertEquals(0, f.turnOnce());
      assertEquals(BatchLoop.NOTHING, f.turnOnce());
      List<CompletableFuture<Long>> late = f.submit(1, 1);
      assertEquals(1, f.started(), "its caller finds the engine taken");
      assertTrue(f.batcher.loops().freeSlot(0), "who leaves looks again");
      f.turn();
      assertAnswered(1, late);
    }
  }

  /**
   * A caller finds its answer by itself, since a park may return at any time, and is gone before
   * the runner does anything more. Those who were to be woken by it must be.
   */
  @ParameterizedTest
  @ValueSource(ints = {1, 4, 7})
  void chain_aCallerLeavesTheMomentItIsAnswered_theNextIsWoken(int place) {
    try (BatchFixture f = new BatchFixture(Batching.upTo(8))) {
      List<BlockedCaller> callers =
          IntStream.range(0, 8).mapToObj(i -> new BlockedCaller(f)).toList();
      callers.forEach(Thread::start);
      callers.forEach(Await::blocked);
      BlockedCaller hasty = callers.get(place);
      var unused =
          hasty.request.whenComplete(
              (answer, failure) -> {
                LockSupport.unpark(hasty);
                Await.end(hasty);
              });
      RequestBatch<Long, Long> gathered =
          new RequestBatch<>(
              callers.stream().map(each -> each.request).toList(), new StatsCounter(), () -> 1);
      for (int i = 0; i < 8; i++) {
        assertTrue(gathered.complete(i, LedgerModel.f(i)));
      }
      gathered.end(null);
      callers.forEach(Await::end);
    }
  }

  /** A model completes a call from another thread, while its runner is completing one. */
  @Test
  void chain_anotherThreadCompletesMeanwhile_allAreWoken() {
    try (BatchFixture f = new BatchFixture(Batching.upTo(8))) {
      List<BlockedCaller> callers =
          IntStream.range(0, 8).mapToObj(i -> new BlockedCaller(f)).toList();
      callers.forEach(Thread::start);
      callers.forEach(Await::blocked);
      StatsCounter figures = new StatsCounter();
      RequestBatch<Long, Long> gathered =
          new RequestBatch<>(callers.stream().map(each -> each.request).toList(), figures, () -> 1);
      var unused =
          callers
              .get(0)
              .request
              .whenComplete(
                  (answer, failure) -> {
                    Thread other = new Thread(() -> gathered.complete(1, LedgerModel.f(1)));
                    other.start();
                    Await.end(other);
                  });
      for (int i = 0; i < 8; i++) {
        assertEquals(i != 1, gathered.complete(i, LedgerModel.f(i)));
      }
      gathered.end(null);
      callers.forEach(Await::end);
      assertEquals(8, gathered.answered());
      assertEquals(8, figures.snapshot(new RequestQueue<Request<Long, Long>>(8, 8)).answered());
    }
  }

  /** One in a batch of many, asleep until it is woken. */
  private static final class BlockedCaller extends Thread {
    final Request<Long, Long> request;

    BlockedCaller(BatchFixture f) {
      setDaemon(true);
      request =
          new Request<>(
              f.batcher.pending(), 1L, CallOptions.DEFAULT, Request.UNSTAMPED, 8, this, true);
    }

    @Override
    public void run() {
      request.await();
    }
  }

  /** Does something at the next reading but so many. */
  private static final class HookedTimer implements Timer {
    private final ManualTimer time = new ManualTimer();
    private int countdown;
    private Runnable hook = () -> {};

    @Override
    public long nanoTime() {
      if (countdown > 0 && --countdown == 0) {
        hook.run();
      }
      return time.nanoTime();
    }

    @Override
    public Scheduled schedule(Runnable task, long delayNanos) {
      return time.schedule(task, delayNanos);
    }
  }

  /** Closing looks for runs to end just before this one can be seen. */
  @Test
  void abort_whileABatchIsAboutToRun_releasesItsCallers() {
    HookedTimer timer = new HookedTimer();
    LedgerEngine engine = new LedgerEngine();
    Deque<Runnable> started = new ArrayDeque<>();
    BatchScheduler<Long, Long> batcher =
        new BatchScheduler<>(engine, Batching.upTo(4), timer, (lane, loop) -> started.add(loop));
    engine.block(); // it hangs
    CompletableFuture<Long> future = batcher.submit(1L);
    AtomicReference<Thread> closer = new AtomicReference<>();
    timer.hook =
        () -> {
          closer.set(new Thread(() -> batcher.close(Duration.ZERO)));
          closer.get().start();
          Await.blocked(closer.get());
        };
    timer.countdown = 2; // after choosing, before running
    Thread worker = new Thread(started.removeFirst());
    worker.setDaemon(true);
    worker.start();
    assertInstanceOf(PredictorClosedException.class, Await.failure(future));
    Await.end(worker);
    Await.end(closer.get());
    assertEquals(0, engine.started());
    assertEquals(1, engine.closes());
    assertEquals(1, batcher.metrics().closed());
  }
}
