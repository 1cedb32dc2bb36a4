package dev.inproc.inference.batch;

import static dev.inproc.inference.batch.BatchFixture.assertAnswered;
import static dev.inproc.inference.testing.Messages.assertSays;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.EngineException;
import dev.inproc.inference.InvalidInputException;
import dev.inproc.inference.OverloadedException;
import dev.inproc.inference.testing.Await;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A batch never fails as one, unless the engine itself is at fault. */
class BatchSchedulerFaultsTest {
  @ParameterizedTest
  @ValueSource(ints = {0, 1, 13, 15, 16, 30, 31})
  void onePoisonIn32_failsAlone_inAtMostTwelveRuns(int place) {
    try (BatchFixture f = new BatchFixture(Batching.upTo(32))) {
      f.engine.poison(place);
      List<CompletableFuture<Long>> futures = f.submit(0, 32);
      f.turn();
      assertSays(Await.failure(futures.get(place)), "poisoned");
      assertAnswered(0, futures.subList(0, place));
      assertAnswered(place + 1, futures.subList(place + 1, 32));
      assertTrue(f.engine.started() <= 12, "runs: " + f.engine.started());
      assertEquals(1, f.batcher.metrics().failed());
      assertEquals(f.engine.started() - 1, f.batcher.metrics().reruns());
    }
  }

  @Test
  void twoPoisons_failAlone() {
    try (BatchFixture f = new BatchFixture(Batching.upTo(32))) {
      f.engine.poison(3);
      f.engine.poison(28);
      List<CompletableFuture<Long>> futures = f.submit(0, 32);
      f.turn();
      assertEquals(2, futures.stream().filter(CompletableFuture::isCompletedExceptionally).count());
      assertTrue(f.engine.started() <= 25, "runs: " + f.engine.started());
    }
  }

  @Test
  void allPoisoned_oneAndAHalfRerunsARow_andTheNextFailureCostsFive() {
    try (BatchFixture f = new BatchFixture(Batching.upTo(32))) {
      for (long id = 0; id < 100; id++) {
        f.engine.poison(id);
      }
      List<CompletableFuture<Long>> futures = f.submit(0, 32);
      f.turn();
      futures.forEach(future -> assertSays(Await.failure(future), "poisoned"));
      assertTrue(f.engine.started() <= 1 + 48, "runs: " + f.engine.started());
      int before = f.engine.started();
      List<CompletableFuture<Long>> next = f.submit(32, 32);
      f.turn();
      assertEquals(before + 1 + 5, f.engine.started(), "the engine is taken to be ill");
      long alone = next.stream().filter(e -> Await.failure(e) instanceof EngineException).count();
      assertEquals(5, alone);
      next.stream()
          .map(Await::failure)
          .filter(e -> !(e instanceof EngineException))
          .forEach(
              e -> {
                assertInstanceOf(OverloadedException.class, e);
                assertSays(e, "32 requests", "alone", "poisoned");
              });
      List<CompletableFuture<Long>> well = f.submit(200, 8);
      f.turn();
      assertAnswered(200, well);
      List<CompletableFuture<Long>> mixed = f.submit(99, 4);
      f.turn();
      assertAnswered(100, mixed.subList(1, 4));
    }
  }

  /** Four lone failures are not enough to believe that it is the engine. */
  @Test
  void fourLoneFailures_theNextBatchIsStillLookedInto() {
    try (BatchFixture f = new BatchFixture(Batching.upTo(32))) {
      LongStream.range(0, 10).forEach(f.engine::poison);
      f.submit(0, 2);
      f.turn();
      f.submit(2, 2);
      f.turn();
      List<CompletableFuture<Long>> six = f.submit(4, 6);
      f.turn();
      six.forEach(each -> assertInstanceOf(EngineException.class, Await.failure(each)));
    }
  }

  private static void assertNoInnocentFails(BatchFixture f, Set<Long> bad) {
    int before = f.engine.started();
    List<CompletableFuture<Long>> futures = f.submit(0, 32);
    f.turn();
    for (long id = 0; id < 32; id++) {
      CompletableFuture<Long> future = futures.get((int) id);
      if (bad.contains(id)) {
        assertSays(Await.failure(future), "poisoned");
      } else {
        assertAnswered(id, List.of(future));
      }
    }
    int reruns = f.engine.started() - before - 1;
    assertTrue(reruns <= 48, reruns + " reruns to find " + bad);
  }

  private static void assertNoInnocentFails(Set<Long> bad) {
    try (BatchFixture f = new BatchFixture(Batching.upTo(32))) {
      bad.forEach(f.engine::poison);
      assertNoInnocentFails(f, bad);
    }
  }

