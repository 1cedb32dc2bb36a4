package dev.inproc.inference.deploy;

import static dev.inproc.inference.deploy.Lanes.version;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.Answer;
import dev.inproc.inference.CallOptions;
import dev.inproc.inference.Deadline;
import dev.inproc.inference.ForwardingPredictor;
import dev.inproc.inference.Predictor;
import dev.inproc.inference.PredictorClosedException;
import dev.inproc.inference.testing.Await;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** Calls that a switch overtakes between their routing and their lane. */
class DeploymentRetriesTest {
  private final Lanes lanes = new Lanes();

  /** Runs something before each call reaches the lane of the first version. */
  private Consumer<CallOptions> beforeFirstLane = options -> {};

  private final Deployment<Integer, String> deployment =
      Deployment.<Integer, String>builder(
              (version, context) -> {
                FakeLane lane = lanes.create(version, context);
                return version.version() == 1 ? new Late(lane) : lane;
              })
          .keepWarm(Duration.ZERO)
          .open(version(1));

  private final class Late extends ForwardingPredictor<Integer, String> {
    Late(Predictor<Integer, String> lane) {
      super(lane);
    }

    @Override
    public String predict(Integer input, CallOptions options) {
      beforeFirstLane.accept(options);
      return super.predict(input, options);
    }

    @Override
    public CompletableFuture<String> submit(Integer input, CallOptions options) {
      beforeFirstLane.accept(options);
      return super.submit(input, options);
    }

    @Override
    public List<String> predictAll(List<Integer> inputs, CallOptions options) {
      beforeFirstLane.accept(options);
      return super.predictAll(inputs, options);
    }

    @Override
    public String toString() {
      return inner().toString();
    }
  }

  /** Switches away from the first version and waits until its lane is closed. */
  private void overtake() {
    deployment.switchTo(version(2)); // by the first call that comes
    Await.latch(lanes.made.get(0).closed);
  }

  @Test
  void predict_overtakenByASwitch_isAnsweredByTheNewVersion() {
    beforeFirstLane = options -> overtake();
    assertEquals("2:7", deployment.predict(7));
    assertEquals(1, deployment.metrics().retriedCalls());
  }

  @Test
  void submit_overtakenByASwitch_isAnsweredByTheNewVersion() {
    beforeFirstLane = options -> overtake();
    assertEquals("2:7", Await.value(deployment.submit(7)));
    assertEquals(1, deployment.metrics().retriedCalls());
  }

  @Test
  void predictAll_overtakenByASwitch_isAnsweredWholeByTheNewVersion() {
    beforeFirstLane = options -> overtake();
    List<Integer> inputs = new ArrayList<>(List.of(7, 8, 9));
    assertEquals(List.of("2:7", "2:8", "2:9"), deployment.predictAll(inputs));
    assertEquals(1, deployment.metrics().retriedCalls());
  }

  /** A lane that fails in the midst of a list: its answers so far must not be used. */
  @Test
  void predictAll_stoppedInItsMidst_isRunAnewAsAWhole() {
    lanes.functions.put(
        1L,
        input -> {
          if (input == 8) {
            assertTrue(deployment.switchTo(version(2)));
            throw new PredictorClosedException("lane1");
          }
          return "1:" + input;
        });
    assertTrue(deployment.switchTo(version(3)));
    assertTrue(deployment.switchTo(version(1))); // with the function above
    assertEquals(List.of("2:7", "2:8"), deployment.predictAll(List.of(7, 8)));
  }

  @Test
  void answersView_overtakenByASwitch_namesTheVersionThatAnswered() {
    Predictor<Integer, Answer<String>> answers = deployment.answers();
    beforeFirstLane = options -> overtake();
    List<Answer<String>> list = answers.predictAll(List.of(7, 8));
    list.forEach(answer -> assertEquals(Optional.of("m@2"), answer.version()));
    assertEquals("2:8", list.get(1).value());
  }

  @Test
  void answerOfOneCall_overtakenByASwitch_namesTheVersionThatAnswered() {
    beforeFirstLane = options -> overtake();
    Answer<String> answer = deployment.borrowed().answers().predict(7);
    assertEquals("2:7", answer.value());
    assertEquals(Optional.of("m@2"), answer.version());
  }

  @Test
  void deadline_ofARetriedCall_isStartedOnce() {
    beforeFirstLane =
        options -> {
          lanes.timer.advanceMillis(30);
          overtake();
        };
    CallOptions options = CallOptions.timeout(Duration.ofMillis(50));
    assertEquals("2:7", deployment.predict(7, options));
    long now = lanes.timer.nanoTime();
    assertEquals(20_000_000, Deadline.remainingNanos(lanes.last().lastOptions, now));
  }

  @Test
  void laneClosedFromOutside_isAnErrorAndNoLoop() {
    deployment.find(FakeLane.class).ifPresent(FakeLane::close);
    lanes.made.get(0).close();
    assertThrows(PredictorClosedException.class, () -> deployment.predict(7));
    assertInstanceOf(PredictorClosedException.class, Await.failure(deployment.submit(7)));
    assertThrows(PredictorClosedException.class, () -> deployment.predictAll(List.of(7)));
    assertEquals(0, deployment.metrics().retriedCalls());
  }

