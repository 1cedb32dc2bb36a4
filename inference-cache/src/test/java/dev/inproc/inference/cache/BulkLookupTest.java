package dev.inproc.inference.cache;

import static dev.inproc.inference.testing.Messages.assertSays;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.inproc.inference.CallOptions;
import dev.inproc.inference.CallOptions.Priority;
import dev.inproc.inference.DeadlineExceededException;
import dev.inproc.inference.EngineException;
import dev.inproc.inference.InvalidInputException;
import dev.inproc.inference.PredictorClosedException;
import dev.inproc.inference.batch.Batching;
import dev.inproc.inference.testing.Await;
import dev.inproc.inference.testing.Gate;
import dev.inproc.inference.testing.LedgerEngine;
import dev.inproc.inference.testing.LedgerModel;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.function.Supplier;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** {@code predictAll}: looking up, leaving out doubles, one batch, joining, failing. */
class BulkLookupTest {
  private static final Caching NUMBERS = Caching.exact(100).withAnswers(Long.class);

  private final LedgerEngine engine = new LedgerEngine();
  private final CachingPredictor<Long, Long> cache =
      NUMBERS.decorate(engine.with(Batching.upTo(64)));

  @AfterEach
  void nothing_isLeft() {
    engine.unblock();
    Thread closer = new Thread(cache::close);
    closer.start();
    Await.end(closer);
    assertEquals(List.of(), engine.violations());
  }

  private static <T> CompletableFuture<T> start(Supplier<T> call) {
    CompletableFuture<T> done = new CompletableFuture<>();
    Thread thread =
        new Thread(
            () -> {
              try {
                done.complete(call.get());
              } catch (Throwable t) {
                done.completeExceptionally(t);
              }
            });
    thread.setDaemon(true);
    thread.start();
    return done;
  }

  private static List<Long> f(Long... ids) {
    return List.of(ids).stream().map(LedgerModel::f).toList();
  }

  @Test
  void list_withDoublesAndHits_runsTheRestAsOneBatch() {
    FakeModel<Long, Long> model = FakeModel.of(x -> x * 10);
    CachingPredictor<Long, Long> around = NUMBERS.decorate(model);
    around.predict(3L);
    CallOptions low = CallOptions.DEFAULT.withPriority(Priority.LOW);
    assertEquals(
        List.of(10L, 20L, 10L, 30L, 20L, 40L),
        around.predictAll(List.of(1L, 2L, 1L, 3L, 2L, 4L), low));
    assertEquals(List.of(List.of(1L, 2L, 4L)), model.lists());
    assertEquals(List.of(10L, 40L), around.predictAll(List.of(1L, 4L)));
    assertEquals(1, model.lists().size());
    CachingMetrics m = around.metrics();
    assertEquals(List.of(3L, 4L, 2L), List.of(m.hits(), m.misses(), m.coalesced()));
    assertEquals(9, m.requests());
    assertEquals(List.of(), around.predictAll(List.of()));
    around.close();
  }

  @Test
  void inputsThatOthersRun_areJoined() {
    Gate gate = engine.block();
    CompletableFuture<Long> other = cache.submit(5L);
    gate.awaitEntered(1);
    CompletableFuture<List<Long>> list = start(() -> cache.predictAll(List.of(4L, 5L, 6L)));
    Await.until("it has joined", () -> cache.metrics().requests() == 4);
    engine.unblock();
    gate.open();
    assertEquals(f(4L, 5L, 6L), Await.value(list));
    assertEquals(f(5L).get(0), Await.value(other));
    assertEquals(1, engine.runs().stream().flatMap(List::stream).filter(x -> x == 5).count());
  }

  @Test
  void listsThatNeedEachOther_doNotWaitInACircle() {
    for (int round = 0; round < 200; round++) {
      long base = 1_000L + round * 10L;
      List<Long> up = LongStream.range(base, base + 10).boxed().toList();
      List<Long> down = up.stream().sorted(java.util.Comparator.reverseOrder()).toList();
      CompletableFuture<List<Long>> one = start(() -> cache.predictAll(up));
      CompletableFuture<List<Long>> two = start(() -> cache.predictAll(down));
      assertEquals(up.stream().map(LedgerModel::f).toList(), Await.value(one));
      assertEquals(down.stream().map(LedgerModel::f).toList(), Await.value(two));
    }
  }

