package dev.inproc.benchmarks.peers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.CallOptions;
import dev.inproc.inference.DeadlineExceededException;
import dev.inproc.inference.InvalidInputException;
import dev.inproc.inference.OverloadedException;
import dev.inproc.inference.Predictor;
import dev.inproc.inference.PredictorClosedException;
import dev.inproc.inference.testing.Await;
import dev.inproc.inference.testing.Gate;
import dev.inproc.inference.testing.LedgerEngine;
import dev.inproc.inference.testing.LedgerModel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The baselines must be right, and as good as they claim, for a comparison to mean something. */
@Timeout(60)
class BaselineBatchersTest {
  private static final int CAP = 4;
  private static final Duration LONG = Duration.ofHours(1);

  private final LedgerEngine engine = new LedgerEngine();

  static Stream<Function<LedgerEngine, Predictor<Long, Long>>> both() {
    return Stream.of(
        engine -> new FixedDelayBatcher<>(engine, CAP, Duration.ofNanos(1)),
        engine -> new QueueAndThreadBatcher<>(engine, CAP));
  }

  @ParameterizedTest
  @MethodSource("both")
  void callers_manyThreads_eachGetsItsOwnAnswer(Function<LedgerEngine, Predictor<Long, Long>> kind)
      throws Exception {
    Predictor<Long, Long> batcher = kind.apply(engine);
    List<CompletableFuture<Void>> callers = new ArrayList<>();
    for (int caller = 0; caller < 8; caller++) {
      long from = 1_000L * caller;
      callers.add(
          CompletableFuture.runAsync(
              () -> {
                for (long id = from; id < from + 1_000; id++) {
                  assertEquals(LedgerModel.f(id), batcher.predict(id));
                }
              }));
    }
    for (CompletableFuture<Void> caller : callers) {
      caller.get(60, TimeUnit.SECONDS);
    }
    batcher.close();
    assertEquals(List.of(), engine.violations());
    assertEquals(8_000, engine.runs().stream().mapToInt(List::size).sum());
    assertTrue(engine.runs().stream().allMatch(run -> run.size() <= CAP));
  }

  @ParameterizedTest
  @MethodSource("both")
  void batch_whileTheEngineRuns_gathersUpToTheCap(
      Function<LedgerEngine, Predictor<Long, Long>> kind) {
    Gate gate = engine.block();
    try (Predictor<Long, Long> batcher = kind.apply(engine)) {
      var first = batcher.submit(0L);
      gate.awaitEntered(1);
      var others = LongStream.rangeClosed(1, 6).mapToObj(batcher::submit).toList();
      assertTrue(others.get(2).cancel(true));
      gate.open();
      assertEquals(LedgerModel.f(0), first.join());
      assertEquals(LedgerModel.f(6), others.get(5).join());
    }
    assertEquals(List.of(List.of(0L), List.of(1L, 2L, 4L), List.of(5L, 6L)), engine.runs());
    assertEquals(1, engine.closes());
  }

  @ParameterizedTest
  @MethodSource("both")
  void close_whileRequestsWait_answersThemAndRefusesLater(
      Function<LedgerEngine, Predictor<Long, Long>> kind) throws Exception {
    Gate gate = engine.block();
    Predictor<Long, Long> batcher = kind.apply(engine);
    var futures = LongStream.range(0, 9).mapToObj(batcher::submit).toList();
    gate.awaitEntered(1);
    CompletableFuture<Void> closing = CompletableFuture.runAsync(batcher::close);
    gate.open();
    closing.get(60, TimeUnit.SECONDS);
    for (int id = 0; id < futures.size(); id++) {
      assertEquals(LedgerModel.f(id), futures.get(id).getNow(-1L));
    }
    assertThrows(PredictorClosedException.class, () -> batcher.predict(9L));
    batcher.close();
  }

  @ParameterizedTest
  @MethodSource("both")
  void submit_tooManyWait_isOverloaded(Function<LedgerEngine, Predictor<Long, Long>> kind) {
    Gate gate = engine.block();
    try (Predictor<Long, Long> batcher = kind.apply(engine)) {
      var first = batcher.submit(0L);
      gate.awaitEntered(1);
      var waiting = LongStream.range(0, 10_000).mapToObj(batcher::submit).toList();
      var late = batcher.submit(1L);
      assertInstanceOf(
          OverloadedException.class, assertThrows(ExecutionException.class, late::get).getCause());
      gate.open();
      first.join();
      waiting.forEach(CompletableFuture::join);
    }
  }

  @ParameterizedTest
  @MethodSource("both")
  void predictAll_oneFails_failsAsItDid(Function<LedgerEngine, Predictor<Long, Long>> kind) {
    try (Predictor<Long, Long> batcher = kind.apply(engine)) {
      assertEquals(
          List.of(LedgerModel.f(1), LedgerModel.f(2)), batcher.predictAll(List.of(1L, 2L)));
      assertThrows(InvalidInputException.class, () -> batcher.predictAll(List.of(1L, -1L)));
    }
  }

  @ParameterizedTest
  @MethodSource("both")
  void timeout_whileWaiting_isNeverRun(Function<LedgerEngine, Predictor<Long, Long>> kind) {
    Gate gate = engine.block();
    try (Predictor<Long, Long> batcher = kind.apply(engine)) {
      var first = batcher.submit(0L);
      gate.awaitEntered(1);
      var timed = batcher.submit(1L, CallOptions.timeout(Duration.ofNanos(1)));
      assertInstanceOf(
          DeadlineExceededException.class,
          assertThrows(ExecutionException.class, timed::get).getCause());
      gate.open();
      first.join();
    }
    assertEquals(List.of(List.of(0L)), engine.runs());
  }

  @Test
  void fixedDelay_batchNotFull_waits() {
    try (Predictor<Long, Long> batcher = new FixedDelayBatcher<>(engine, CAP, LONG)) {
      var first = batcher.submit(0L);
      Thread dispatcher =
          Thread.getAllStackTraces().keySet().stream()
              .filter(thread -> thread.getName().equals("fixed-delay-batcher"))
              .findFirst()
              .orElseThrow();
      Await.until(
          "a wait or a run",
          () -> dispatcher.getState() == Thread.State.TIMED_WAITING || engine.started() > 0);
      var others = LongStream.range(1, CAP).mapToObj(batcher::submit).toList();
      first.join();
      others.forEach(CompletableFuture::join);
      assertEquals(List.of(List.of(0L, 1L, 2L, 3L)), engine.runs());
    }
  }

  @Test
  void fixedDelay_closing_waitsNoLonger() {
    Predictor<Long, Long> batcher = new FixedDelayBatcher<>(engine, CAP, LONG);
    var one = batcher.submit(7L);
    batcher.close();
    assertEquals(LedgerModel.f(7), one.getNow(-1L));
  }
}