  @Test
  void codecThatThrowsTheClosedException_isCalledOnce() {
    AtomicInteger calls = new AtomicInteger();
    PredictorClosedException own = new PredictorClosedException("a tokenizer");
    lanes.functions.put(
        2L,
        input -> {
          calls.incrementAndGet();
          throw own;
        });
    assertTrue(deployment.switchTo(version(2)));
    assertSame(own, assertThrows(PredictorClosedException.class, () -> deployment.predict(7)));
    assertSame(own, Await.failure(deployment.submit(7)));
    assertEquals(2, calls.get());
    assertThrows(PredictorClosedException.class, () -> deployment.predictAll(List.of(7)));
    assertEquals(3, calls.get());
  }

  /** Each attempt meets another switch and the exception of the codec: the number is bounded. */
  @Test
  void retries_underSwitchesWithoutEnd_areBounded() {
    AtomicInteger calls = new AtomicInteger();
    for (long number = 2; number < 100; number++) {
      long next = number + 1;
      lanes.functions.put(
          number,
          input -> {
            calls.incrementAndGet();
            deployment.switchTo(version(next));
            throw new PredictorClosedException("codec");
          });
    }
    assertTrue(deployment.switchTo(version(2)));
    assertThrows(PredictorClosedException.class, () -> deployment.predict(7));
    assertEquals(33, calls.get());
    assertThrows(PredictorClosedException.class, () -> deployment.predictAll(List.of(7)));
    assertEquals(66, calls.get());
  }

  @Test
  void cancel_ofARetriedCall_withdrawsTheAttemptUnderWay() {
    CompletableFuture<String> first = new CompletableFuture<>();
    CompletableFuture<String> second = new CompletableFuture<>();
    try (Deployment<Integer, String> stubs =
        Deployment.<Integer, String>builder(
                (version, context) -> new Stub(version.version() == 1 ? first : second))
            .open(version(1))) {
      CompletableFuture<String> call = stubs.submit(7);
      assertTrue(stubs.switchTo(version(2)));
      assertTrue(first.completeExceptionally(new PredictorClosedException("stub")));
      assertFalse(call.isDone());
      assertTrue(call.cancel(false));
      assertTrue(second.isCancelled());
    }
  }

  @Test
  void cancel_ofACall_withdrawsIt() {
    CompletableFuture<String> only = new CompletableFuture<>();
    try (Deployment<Integer, String> stubs =
        Deployment.<Integer, String>builder((version, context) -> new Stub(only))
            .open(version(1))) {
      assertTrue(stubs.submit(7).cancel(false));
      assertTrue(only.isCancelled());
    }
  }

  @Test
  void cancelBeforeTheRefusal_makesNoOtherAttempt() {
    CompletableFuture<String> first =
        new CompletableFuture<>() {
          @Override
          public boolean cancel(boolean mayInterrupt) {
            return false; // its engine cannot be stopped
          }
        };
    AtomicInteger attempts = new AtomicInteger();
    try (Deployment<Integer, String> stubs =
        Deployment.<Integer, String>builder(
                (version, context) ->
                    new Stub(version.version() == 1 ? first : new CompletableFuture<>()) {
                      @Override
                      public CompletableFuture<String> submit(Integer i, CallOptions options) {
                        attempts.incrementAndGet();
                        return super.submit(i, options);
                      }
                    })
            .open(version(1))) {
      CompletableFuture<String> call = stubs.submit(7);
      assertTrue(stubs.switchTo(version(2)));
      assertTrue(call.cancel(false));
      assertTrue(first.completeExceptionally(new PredictorClosedException("stub")));
      assertEquals(1, attempts.get());
    }
  }

  @Test
  void closedExceptionThatSubmitThrows_isRetriedToo() {
    try (Deployment<Integer, String> stubs =
        Deployment.<Integer, String>builder(
                (version, context) ->
                    new Stub(CompletableFuture.completedFuture("answer")) {
                      @Override
                      public CompletableFuture<String> submit(Integer i, CallOptions options) {
                        if (version.version() == 1) {
                          throw new PredictorClosedException("foreign");
                        }
                        return super.submit(i, options);
                      }
                    })
            .open(version(1))) {
      assertInstanceOf(PredictorClosedException.class, Await.failure(stubs.submit(7)));
      assertTrue(stubs.switchTo(version(2)));
      assertEquals("answer", Await.value(stubs.submit(7)));
    }
  }

  /** A predictor whose every call has this future. */
  private static class Stub implements Predictor<Integer, String> {
    private final CompletableFuture<String> future;

    Stub(CompletableFuture<String> future) {
      this.future = future;
    }

    @Override
    public CompletableFuture<String> submit(Integer input, CallOptions options) {
      return future;
    }

    @Override
    public String predict(Integer input, CallOptions options) {
      return future.join();
    }

    @Override
    public List<String> predictAll(List<Integer> inputs, CallOptions options) {
      return inputs.stream().map(input -> future.join()).toList();
    }

    @Override
    public void close() {}
  }
}
