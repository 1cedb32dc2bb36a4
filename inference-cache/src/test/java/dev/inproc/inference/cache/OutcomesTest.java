package dev.inproc.inference.cache;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.CallOptions;
import dev.inproc.inference.Codec;
import dev.inproc.inference.DeadlineExceededException;
import dev.inproc.inference.InferenceException;
import dev.inproc.inference.InvalidInputException;
import dev.inproc.inference.Predictor;
import dev.inproc.inference.batch.Batching;
import dev.inproc.inference.batch.BatchingMetrics;
import dev.inproc.inference.batch.BatchingPredictor;
import dev.inproc.inference.internal.calls.CallFuture;
import dev.inproc.inference.tensor.Shape;
import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.Tensors;
import dev.inproc.inference.testing.Await;
import dev.inproc.inference.testing.Gate;
import dev.inproc.inference.testing.LedgerEngine;
import dev.inproc.inference.testing.ManualTimer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** How the misses and the calls that joined them ended, and what hits saved. */
class OutcomesTest {
  private static final Caching TEXTS = Caching.exact(100).withAnswers(String.class).withAlwaysOn();
  private static final int CALLS = 1_000;
  private static final CallOptions SOON = CallOptions.timeout(Duration.ofMillis(5));

  private final ManualTimer timer = new ManualTimer();
  private final FakeModel<String, String> model = FakeModel.byHand(x -> x + "!");
  private final CachingPredictor<String, String> cache = TEXTS.decorate(model, timer);

  private static void assertOutcomes(
      CachingMetrics m, long answered, long failed, long expired, long cancelled) {
    assertEquals(
        List.of(answered, failed, expired, cancelled),
        List.of(m.answered(), m.failed(), m.expired(), m.cancelled()),
        m.toString());
    assertEquals(m.misses() + m.coalesced(), answered + failed + expired + cancelled, "" + m);
  }

  // ---- timeouts ----

  @Test
  void timeoutsBehindACache_areCountedAsExpired_byTheBatcherToo() {
    LedgerEngine engine = new LedgerEngine();
    BatchingPredictor<Long, Long> batcher = Batching.upTo(1).decorate(engine);
    CachingPredictor<Long, Long> ledger =
        Caching.exact(100).withAnswers(Long.class).withAlwaysOn().decorate(batcher, timer);
    Gate gate = engine.block();
    CompletableFuture<Long> running = ledger.submit(0L);
    gate.awaitEntered(1);
    List<CompletableFuture<Long>> calls = new ArrayList<>();
    // The batcher's clock is the system's, so its own deadlines are an hour away.
    timer.advance(System.nanoTime() - timer.nanoTime());
    for (long i = 1; i <= 20; i++) {
      calls.add(ledger.submit(i, CallOptions.timeout(Duration.ofHours(1))));
    }
    timer.advance(Duration.ofHours(1).toNanos());
    calls.forEach(c -> assertInstanceOf(DeadlineExceededException.class, Await.failure(c)));
    Await.until("all are counted", () -> batcher.metrics().expired() == 20);
    assertEquals(0, batcher.metrics().cancelled());
    engine.unblock();
    gate.open();
    Await.value(running);
    assertOutcomes(ledger.metrics(), 1, 0, 20, 0);
    ledger.close();
    BatchingMetrics b = batcher.metrics();
    assertEquals(b.submitted(), b.answered() + b.expired(), b.toString());
  }

  @Test
  void timeoutAroundACodec_reachesTheLayersBelowAsOne() {
    FakeModel<Tensors, Tensors> tensors =
        FakeModel.withFutures(() -> new CallFuture<>("in", CallOptions.DEFAULT));
    Codec<String, String> codec =
        Codec.of(x -> Tensors.of("x", Tensor.of(Shape.of(1), 1L)), y -> "y");
    CachingPredictor<String, String> around = TEXTS.decorate(tensors.with(codec), timer);
    CompletableFuture<String> late = around.submit("a", SOON);
    CompletableFuture<String> takenBack = around.submit("b");
    timer.advanceMillis(5);
    takenBack.cancel(false);
    assertInstanceOf(DeadlineExceededException.class, Await.failure(late));
    assertInstanceOf(DeadlineExceededException.class, Await.failure(tensors.run(0).future()));
    assertTrue(tensors.run(1).future().isCancelled());
    assertOutcomes(around.metrics(), 0, 0, 1, 1);
  }

