package dev.inproc.inference.monitoring;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.CallOptions;
import dev.inproc.inference.DeadlineExceededException;
import dev.inproc.inference.EngineException;
import dev.inproc.inference.InferenceInterruptedException;
import dev.inproc.inference.InvalidInputException;
import dev.inproc.inference.OverloadedException;
import dev.inproc.inference.Predictor;
import dev.inproc.inference.PredictorClosedException;
import dev.inproc.inference.internal.concurrent.ServingThreads;
import dev.inproc.inference.metrics.CallMetrics;
import dev.inproc.inference.metrics.Outcome;
import dev.inproc.inference.testing.ManualTimer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;

class MeteringTest {
  private static final Map<RuntimeException, Outcome> OUTCOMES =
      Map.of(
          new InvalidInputException("x", "a row", "none"), Outcome.INVALID,
          new IllegalArgumentException("WAIT in submit"), Outcome.INVALID,
          new EngineException("out of memory", null), Outcome.FAILED,
          new IllegalStateException("a bug"), Outcome.FAILED,
          new DeadlineExceededException(Duration.ZERO), Outcome.EXPIRED,
          new CancellationException(), Outcome.CANCELLED,
          new InferenceInterruptedException(new InterruptedException()), Outcome.CANCELLED,
          new OverloadedException(1, 1, Duration.ZERO), Outcome.OVERLOADED,
          new PredictorClosedException("m"), Outcome.CLOSED,
          new CompletionException(new PredictorClosedException("m")), Outcome.CLOSED);

  private final Scripted model = new Scripted();
  private final Predictor<String, Integer> metered = model.with(Metering.named("lengths"));

  /** Answers the length; a failure, if it was told one; futures are the test's to complete. */
  private static final class Scripted implements Predictor<String, Integer> {
    final ManualTimer timer = new ManualTimer();
    final List<CompletableFuture<Integer>> futures = new ArrayList<>();
    RuntimeException failure;
    boolean throwsAtSubmit;
    int closes;

    private Integer answer(String input) {
      if (failure != null) {
        throw failure;
      }
      return input.length();
    }

    @Override
    public CompletableFuture<Integer> submit(String input, CallOptions options) {
      if (throwsAtSubmit) {
        throw failure;
      }
      CompletableFuture<Integer> future = new CompletableFuture<>();
      futures.add(future);
      return future;
    }

    @Override
    public Integer predict(String input, CallOptions options) {
      return answer(input);
    }

    @Override
    public List<Integer> predictAll(List<String> inputs, CallOptions options) {
      return inputs.stream().map(this::answer).toList();
    }

    @Override
    public <T> Optional<T> find(Class<T> control) {
      return control == ServingThreads.class
          ? Optional.of(control.cast(ServingThreads.withTimer(timer)))
          : Predictor.super.find(control);
    }

    @Override
    public void close() {
      closes++;
    }

    @Override
    public String toString() {
      return "scripted";
    }
  }

  private MeteringMetrics metrics() {
    return metered.find(MeteringStats.class).orElseThrow().metrics();
  }

  private static void assertEnded(CallMetrics metrics, Map<Outcome, Long> expected) {
    assertEquals(new CallMetrics(0, expected, metrics.latencyNanos()).ended(), metrics.ended());
  }

  @Test
  void answers_ofEachMethod_areCountedAndTimed() {
    assertEquals(3, metered.predict("abc"));
    assertEquals(List.of(1, 2), metered.predictAll(List.of("a", "ab")));
    CompletableFuture<Integer> future = metered.submit("abcd");
    assertEquals(1, metrics().total().inFlight());
    assertSame(model.futures.get(0), future);
    future.complete(4);

    CallMetrics total = metrics().total();
    assertEquals(4, total.begun());
    assertEnded(total, Map.of(Outcome.ANSWERED, 4L));
    assertEquals(4, total.latencyNanos().count());
    assertTrue(total.latencyNanos().max() > 0);
    assertEquals("lengths", metrics().name());
  }

