package dev.inproc.inference.cache;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.BlockedCaller;
import dev.inproc.inference.CallOptions;
import dev.inproc.inference.CallOptions.Overload;
import dev.inproc.inference.DeadlineExceededException;
import dev.inproc.inference.EngineException;
import dev.inproc.inference.InferenceInterruptedException;
import dev.inproc.inference.OverloadedException;
import dev.inproc.inference.batch.Batching;
import dev.inproc.inference.internal.concurrent.CallbackExecutor;
import dev.inproc.inference.internal.concurrent.Workers;
import dev.inproc.inference.testing.Await;
import dev.inproc.inference.testing.Gate;
import dev.inproc.inference.testing.LedgerEngine;
import dev.inproc.inference.testing.LedgerModel;
import dev.inproc.inference.testing.ManualTimer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Several calls for one key at once. */
class SingleFlightTest {
  private static final Caching TEXTS = Caching.exact(100).withAnswers(String.class);

  private static final CallOptions HOUR = CallOptions.timeout(Duration.ofHours(1));

  private final ManualTimer timer = new ManualTimer();
  private final AtomicInteger version = new AtomicInteger();
  private final FakeModel<String, String> model = FakeModel.byHand(x -> x + version.get());
  private final CachingPredictor<String, String> cache = TEXTS.decorate(model, timer);

  @AfterEach
  void nothing_isLeft() {
    Thread closer = new Thread(cache::close);
    closer.start();
    Await.end(closer);
    assertEquals(0, timer.pending(), "timeouts that still wait");
    assertEquals(1, model.closes());
  }

  private static CallOptions millis(long millis) {
    return CallOptions.timeout(Duration.ofMillis(millis));
  }

  private static void assertLate(CompletableFuture<?> call) {
    // The timer has a worker tell it.
    assertInstanceOf(DeadlineExceededException.class, Await.failure(call));
  }

  // ---- stampedes ----

  @Test
  void stampede_ofBlockedAndOthers_isOneRun() {
    LedgerEngine engine = new LedgerEngine();
    CachingPredictor<Long, Long> ledger =
        Caching.exact(100).withAnswers(Long.class).decorate(engine.with(Batching.upTo(32)), timer);
    Gate gate = engine.block();
    int callers = 1_000;
    CountDownLatch ready = new CountDownLatch(callers / 2);
    List<CompletableFuture<Long>> answers = new ArrayList<>();
    for (int i = 0; i < callers / 2; i++) {
      CompletableFuture<Long> answer = new CompletableFuture<>();
      answers.add(answer);
      Thread thread =
          new Thread(
              () -> {
                ready.countDown();
                try {
                  answer.complete(ledger.predict(7L));
                } catch (Throwable t) {
                  answer.completeExceptionally(t);
                }
              });
      thread.setDaemon(true);
      thread.start();
    }
    Await.latch(ready);
    for (int i = 0; i < callers / 2; i++) {
      answers.add(ledger.submit(7L));
    }
    Await.until("all to wait", () -> ledger.metrics().requests() == callers && gate.entered() == 1);
    engine.unblock();
    gate.open();
    answers.forEach(answer -> assertEquals(LedgerModel.f(7), Await.value(answer)));
    assertEquals(1, engine.started() + engine.inline());
    CachingMetrics m = ledger.metrics();
    assertEquals(List.of(1L, callers - 1L, 0L), List.of(m.misses(), m.coalesced(), m.hits()));
    ledger.close();
    assertEquals(List.of(), engine.violations());
  }

  @Test
  void keysThatDiffer_runBesideEachOther() {
    var unusedA = cache.submit("a");
    var unusedB = cache.submit("b");
    var unusedC = cache.submit("a", CallOptions.DEFAULT.withCacheScope("s"));
    assertEquals(3, model.runs());
    for (int i = 0; i < 3; i++) {
      model.finish(i);
    }
  }

  // ---- leaving ----