  @Test
  void someLeaveAndOthersStay_eachIsCountedAsItEnds() {
    CompletableFuture<String> stays = cache.submit("a");
    CompletableFuture<String> late = cache.submit("a", SOON);
    CompletableFuture<String> takenBack = cache.submit("a");
    CompletableFuture<String> completed = cache.submit("a");
    CompletableFuture<String> obtruded = cache.submit("a");
    takenBack.cancel(true);
    completed.complete("mine");
    obtruded.obtrudeException(new IllegalStateException("mine"));
    timer.advanceMillis(5);
    assertInstanceOf(DeadlineExceededException.class, Await.failure(late));
    model.finish(0);
    assertEquals("a!", Await.value(stays));
    obtruded.obtrudeException(new IllegalStateException("again"));
    takenBack.cancel(true);
    assertOutcomes(cache.metrics(), 1, 0, 1, 3);
  }

  @Test
  void failuresAndInterrupts_areCounted() {
    CompletableFuture<String> first = cache.submit("a");
    CompletableFuture<String> second = cache.submit("a", SOON);
    model.fail(0, new IllegalStateException("broken"));
    Await.failure(first);
    Await.failure(second);
    assertOutcomes(cache.metrics(), 0, 2, 0, 0);
    Thread leader =
        new Thread(() -> assertThrows(RuntimeException.class, () -> cache.predict("b")));
    leader.start();
    Await.until("it runs", () -> model.runs() == 2);
    Thread joins = new Thread(() -> assertThrows(RuntimeException.class, () -> cache.predict("b")));
    joins.start();
    Await.until("it has joined", () -> cache.metrics().coalesced() == 2);
    joins.interrupt();
    Await.end(joins);
    leader.interrupt();
    Await.end(leader);
    assertOutcomes(cache.metrics(), 0, 2, 0, 2);
  }

  /** By a run, one by one or together; under a timeout; from the kept failure; by joining. */
  @Test
  void listWithAnInvalidInput_countsAsItsInputs_whateverWayItTook() {
    List<String> list = List.of("a", "b", "c", "d", "bad", "f", "g", "h", "i", "a");
    FakeModel<String, String> strict =
        FakeModel.of(
            x -> {
              if (x.equals("bad")) {
                throw new InvalidInputException("x", "y", "z");
              }
              return x;
            });
    for (CallOptions options :
        List.of(CallOptions.DEFAULT, CallOptions.timeout(Duration.ofHours(1)))) {
      CachingPredictor<String, String> each = TEXTS.decorate(strict, timer);
      assertThrows(InvalidInputException.class, () -> each.predictAll(list, options));
      assertOutcomes(each.metrics(), 0, 10, 0, 0);
      assertEquals(10, each.metrics().requests());
    }
    CachingPredictor<String, String> keeping =
        TEXTS.withFailuresFor(Duration.ofHours(1)).decorate(strict, timer);
    assertThrows(InvalidInputException.class, () -> keeping.predict("bad"));
    assertThrows(InvalidInputException.class, () -> keeping.predictAll(list));
    assertEquals(11, keeping.metrics().requests());
    assertEquals(10, keeping.metrics().failureHits());
    assertOutcomes(keeping.metrics(), 0, 1, 0, 0);

    CompletableFuture<String> running = cache.submit("bad");
    Thread caller =
        new Thread(() -> assertThrows(RuntimeException.class, () -> cache.predictAll(list)));
    caller.start();
    Await.until("it has joined", () -> cache.metrics().requests() == 11);
    model.fail(0, new InvalidInputException("x", "y", "z"));
    Await.failure(running);
    Await.end(caller);
    assertOutcomes(cache.metrics(), 0, 11, 0, 0);
  }

  // ---- in motion ----

