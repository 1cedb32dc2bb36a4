package dev.inproc.inference.batch;

import static dev.inproc.inference.batch.BatchFixture.MICRO;
import static dev.inproc.inference.batch.BatchFixture.assertAnswered;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.Adapter;
import dev.inproc.inference.CallOptions;
import dev.inproc.inference.DeadlineExceededException;
import dev.inproc.inference.Predictor;
import dev.inproc.inference.internal.concurrent.MappedFuture;
import dev.inproc.inference.testing.Await;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What waits, by its time, its shape and its owner, to the microsecond on a manual clock. */
@Timeout(value = 30, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class BatchSchedulerTimeTest {
  private static CallOptions micros(long timeout) {
    return CallOptions.timeout(Duration.ofNanos(timeout * MICRO));
  }

  // ---- expiring ----

  @Test
  void expired_whileNobodyTurns_leaveOneByOneAtTheirMicrosecond() {
    try (BatchFixture f = new BatchFixture(Batching.upTo(8))) {
      List<CompletableFuture<Long>> futures = new ArrayList<>();
      for (long i = 1; i <= 4; i++) {
        futures.add(f.batcher.submit(i, micros(10 * i)));
      }
      futures.addAll(f.submit(5, 1));
      f.timer.advance(10 * MICRO - 1);
      assertEquals(5, f.batcher.metrics().waiting());
      for (int gone = 1; gone <= 4; gone++) {
        f.timer.advance(gone == 1 ? 1 : 10 * MICRO);
        int left = 5 - gone;
        Await.until("one more has left", () -> f.batcher.metrics().waiting() == left);
        assertInstanceOf(DeadlineExceededException.class, Await.failure(futures.get(gone - 1)));
        assertEquals(4L - gone, futures.subList(0, 4).stream().filter(e -> !e.isDone()).count());
      }
      assertEquals(0, f.engine.started());
      f.turn();
      assertEquals(List.of(List.of(5L)), f.engine.runs());
    }
  }

  @Test
  void clock_jumpsAnHour_theTimedExpireAndTheOthersAreRun() {
    Batching window = Batching.upTo(8).withMaxDelay(Duration.ofMillis(5));
    try (BatchFixture f = new BatchFixture(window)) {
      f.submit(0, 2);
      assertEquals(5_000 * MICRO, f.turnOnce(), "the window is open");
      CompletableFuture<Long> timed =
          f.batcher.submit(2L, CallOptions.timeout(Duration.ofMinutes(1)));
      f.timer.advance(Duration.ofHours(1).toNanos());
      assertInstanceOf(DeadlineExceededException.class, Await.failure(timed));
      assertEquals(0, f.turnOnce());
      assertEquals(List.of(List.of(0L, 1L)), f.engine.runs());
      CompletableFuture<Long> next =
          f.batcher.submit(3L, CallOptions.timeout(Duration.ofMinutes(1)));
      assertEquals(5_000 * MICRO, f.turnOnce(), "the clock counts on from where it is");
      f.timer.advance(5_000 * MICRO);
      assertEquals(0, f.turnOnce());
      assertAnswered(3, List.of(next));
    }
  }

  @Test
  void cancelled_amongTheExpired_eachIsCountedAsWhatItWas() {
    try (BatchFixture f = new BatchFixture(Batching.upTo(8))) {
      CompletableFuture<Long> expired = f.batcher.submit(1L, micros(10));
      CompletableFuture<Long> cancelled = f.batcher.submit(2L, micros(10));
      assertTrue(cancelled.cancel(false));
      f.timer.advance(10 * MICRO);
      assertInstanceOf(DeadlineExceededException.class, Await.failure(expired));
      Await.until("it is counted", () -> f.batcher.metrics().expired() == 1);
      assertEquals(1, f.batcher.metrics().cancelled());
      f.turn();
      assertEquals(0, f.engine.started());
    }
  }

  // ---- owners ----

  /** Adds one to questions, and answers in words. */
  private static Adapter<Integer, String, Long, Long> inWords() {
    return inner ->
        new Predictor<>() {
          @Override
          public CompletableFuture<String> submit(Integer input, CallOptions options) {
            return MappedFuture.map(inner.submit(input + 1L, options), String::valueOf);
          }

          @Override
          public String predict(Integer input, CallOptions options) {
            return String.valueOf(inner.predict(input + 1L, options));
          }

          @Override
          public List<String> predictAll(List<Integer> inputs, CallOptions options) {
            return inputs.stream().map(input -> predict(input, options)).toList();
          }

          @Override
          public void close() {
            inner.close();
          }
        };
  }

  @Test
  void cancelledOutermost_throughLayers_isDequeued() {
    try (BatchFixture f = new BatchFixture(Batching.upTo(8))) {
      Predictor<Integer, String> outer = f.batcher.borrowed().with(inWords());
      List<CompletableFuture<String>> futures =
          LongStream.range(0, 3).mapToObj(i -> outer.submit((int) i)).toList();
      assertTrue(futures.get(1).cancel(false));
      assertEquals(2, f.batcher.metrics().waiting(), "it has left, though nobody turned");
      f.turn();
      assertEquals(List.of(List.of(1L, 3L)), f.engine.runs());
      assertEquals(1, f.batcher.metrics().cancelled());
    }
  }
}