  @Test
  void oneLeaves_theOthersGetTheAnswer() {
    CompletableFuture<String> first = cache.submit("a");
    CompletableFuture<String> second = cache.submit("a");
    CompletableFuture<String> third = cache.submit("a");
    assertTrue(first.cancel(false));
    second.complete("mine");
    assertFalse(model.run(0).future().isCancelled());
    model.finish(0);
    assertEquals("a0", Await.value(third));
    assertEquals("mine", Await.value(second));
    assertInstanceOf(CancellationException.class, Await.failure(first));
    assertEquals("a0", cache.predict("a"));
    assertEquals(1, model.runs());
  }

  @Test
  void lastLeaves_theRunIsCancelledAndTheNextCallRunsAnew() {
    CompletableFuture<String> first = cache.submit("a");
    CompletableFuture<String> second = cache.submit("a");
    first.cancel(false);
    assertFalse(model.run(0).future().isCancelled());
    second.cancel(false);
    assertTrue(model.run(0).future().isCancelled());
    CompletableFuture<String> third = cache.submit("a");
    model.finish(1);
    assertEquals("a0", Await.value(third));
    assertEquals(1, cache.metrics().abandoned());
  }

  @Test
  void answerOfARunThatWasGivenUp_isNotKept() {
    CompletableFuture<String> deafRun =
        new CompletableFuture<>() {
          @Override
          public boolean cancel(boolean mayInterruptIfRunning) {
            return false;
          }
        };
    FakeModel<String, String> deaf = FakeModel.withFutures(() -> deafRun);
    CachingPredictor<String, String> around = TEXTS.decorate(deaf, timer);
    around.submit("a").cancel(false);
    deafRun.complete("stale");
    assertEquals(0, around.metrics().entries());
    around.close();
  }

  // ---- deadlines ----

  @Test
  void waiterWithLessTime_expiresAlone() {
    CompletableFuture<String> patient = cache.submit("a");
    CompletableFuture<String> hasty = cache.submit("a", millis(5));
    timer.advanceMillis(5);
    assertLate(hasty);
    assertFalse(model.run(0).future().isCancelled());
    model.finish(0);
    assertEquals("a0", Await.value(patient));
  }

  @Test
  void lastWaiterExpires_theRunIsCancelled() {
    CompletableFuture<String> hasty = cache.submit("a", millis(5));
    timer.advanceMillis(5);
    assertLate(hasty);
    Await.until("the run is cancelled", () -> model.run(0).future().isCancelled());
  }

  @Test
  void runsOwnDeadline_passes_othersGetAnotherRun() {
    CompletableFuture<String> hasty = cache.submit("a", millis(5));
    CompletableFuture<String> medium = cache.submit("a", millis(50));
    CompletableFuture<String> long1 = cache.submit("a", millis(500));
    assertEquals(5, model.run(0).options().timeout().toMillis(), "the batcher sees a deadline");
    model.fail(0, new DeadlineExceededException(Duration.ofMillis(5)));
    assertLate(hasty);
    assertEquals(2, model.runs());
    assertEquals(500, model.run(1).options().timeout().toMillis(), "who has most time leads");
    model.finish(1);
    assertEquals("a0", Await.value(medium));
    assertEquals("a0", Await.value(long1));
    assertEquals(1, cache.metrics().reruns());
  }

  @Test
  void blockingCall_withATimeout_isReleasedWhileOthersStay() {
    AtomicReference<Throwable> thrown = new AtomicReference<>();
    Thread caller =
        new Thread(
            () -> thrown.set(assertThrows(Throwable.class, () -> cache.predict("a", millis(5)))));
    caller.start();
    Await.until("it runs", () -> model.runs() == 1);
    CompletableFuture<String> other = cache.submit("a");
    timer.advanceMillis(5);
    Await.end(caller);
    assertInstanceOf(DeadlineExceededException.class, thrown.get());
    model.finish(0);
    assertEquals("a0", Await.value(other));
  }

  // ---- overload ----