  @Test
  void snapshotInMotion_neverShowsMoreOutcomesThanRequests() {
    long seed = System.nanoTime();
    System.out.println("OutcomesTest seed " + seed);
    CachingPredictor<Long, Long> busy =
        Caching.exact(8)
            .withAnswers(Long.class)
            .withAlwaysOn()
            .decorate(new LedgerEngine().with(Batching.upTo(4)));
    AtomicBoolean over = new AtomicBoolean();
    List<Thread> threads = new ArrayList<>();
    for (int t = 0; t < 3; t++) {
      SplittableRandom random = new SplittableRandom(seed + t);
      Thread thread =
          new Thread(
              () -> {
                for (int i = 0; i < CALLS; i++) {
                  callOnce(busy, random);
                }
              });
      thread.start();
      threads.add(thread);
    }
    Thread observer =
        new Thread(
            () -> {
              while (!over.get()) {
                assertNotMore(busy.metrics());
              }
            });
    List<Throwable> wrong = new ArrayList<>();
    observer.setUncaughtExceptionHandler((t, e) -> wrong.add(e));
    observer.start();
    threads.forEach(Await::end);
    over.set(true);
    Await.end(observer);
    assertEquals(List.of(), wrong);
    busy.close();
    // A timeout is delivered by a callback thread, perhaps after its run has ended.
    Await.until("all are counted", () -> underWay(busy.metrics()) == 0);
    CachingMetrics m = busy.metrics();
    assertOutcomes(m, m.answered(), m.failed(), m.expired(), m.cancelled());
    assertEquals(3 * CALLS + 2L * lists(seed), m.requests(), m.toString());
    assertTrue(m.answered() > 0 && m.expired() > 0 && m.cancelled() > 0, m.toString());
  }

  private static void assertNotMore(CachingMetrics m) {
    assertTrue(underWay(m) >= 0, m.toString());
  }

  private static long underWay(CachingMetrics m) {
    return m.misses() + m.coalesced() - m.answered() - m.failed() - m.expired() - m.cancelled();
  }

  private static int lists(long seed) {
    int lists = 0;
    for (int t = 0; t < 3; t++) {
      SplittableRandom random = new SplittableRandom(seed + t);
      for (int i = 0; i < CALLS; i++) {
        random.nextInt(32);
        lists += random.nextInt(7) == 0 ? 1 : 0;
      }
    }
    return lists;
  }

  private static void callOnce(Predictor<Long, Long> busy, SplittableRandom random) {
    long id = random.nextInt(32);
    CallOptions soon = CallOptions.timeout(Duration.ofNanos(20_000));
    try {
      switch (random.nextInt(7)) {
        case 0 -> busy.predictAll(LongStream.range(id, id + 3).boxed().toList());
        case 1 -> busy.predict(id);
        case 2 -> busy.predict(id, soon);
        case 3 -> busy.submit(id).cancel(false);
        case 4 -> busy.submit(id, soon).obtrudeException(new IllegalStateException("mine"));
        case 5 -> busy.submit(id, soon.withExecutor(Runnable::run)).complete(1L);
        default -> {
          var unused = busy.submit(id);
        }
      }
    } catch (InferenceException e) {
      // too late
    }
  }

  // ---- the time that is saved ----

  private void finishAfter(long millis, int run) {
    timer.advanceMillis(millis);
    model.finish(run);
  }

  private long savedByHitOf(String input) {
    long before = cache.metrics().timeSaved().toMillis();
    cache.predict(input);
    return cache.metrics().timeSaved().toMillis() - before;
  }

  @Test
  void hitSaves_theRunWithoutTheTimeInTheQueue() {
    for (String input : List.of("a", "b", "c", "d")) {
      var unused = cache.submit(input);
    }
    finishAfter(10, 0);
    finishAfter(25, 1);
    finishAfter(15, 2);
    finishAfter(0, 3); // in one batch with the third
    assertEquals(10, savedByHitOf("a"));
    assertEquals(25, savedByHitOf("b"));
    assertEquals(15, savedByHitOf("c"));
    assertEquals(10, savedByHitOf("d"), "at least as long as the shortest");
  }

  @Test
  void hitSaves_aLoneRunWhollyHoweverLong() {
    long[] millis = {10, 300, 2};
    for (int i = 0; i < millis.length; i++) {
      timer.advanceMillis(50); // idle
      var unused = cache.submit("x" + i);
      finishAfter(millis[i], i);
      assertEquals(millis[i], savedByHitOf("x" + i));
    }
  }

  @Test
  void oneRunThatQueuedLong_isNotCountedForEachHit() {
    List<CompletableFuture<String>> queue = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      queue.add(cache.submit("q" + i));
    }
    for (int i = 0; i < 100; i++) {
      finishAfter(1, i);
    }
    queue.forEach(Await::value);
    long before = cache.metrics().timeSaved().toMillis();
    for (int i = 0; i < 1_000; i++) {
      cache.predict("q99");
    }
    assertEquals(1_000, cache.metrics().timeSaved().toMillis() - before, "not 100,000");
  }
}