  @Test
  void fourBadOf32_spread_noInnocentFails() {
    assertNoInnocentFails(Set.of(1L, 9L, 17L, 25L));
  }

  @Test
  void anyNumberOfBad_anywhere_noInnocentFailsInOneAndAHalfRerunsARow() {
    long seed = ThreadLocalRandom.current().nextLong();
    System.out.println("seed " + seed);
    Random random = new Random(seed);
    List<Long> ids = new ArrayList<>(LongStream.range(0, 32).boxed().toList());
    for (int bad = 1; bad <= 32; bad++) {
      for (int round = 0; round < 5; round++) {
        Collections.shuffle(ids, random);
        assertNoInnocentFails(Set.copyOf(ids.subList(0, bad)));
      }
    }
  }

  /** The failure of a run that was shared is not of the one who is left, whoever has gone. */
  @Test
  void theBadOneLeavesDuringTheRun_itsMateIsAnswered() {
    try (BatchFixture f = new BatchFixture(Batching.upTo(32))) {
      List<CompletableFuture<Long>> futures = new ArrayList<>();
      EngineException shared = new EngineException("of the two", null);
      f.engine.work(
          rows -> {
            if (rows == 2) {
              futures.get(0).cancel(false);
              throw shared;
            }
          });
      futures.addAll(f.submit(0, 2));
      f.turn();
      assertAnswered(1, futures.subList(1, 2));
    }
  }

  /** A model that is asked for a bad one in every batch keeps three quarters of its time. */
  @Test
  void badOnesInEveryBatch_rerunsTakeAQuarterOfTheTime_innocentsAreAnsweredOrRefused() {
    try (BatchFixture f = new BatchFixture(Batching.upTo(32))) {
      f.engine.poison(7);
      long[] reruns = {0};
      f.engine.work(rows -> f.timer.advanceMillis(2));
      f.engine.onPoison(() -> f.timer.advanceMillis(2));
      long start = f.timer.nanoTime();
      int answered = 0;
      int refused = 0;
      while (f.timer.nanoTime() - start < 10_000_000_000L) {
        long runs = f.batcher.metrics().reruns();
        List<CompletableFuture<Long>> futures = f.submit(0, 32);
        f.turn();
        reruns[0] += f.batcher.metrics().reruns() - runs;
        for (int id = 0; id < 32; id++) {
          if (futures.get(id).isCompletedExceptionally()) {
            Throwable failure = Await.failure(futures.get(id));
            refused += failure instanceof OverloadedException ? 1 : 0;
            assertTrue(
                id == 7 || failure instanceof OverloadedException, "an innocent: " + failure);
          } else {
            answered++;
          }
        }
        long idle = f.batcher.metrics().runs() % 3 == 0 ? 1 : 0;
        f.timer.advanceMillis(idle);
      }
      double share = reruns[0] * 2e6 / (f.timer.nanoTime() - start);
      assertEquals(0.26, share, 0.03, "a quarter, and what was kept for a second");
      assertTrue(answered > 2_000 && refused > 2_000, answered + " and " + refused);
    }
  }

  /** A slow model's batch is looked into to the end, and paid for by those after it. */
  @Test
  void slowModel_oneBadNowAndThen_allInnocentsAreAnswered() {
    try (BatchFixture f = new BatchFixture(Batching.upTo(32))) {
      f.engine.poison(7);
      f.engine.work(rows -> f.timer.advanceMillis(100L * rows));
      f.engine.onPoison(() -> f.timer.advanceMillis(1_000));
      for (int round = 0; round < 3; round++) {
        assertNoInnocentFails(f, Set.of(7L));
        List<CompletableFuture<Long>> soon = f.submit(0, 32);
        f.turn();
        OverloadedException refusal =
            assertInstanceOf(OverloadedException.class, Await.failure(soon.get(0)));
        assertSays(refusal, "quarter", "poisoned");
        f.timer.advance(refusal.retryAfter().toNanos());
      }
    }
  }

  @Test
  void strangers_behindBatchesOfPoisonAlone_areAnsweredAllTheSame() {
    try (BatchFixture f = new BatchFixture(Batching.upTo(32))) {
      for (long id = 0; id < 64; id++) {
        f.engine.poison(id);
      }
      f.submit(0, 32);
      f.turn();
      f.submit(32, 2);
      f.turn();
      for (long first = 100;
          first <= 500;
          first += 100) { // none of these batches runs without a failure
        f.engine.poison(first + 7);
        List<CompletableFuture<Long>> mixed = f.submit(first, 32);
        f.turn();
        assertSays(Await.failure(mixed.get(7)), "poisoned");
        assertAnswered(first, mixed.subList(0, 7));
        assertAnswered(first + 8, mixed.subList(8, 32));
      }
    }
  }