  @Test
  void leaderRefused_whoWaitsForRoomGetsAnotherRun() {
    CompletableFuture<String> first = cache.submit("a");
    CompletableFuture<String> second = cache.submit("a");
    CompletableFuture<String> patient =
        cache.submit("a", BlockedCaller.options(CallOptions.DEFAULT.withOverload(Overload.WAIT)));
    model.fail(0, new OverloadedException(1, 1, Duration.ZERO));
    assertInstanceOf(OverloadedException.class, Await.failure(first));
    assertInstanceOf(OverloadedException.class, Await.failure(second));
    assertSame(Overload.WAIT, model.run(1).options().overload());
    model.finish(1);
    assertEquals("a0", Await.value(patient));
  }

  // ---- failures ----

  @Test
  void failure_reachesAllWhoWait_andTheNextCallRunsAnew() {
    CompletableFuture<String> first = cache.submit("a");
    CompletableFuture<String> second = cache.submit("a");
    EngineException broken = new EngineException("broken", null);
    model.fail(0, broken);
    Throwable one = Await.failure(first);
    Throwable two = Await.failure(second);
    assertInstanceOf(EngineException.class, one);
    assertInstanceOf(EngineException.class, two);
    assertSame(broken, one.getCause());
    assertSame(broken, two.getCause());
    assertNotSame(one, two, "each caller has its own");
    CompletableFuture<String> third = cache.submit("a");
    model.finish(1);
    assertEquals("a0", Await.value(third));
  }

  @Test
  void interruptedLeader_othersGetAnotherRun() {
    AtomicReference<Throwable> thrown = new AtomicReference<>();
    Thread leader =
        new Thread(() -> thrown.set(assertThrows(Throwable.class, () -> cache.predict("a"))));
    leader.start();
    Await.until("it runs", () -> model.runs() == 1);
    CompletableFuture<String> other = cache.submit("a");
    leader.interrupt();
    Await.end(leader);
    assertInstanceOf(InferenceInterruptedException.class, thrown.get());
    Await.until("it runs again", () -> model.runs() == 2);
    model.finish(1);
    assertEquals("a0", Await.value(other));
  }

  // ---- invalidating ----

  @Test
  void invalidated_whileRunning_theAnswerIsNotKeptAndNotJoined() {
    for (Runnable invalidate :
        List.<Runnable>of(
            () -> cache.invalidate("a"),
            () -> cache.invalidateIf(String.class, x -> x.equals("a")),
            () -> cache.invalidateScope(null),
            cache::invalidateAll)) {
      int runs = model.runs();
      int old = version.get();
      CompletableFuture<String> before = cache.submit("a");
      invalidate.run();
      CompletableFuture<String> after = cache.submit("a");
      assertEquals(runs + 2, model.runs());
      model.finish(runs);
      assertEquals("a" + old, Await.value(before), "who waited gets it");
      version.incrementAndGet();
      model.finish(runs + 1);
      assertEquals("a" + version.get(), Await.value(after));
      assertEquals("a" + version.get(), cache.predict("a"));
      cache.invalidateAll();
    }
  }

  // ---- threads ----

  @Test
  void callbacksOfOthers_doNotHoldUpACallerThatRan() {
    CachingPredictor<String, String> slow = TEXTS.decorate(model, timer);
    CountDownLatch goOn = new CountDownLatch(1);
    CompletableFuture<String> answer = new CompletableFuture<>();
    Thread caller = new Thread(() -> answer.complete(slow.predict("z")));
    caller.start();
    Await.until("it runs", () -> model.runs() == 1);
    CompletableFuture<Void> callback = slow.submit("z").thenRun(() -> Await.latch(goOn));
    model.finish(0);
    assertEquals("z0", Await.value(answer), "while the callback hangs");
    goOn.countDown();
    Await.value(callback.thenApply(x -> true));
  }

