package dev.inproc.inference.internal.calls;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.CallOptions;
import dev.inproc.inference.Cancellation;
import dev.inproc.inference.Deadline;
import dev.inproc.inference.DeadlineExceededException;
import dev.inproc.inference.DeadlineExceededException.Stage;
import dev.inproc.inference.EngineException;
import dev.inproc.inference.testing.Await;
import dev.inproc.inference.testing.ManualTimer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class CallFutureTest {
  private final ManualTimer timer = new ManualTimer();

  private static final class Counted extends CallFuture<String, String> {
    private final AtomicInteger gone = new AtomicInteger();

    Counted(CallOptions options) {
      super("in", options);
    }

    @Override
    protected void onGone() {
      gone.incrementAndGet();
    }
  }

  private static Counted call() {
    return new Counted(CallOptions.DEFAULT);
  }

  private Counted timed() {
    return new Counted(Deadline.start(CallOptions.timeout(Duration.ofMillis(5)), timer.nanoTime()));
  }

  @Test
  void answer_first_winsAndTheCallIsNotGone() {
    Counted call = call();
    Cancellation cancellation = call.whenGone();
    assertTrue(call.answer("a"));
    assertFalse(call.answer("b"));
    assertFalse(call.refuse(new IllegalStateException()));
    assertFalse(call.cancel(true));
    assertFalse(call.complete("c"));
    assertEquals("a", Await.value(call));
    assertEquals(0, call.gone.get());
    assertFalse(cancellation.isCancelled());
  }

  @Test
  void cancel_first_isGoneOnceAndTellsTheRun() {
    Counted call = call();
    Cancellation cancellation = call.whenGone();
    assertTrue(call.cancel(true));
    assertTrue(call.cancel(true));
    assertFalse(call.answer("late"));
    assertEquals(1, call.gone.get());
    assertTrue(cancellation.isCancelled());
  }

  @Test
  void whenGone_askedAfterwards_isCancelledAlready() {
    Counted call = call();
    assertTrue(call.complete("mine"));
    assertTrue(call.whenGone().isCancelled());
  }

  @Test
  void timeout_direct_firesOnTheTimer() {
    Counted call = timed();
    call.startTimeout(timer);
    timer.advance(4_999_999);
    assertFalse(call.isDone());
    timer.advance(1);
    assertInstanceOf(DeadlineExceededException.class, Await.failure(call));
    assertEquals(1, call.gone.get());
  }

  @Test
  void answer_beforeTheTimeout_forgetsIt() {
    Counted call = timed();
    call.startTimeout(timer);
    assertEquals(1, timer.pending());
    assertTrue(call.answer("a"));
    assertEquals(0, timer.pending());
  }

  @Test
  void startTimeout_ofACallThatIsDone_leavesNothing() {
    Counted call = timed();
    assertTrue(call.cancel(false));
    call.startTimeout(timer);
    assertEquals(0, timer.pending());
  }

  @Test
  void executor_completion_isHandedOver() throws InterruptedException {
    BlockingQueue<Runnable> tasks = new LinkedBlockingQueue<>();
    Counted call = new Counted(CallOptions.DEFAULT.withExecutor(tasks::add));
    assertTrue(call.answer("a"));
    Runnable completion = tasks.take();
    assertFalse(call.isDone());
    completion.run();
    assertEquals("a", Await.value(call));
  }

  @Test
  void batch_watch_firesWhenTheLastMemberHasGone() {
    Counted one = call();
    Counted two = call();
    Counted three = call();
    CallBatch<String, String> batch = new CallBatch<>(List.of(one, two, three));
    assertTrue(three.cancel(false)); // before: counted at once
    Cancellation both = batch.watch(new int[] {0, 1, 2});
    assertTrue(one.cancel(false));
    assertFalse(both.isCancelled());
    assertTrue(two.completeExceptionally(new IllegalStateException()));
    assertTrue(both.isCancelled());
    assertTrue(batch.isGone(0));
    assertFalse(batch.complete(0, "late"));
    assertSame("in", batch.input(2));
  }

  /** I1: of a runner, a canceller and a timer exactly one decides. */
  @Test
  void settling_raced_hasOneWinner() {
    for (int round = 0; round < 3_000; round++) {
      Counted call = timed();
      call.startTimeout(timer);
      Cancellation cancellation = call.whenGone();
      AtomicInteger callbacks = new AtomicInteger();
      CompletableFuture<String> told =
          call.handle((value, failure) -> "callback " + callbacks.incrementAndGet());
      AtomicInteger answers = new AtomicInteger();
      Thread runner = new Thread(() -> answers.addAndGet(call.answer("a") ? 1 : 0));
      runner.start();
      if (round % 2 == 0) {
        timer.advanceMillis(5);
      } else {
        call.cancel(false);
      }
      Await.end(runner);
      assertEquals("callback 1", Await.value(told));
      assertEquals(1, answers.get() + call.gone.get());
      assertEquals(answers.get() == 0, cancellation.isCancelled());
      assertEquals(0, timer.pending());
    }
  }

  /** Both hear that it is cancelled; it has gone once. */
  @Test
  void cancel_byTwoAtOnce_isGoneOnce() {
    List<Counted> calls = Stream.generate(CallFutureTest::call).limit(50_000).toList();
    AtomicInteger other = new AtomicInteger();
    AtomicInteger own = new AtomicInteger();
    AtomicInteger refused = new AtomicInteger();
    Thread second = new Thread(() -> refused.addAndGet(cancelAll(calls, other, own)));
    second.start();
    refused.addAndGet(cancelAll(calls, own, other));
    Await.end(second);
    assertEquals(0, refused.get());
    calls.forEach(call -> assertEquals(1, call.gone.get()));
  }

  /** In step with another thread that does the same. Returns how many cancels said false. */
  private static int cancelAll(List<Counted> calls, AtomicInteger own, AtomicInteger other) {
    int refused = 0;
    for (int i = 0; i < calls.size(); i++) {
      own.set(i);
      while (other.get() < i) {
        Thread.onSpinWait();
      }
      refused += calls.get(i).cancel(false) ? 0 : 1;
    }
    own.set(calls.size());
    return refused;
  }

  /** The timer has decided, and a callback thread is about to fail the call. */
  @Test
  void obtruded_whileATimeoutIsOnItsWay_goesOnce() {
    for (boolean value : new boolean[] {true, false}) {
      Counted call = timed();
      CompletableFuture<Void> obtruded = new CompletableFuture<>();
      call.failApart(
          () -> {
            obtruded.join();
            return new DeadlineExceededException(Duration.ZERO);
          });
      if (value) {
        call.obtrudeValue("mine");
      } else {
        call.obtrudeException(new IllegalStateException("mine"));
      }
      assertTrue(call.isDone());
      obtruded.complete(null);
      Await.until("it is gone", () -> call.gone.get() == 1);
      assertFalse(call.complete("late"));
      assertEquals(1, call.gone.get());
    }
  }

  @Test
  void obtruded_afterItsAnswer_isNotGone() {
    Counted call = call();
    assertTrue(call.answer("a"));
    call.obtrudeValue("mine");
    call.obtrudeException(new IllegalStateException("mine"));
    assertFalse(call.complete("late"));
    assertEquals(0, call.gone.get());
  }

  /** From JDK 23 on, reading a cancelled future's failure gives a new exception each time. */
  @Test
  void cancel_withADependent_leavesItsRunBeforeTheDependentRuns() {
    AtomicBoolean isGone = new AtomicBoolean();
    CallFuture<String, String> call =
        new CallFuture<>("request", CallOptions.DEFAULT) {
          @Override
          protected void onGone() {
            isGone.set(true);
          }
        };
    AtomicBoolean wasGone = new AtomicBoolean();
    var unused = call.whenComplete((answer, failure) -> wasGone.set(isGone.get()));
    assertTrue(call.cancel(true));
    assertTrue(wasGone.get());
  }

  /**
   * A run that stops since its call has expired fails. That is not the call's outcome, also where
   * the call has an executor, which the expiry does not wait for.
   */
  @Test
  void expiry_whileTheStoppedRunFails_isTheOutcome() {
    CountDownLatch runFailed = new CountDownLatch(1);
    CallFuture<String, String> call =
        new CallFuture<>("request", CallOptions.DEFAULT.withExecutor(Runnable::run));
    call.failApart(
        () -> {
          Await.latch(runFailed);
          return new DeadlineExceededException(Duration.ZERO, "model", Stage.RUNNING);
        });
    assertFalse(call.refuse(new EngineException("stopped", null)));
    runFailed.countDown();
    assertInstanceOf(DeadlineExceededException.class, Await.failure(call));
  }

  @Test
  void expiry_whoseFailureCannotBeMade_endsTheCallAllTheSame() {
    CallFuture<String, String> call =
        new CallFuture<>("request", CallOptions.DEFAULT.withExecutor(Runnable::run));
    call.failApart(
        () -> {
          throw new IllegalStateException("a name that cannot be told");
        });
    assertInstanceOf(IllegalStateException.class, Await.failure(call));
  }
}