  @Test
  void systemicFailure_costsOneRun() {
    try (BatchFixture f = new BatchFixture(Batching.upTo(32))) {
      EngineException systemic = EngineException.systemic("the device is gone", null);
      f.engine.failNext(systemic);
      List<CompletableFuture<Long>> futures = f.submit(0, 32);
      f.turn();
      Set<Throwable> own = new HashSet<>(); // equal only if they are the same
      for (CompletableFuture<Long> future : futures) {
        EngineException failure = assertInstanceOf(EngineException.class, Await.failure(future));
        assertEquals("the device is gone", failure.getMessage());
        assertTrue(failure.isSystemic());
        assertSame(systemic, failure.getCause());
        own.add(failure);
      }
      assertEquals(32, own.size());
      assertEquals(1, f.engine.started());
    }
  }

  @Test
  void otherFailure_failsTheBatchAtOnce() {
    try (BatchFixture f = new BatchFixture(Batching.upTo(32))) {
      f.engine.failNext(new IllegalStateException("a bug"));
      List<CompletableFuture<Long>> futures = f.submit(0, 4);
      f.turn();
      futures.forEach(
          future -> assertInstanceOf(IllegalStateException.class, Await.failure(future)));
      assertEquals(1, f.engine.started());
    }
  }

  @Test
  void transientFailure_isHealedByTheRerun() {
    try (BatchFixture f = new BatchFixture(Batching.upTo(32))) {
      f.engine.failNext(new EngineException("once", null));
      List<CompletableFuture<Long>> futures = f.submit(0, 8);
      f.turn();
      assertAnswered(0, futures);
      assertEquals(List.of(8, 4, 4), f.runSizes());
    }
  }

  @Test
  void loneFailure_isItsOwn() {
    try (BatchFixture f = new BatchFixture(Batching.upTo(32))) {
      f.engine.failNext(new EngineException("mine", null));
      CompletableFuture<Long> future = f.batcher.submit(1L);
      f.turn();
      assertSays(Await.failure(future), "mine");
      assertEquals(1, f.engine.started());
    }
  }

  @Test
  void shortRun_failsThoseForgotten() {
    try (BatchFixture f = new BatchFixture(Batching.upTo(32))) {
      f.engine.forget(2);
      List<CompletableFuture<Long>> futures = f.submit(0, 5);
      f.turn();
      assertAnswered(0, futures.subList(0, 3));
      assertSays(Await.failure(futures.get(3)), "answered 3 of 5");
      assertSays(Await.failure(futures.get(4)), "answered 3 of 5");
      assertEquals(1, f.engine.started());
    }
  }

  @Test
  void throwingCallbacks_leaveTheLoopAlive() {
    try (BatchFixture f = new BatchFixture(Batching.upTo(4))) {
      List<CompletableFuture<Long>> futures = f.submit(0, 4);
      var unused =
          futures
              .get(1)
              .thenAccept(
                  x -> {
                    throw new InvalidInputException("callback", "no throw", "a throw");
                  });
      f.turn();
      assertAnswered(0, futures);
      List<CompletableFuture<Long>> more = f.submit(10, 2);
      f.turn();
      assertAnswered(10, more);
    }
  }

  @Test
  void callbackInterrupts_theNextBatchIsNotInterrupted() {
    try (BatchFixture f = new BatchFixture(Batching.upTo(1))) {
      var unused = f.batcher.submit(0L).thenRun(() -> Thread.currentThread().interrupt());
      f.submit(1, 1);
      boolean[] seen = {true};
      f.engine.work(
          rows -> {
            if (f.engine.started() == 2) {
              seen[0] = Thread.currentThread().isInterrupted();
            }
          });
      Thread loop = new Thread(f::turn);
      loop.start();
      Await.end(loop);
      assertEquals(false, seen[0]);
    }
  }

  @Test
  void noThreadToBeHad_thoseQueuedAreRefused() {
    Error none = new OutOfMemoryError("unable to create native thread");
    dev.inproc.inference.testing.LedgerEngine engine =
        new dev.inproc.inference.testing.LedgerEngine();
    BatchScheduler<Long, Long> batcher =
        new BatchScheduler<>(
            engine,
            Batching.upTo(4),
            new dev.inproc.inference.testing.ManualTimer(),
            (lane, loop) -> {
              throw none;
            });
    CompletableFuture<Long> future = batcher.submit(1L);
    Await.until("refused", future::isDone);
    assertSame(none, Await.failure(future));
    batcher.close();
    assertEquals(1, engine.closes());
  }
}