  /** Callback threads grow when they are blocked, so a callback may wait for another's run. */
  @Test
  void callback_asksForWhatIsRunning_joinsIt() {
    CompletableFuture<String> running = cache.submit("a");
    List<Supplier<String>> ways =
        List.of(
            () -> cache.predict("a"),
            () -> cache.predict("a", HOUR),
            () -> cache.submit("a").join(),
            () -> cache.predictAll(List.of("a")).get(0));
    List<CompletableFuture<String>> callbacks = new ArrayList<>();
    for (int i = 0; i < ways.size(); i++) {
      Supplier<String> way = ways.get(i);
      callbacks.add(cache.submit("other" + i).thenApply(x -> way.get()));
      model.finish(i + 1);
    }
    Await.until("all have joined", () -> cache.metrics().coalesced() == 4);
    model.finish(0);
    callbacks.forEach(callback -> assertEquals("a0", Await.value(callback)));
    assertEquals("a0", Await.value(running));
    assertEquals(1 + ways.size(), model.runs());
    assertEquals(0, cache.metrics().bypassed());
  }

  /** A model's own code on an engine thread: the run that it would wait for may need the thread. */
  @Test
  void engineThread_asksForWhatIsRunning_joinsNobody() {
    CompletableFuture<String> running = cache.submit("a");
    CompletableFuture<String> nested = new CompletableFuture<>();
    Workers.shared()
        .turn(
            this,
            () -> {
              nested.complete(cache.predictAll(List.of("a")).get(0));
              nested.obtrudeValue(nested.join() + cache.predict("a"));
            });
    Await.until("it runs by itself", () -> model.runs() == 2);
    model.finish(1);
    Await.until("both are there", () -> nested.join().equals("a0a0"));
    assertEquals(2, cache.metrics().bypassed());
    model.finish(0);
    assertEquals("a0", Await.value(running));
  }

  @Test
  void callback_asksForWhatTheEngineIsToRunNext_doesNotDeadlock() {
    LedgerEngine engine = new LedgerEngine();
    CachingPredictor<Long, Long> ledger =
        Caching.exact(100).withAnswers(Long.class).decorate(engine.with(Batching.upTo(1)), timer);
    Gate gate = engine.block();
    CompletableFuture<Long> first = ledger.submit(1L);
    gate.awaitEntered(1);
    CompletableFuture<Long> queued = ledger.submit(2L); // behind the first, on its worker
    CompletableFuture<Long> nested = first.thenApply(x -> ledger.predict(2L));
    CompletableFuture<List<Long>> nestedList =
        first.thenApply(x -> ledger.predictAll(List.of(2L, 3L)));
    engine.unblock();
    gate.open();
    assertEquals(LedgerModel.f(2), Await.value(nested));
    assertEquals(List.of(LedgerModel.f(2), LedgerModel.f(3)), Await.value(nestedList));
    assertEquals(LedgerModel.f(2), Await.value(queued));
    assertEquals(0, ledger.metrics().bypassed());
    ledger.close();
  }

  /**
   * The run is made by a callback, on a thread of the library; its deadline is its own all the
   * same.
   */
  @Test
  void callbackRunsWithLessTime_andIsLate_aStrangerWithMoreTimeGetsAnotherRun() {
    CompletableFuture<Throwable> late = new CompletableFuture<>();
    CallbackExecutor.shared()
        .execute(
            () ->
                late.complete(
                    assertThrows(
                        DeadlineExceededException.class, () -> cache.predict("a", millis(5)))));
    Await.until("it runs", () -> model.runs() == 1);
    CompletableFuture<String> patient = cache.submit("a");
    CompletableFuture<String> lessPatient = cache.submit("a", millis(1_000));
    timer.advanceMillis(5);
    model.fail(0, new DeadlineExceededException(Duration.ofMillis(5)));
    assertEquals(Duration.ofMillis(5), ((DeadlineExceededException) Await.value(late)).timeout());
    Await.until("another run", () -> model.runs() == 2);
    model.finish(1);
    assertEquals("a0", Await.value(patient));
    assertEquals("a0", Await.value(lessPatient));
    assertEquals(1, cache.metrics().reruns());
  }
}
