package dev.inproc.inference.batch;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.inproc.inference.testing.Await;
import dev.inproc.inference.testing.LedgerEngine;
import dev.inproc.inference.testing.LedgerModel;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Wake-ups that might be lost, with real threads. A forgotten request is run with the next that
 * comes, so in each of many small rounds nobody comes any more until all of it are answered.
 */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class BatchSchedulerWakeUpsTest {
  private static final int ROUNDS = Integer.getInteger("inproc.wakeups.rounds", 10_000);
  private static final int LONGEST_PAUSE = 400; // turns of a loop, some microseconds
  private static final long SEED = Long.getLong("inproc.stress.seed", System.nanoTime());

  private final LedgerEngine engine = new LedgerEngine();
  private final BatchingPredictor<Long, Long> batcher = Batching.upTo(32).decorate(engine);
  private final SplittableRandom random = new SplittableRandom(SEED);

  @AfterEach
  void closed_nothingIsLeft() {
    Thread closer = new Thread(batcher::close);
    closer.setDaemon(true);
    closer.start();
    Await.end(closer);
    assertEquals(List.of(), engine.violations());
    assertEquals(batcher.metrics().submitted(), batcher.metrics().answered());
  }

  private static void pause(int turns) {
    for (int i = 0; i < turns; i++) {
      Thread.onSpinWait();
    }
  }

  /** Without a park in the usual case: who sleeps comes too late for the race. */
  private static void awaitAnswer(long id, CompletableFuture<Long> future) {
    for (int i = 0; i < 20_000 && !future.isDone(); i++) {
      Thread.onSpinWait();
    }
    assertEquals(LedgerModel.f(id), Await.value(future));
  }

  /** Each call comes at another moment of the worker's leaving. */
  @Test
  void submit_alone_asTheWorkerLeaves_isAnswered() {
    System.out.println("seed " + SEED);
    for (long id = 0; id < ROUNDS; id++) {
      awaitAnswer(id, batcher.submit(id));
      pause(random.nextInt(LONGEST_PAUSE));
    }
  }

  /** One leads or waits, the other submits, both once a round. */
  @Test
  void submit_asALeaderLeaves_isAnswered() {
    System.out.println("seed " + SEED);
    engine.work(rows -> pause(100));
    AtomicInteger round = new AtomicInteger();
    AtomicInteger ended = new AtomicInteger();
    Thread leader =
        new Thread(
            () -> {
              SplittableRandom own = new SplittableRandom(SEED + 1);
              for (int next = 1; next <= ROUNDS; next++) {
                while (round.get() < next) {
                  Thread.onSpinWait();
                }
                pause(own.nextInt(LONGEST_PAUSE));
                batcher.predict((long) next);
                ended.set(next);
              }
            });
    leader.setDaemon(true);
    leader.start();
    for (int next = 1; next <= ROUNDS; next++) {
      int now = next;
      round.set(next);
      pause(random.nextInt(LONGEST_PAUSE));
      awaitAnswer(next, batcher.submit((long) next));
      Await.until("the leader of round " + now, () -> ended.get() == now);
    }
    Await.end(leader);
  }

  /** Blocked callers who wake each other, while parks return for no reason. */
  @Test
  void predict_byMany_whoWakeByThemselvesToo_allAreAnswered() {
    System.out.println("seed " + SEED);
    engine.work(rows -> LockSupport.parkNanos(30_000)); // dear enough to be batched
    int rounds = ROUNDS / 200;
    List<Thread> callers = new ArrayList<>();
    AtomicInteger round = new AtomicInteger();
    AtomicInteger answered = new AtomicInteger();
    for (int i = 0; i < 24; i++) {
      long id = i;
      callers.add(
          new Thread(
              () -> {
                for (int next = 1; next <= rounds; next++) {
                  while (round.get() < next) {
                    LockSupport.parkNanos(20_000);
                  }
                  assertEquals(LedgerModel.f(id), batcher.predict(id));
                  answered.incrementAndGet();
                }
              }));
    }
    callers.forEach(each -> each.setDaemon(true));
    callers.forEach(Thread::start);
    for (int next = 1; next <= rounds; next++) {
      int all = next * callers.size();
      round.set(next);
      while (random.nextInt(8) != 0 && answered.get() < all) {
        LockSupport.unpark(callers.get(random.nextInt(callers.size())));
      }
      Await.until("the callers of round " + next, () -> answered.get() == all);
    }
    callers.forEach(Await::end);
  }
}