  @Test
  void failures_ofEachKindByEachMethod_haveTheirOutcome() {
    OUTCOMES.forEach(
        (failure, outcome) -> {
          CallMetrics before = metrics().total();
          model.failure = failure;
          assertSame(failure, assertThrows(RuntimeException.class, () -> metered.predict("a")));
          assertThrows(RuntimeException.class, () -> metered.predictAll(List.of("a", "b")));
          model.throwsAtSubmit = true;
          assertThrows(RuntimeException.class, () -> metered.submit("a"));
          model.throwsAtSubmit = false;
          var unused = metered.submit("a");
          model.futures.get(model.futures.size() - 1).completeExceptionally(failure);

          CallMetrics after = metrics().total();
          assertEquals(5, after.count(outcome) - before.count(outcome), failure.toString());
          assertEquals(5, after.allEnded() - before.allEnded());
          assertEquals(0, after.inFlight());
          assertEquals(0, after.latencyNanos().count());
        });
  }

  @Test
  void submit_thatItsCallerTakesBack_isCancelled() {
    metered.submit("a").cancel(false);
    assertEnded(metrics().total(), Map.of(Outcome.CANCELLED, 1L));
  }

  @Test
  void nullArguments_throwAndCountNothing() {
    assertThrows(NullPointerException.class, () -> metered.predict(null));
    assertThrows(NullPointerException.class, () -> metered.predict("a", null));
    assertThrows(NullPointerException.class, () -> metered.predictAll(null));
    assertThrows(NullPointerException.class, () -> metered.predictAll(List.of(), null));
    assertThrows(NullPointerException.class, () -> metered.submit(null));
    assertThrows(NullPointerException.class, () -> metered.submit("a", null));
    assertEquals(0, metrics().total().begun());
  }

  /** One call a second for an hour: the last minute holds one a second, whenever it is asked. */
  @Test
  void lastMinute_holdsWhatCameInIt() {
    for (int second = 1; second <= 3_600; second++) {
      metered.predict("a");
      model.timer.advanceMillis(1_000);
      MeteringMetrics now = metrics();
      long span = now.span().toSeconds();
      assertTrue(span <= 70, () -> "after " + now.span());
      long answered = now.lastMinute().count(Outcome.ANSWERED);
      assertTrue(Math.abs(Math.min(span, second) - answered) <= 1, now::toString);
      assertEquals(1, now.answersPerSecond(), 0.03 + 1.0 / second);
    }
    assertEquals(3_600, metrics().total().count(Outcome.ANSWERED));
  }

  /** No timer runs for a predictor that nobody calls. */
  @Test
  void timer_withoutCalls_restsAfterTwentySeconds() {
    assertEquals(0, model.timer.pending());
    metered.predict("a");
    assertEquals(1, model.timer.pending());
    model.timer.advanceMillis(20_000);
    assertEquals(0, model.timer.pending());
    var unused = metered.submit("a");
    model.timer.advanceMillis(600_000);
    assertEquals(1, model.timer.pending()); // a call is on its way
    model.futures.get(0).complete(1);
    model.timer.advanceMillis(20_000);
    assertEquals(0, model.timer.pending());
    model.timer.advanceMillis(120_000);
    assertEquals(0, metrics().lastMinute().allEnded());
    assertEquals(Duration.ofMinutes(1), metrics().span());
  }

  @Test
  void close_closesTheModelAndLeavesNothing() {
    metered.predict("a");
    metered.close();
    assertTrue(metered.close(Duration.ofSeconds(1)));
    assertEquals(0, model.timer.pending());
    metered.predict("a"); // this model answers on
    assertEquals(0, model.timer.pending());
    assertEquals(2, metrics().total().count(Outcome.ANSWERED));
    assertTrue(model.closes >= 1);
  }

  @Test
  void layer_passesOnWhatItWraps() {
    assertFalse(metered.keepsState());
    assertTrue(metered.find(ServingThreads.class).isPresent());
    assertEquals("metered(scripted)", metered.toString());
    assertThrows(IllegalArgumentException.class, () -> Metering.named(" "));
    assertEquals(Metering.named("a"), Metering.named("a"));
  }
}