  @Test
  void listFails_whoJoinedOneOfItsInputsDoesNot() {
    Gate gate = engine.block();
    engine.poison(2);
    CompletableFuture<List<Long>> list = start(() -> cache.predictAll(List.of(1L, 2L, 3L)));
    gate.awaitEntered(1);
    CompletableFuture<Long> stranger = cache.submit(3L);
    assertEquals(1, cache.metrics().coalesced());
    engine.unblock();
    gate.open();
    assertInstanceOf(EngineException.class, Await.failure(list));
    assertEquals(LedgerModel.f(3), Await.value(stranger));
  }

  @Test
  void inputThatFailsAList_failsThoseWhoWaitForItAtOnce_andTheOthersRunAgain() {
    CountDownLatch goOn = new CountDownLatch(1);
    FakeModel<Long, Long> model =
        FakeModel.of(
            x -> {
              Await.latch(goOn);
              if (x < 0) {
                throw new InvalidInputException("id", "at least 0", x.toString());
              }
              return x;
            });
    CachingPredictor<Long, Long> around =
        NUMBERS.withFailuresFor(Duration.ofHours(1)).decorate(model);
    CompletableFuture<List<Long>> list = start(() -> around.predictAll(List.of(1L, -1L, 2L)));
    Await.until("it runs", () -> model.lists().size() == 1);
    CompletableFuture<Long> wrong = around.submit(-1L);
    CompletableFuture<Long> right = around.submit(2L);
    goOn.countDown();
    assertEquals(1, ((InvalidInputException) Await.failure(list)).index());
    assertEquals(-1, ((InvalidInputException) Await.failure(wrong)).index());
    assertEquals(2L, Await.value(right));
    assertEquals(1, model.runs(), "only the stranger's, whose input was not at fault");
    assertThrows(InvalidInputException.class, () -> around.predict(-1L));
    assertEquals(1, model.runs(), "the failure is kept");
    around.close();
  }

  @Test
  void listTimesOut_whoJoinedDoesNot() {
    Gate gate = engine.block();
    CallOptions soon = CallOptions.timeout(Duration.ofMillis(20));
    CompletableFuture<List<Long>> list = start(() -> cache.predictAll(List.of(1L, 2L), soon));
    Await.until("the list runs", () -> cache.metrics().misses() == 2);
    CompletableFuture<Long> stranger = cache.submit(2L);
    assertInstanceOf(DeadlineExceededException.class, Await.failure(list));
    engine.unblock();
    gate.open();
    assertEquals(LedgerModel.f(2), Await.value(stranger));
  }

  @Test
  void invalidInput_isToldByItsPlaceInTheCallersList() {
    FakeModel<Long, Long> model =
        FakeModel.of(
            x -> {
              if (x < 0) {
                throw new InvalidInputException("id", "at least 0", x.toString());
              }
              return x;
            });
    CachingPredictor<Long, Long> around = NUMBERS.decorate(model);
    around.predict(1L);
    InvalidInputException e =
        assertThrows(
            InvalidInputException.class, () -> around.predictAll(List.of(1L, 2L, 2L, -1L, 4L)));
    assertSays(e, "Example 3: ", "-1");
    assertEquals(3, e.index());
    assertEquals(
        0,
        assertThrows(InvalidInputException.class, () -> around.predictAll(List.of(-1L))).index());
    assertEquals(2L, around.predict(2L));
    around.close();
  }

  @Test
  void joinedRunFails_listFailsAndLeavesTheRest() {
    FakeModel<Long, Long> model = FakeModel.byHand(x -> x);
    CachingPredictor<Long, Long> around = NUMBERS.decorate(model);
    CompletableFuture<Long> one = around.submit(1L);
    CompletableFuture<Long> two = around.submit(2L);
    CompletableFuture<List<Long>> list = start(() -> around.predictAll(List.of(1L, 2L, 3L)));
    Await.until("it has joined", () -> around.metrics().coalesced() == 2);
    one.cancel(false);
    two.cancel(false);
    EngineException broken = new EngineException("broken", null);
    model.fail(0, broken);
    assertSame(broken, Await.failure(list).getCause(), "an exception of the list's own");
    Await.until("the last has left the other", () -> model.run(1).future().isCancelled());
    around.close();
  }

  @Test
  void closed_countsEveryInput() {
    cache.close();
    assertThrows(PredictorClosedException.class, () -> cache.predictAll(List.of(1L, 2L)));
    assertEquals(2, cache.metrics().closed());
  }
}
