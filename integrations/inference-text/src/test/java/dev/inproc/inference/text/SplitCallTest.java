package dev.inproc.inference.text;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.CallOptions;
import dev.inproc.inference.EngineException;
import dev.inproc.inference.OverloadedException;
import dev.inproc.inference.Predictor;
import dev.inproc.inference.internal.concurrent.ServingThreads;
import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.Tensors;
import dev.inproc.inference.testing.Await;
import dev.inproc.inference.testing.ManualTimer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;

class SplitCallTest {
  private static final int WINDOWS = 11;

  private final ManualTimer timer = new ManualTimer();
  private final Calls calls = new Calls();

  /** Calls that the test answers. */
  private static final class Calls implements Predictor<Tensors, Tensors> {
    final List<CompletableFuture<Tensors>> futures = new CopyOnWriteArrayList<>();
    final List<Float> windows = new CopyOnWriteArrayList<>();
    volatile boolean isFull;
    volatile boolean answersAtOnce;

    @Override
    public CompletableFuture<Tensors> submit(Tensors input, CallOptions options) {
      if (isFull) {
        return CompletableFuture.failedFuture(new OverloadedException(1, 1, Duration.ofMillis(20)));
      }
      CompletableFuture<Tensors> future = new CompletableFuture<>();
      windows.add(input.only().getFloat(0));
      futures.add(future);
      if (answersAtOnce) {
        future.complete(input);
      }
      return future;
    }

    @Override
    public Tensors predict(Tensors input, CallOptions options) {
      throw new UnsupportedOperationException();
    }

    @Override
    public List<Tensors> predictAll(List<Tensors> inputs, CallOptions options) {
      throw new UnsupportedOperationException();
    }

    @Override
    public void close() {}

    long open() {
      return futures.stream().filter(future -> !future.isDone()).count();
    }
  }

  private static Tensors window(float value) {
    return Tensors.of("x", Tensor.of(value));
  }

  private SplitCall start(int count) {
    List<Tensors> windows = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      windows.add(window(i));
    }
    return SplitCall.of(calls, windows, CallOptions.DEFAULT, ServingThreads.withTimer(timer));
  }

  @Test
  void windows_ofALongText_areUnderWayAFewAtATime() {
    SplitCall call = start(WINDOWS);
    for (int done = 0; done < WINDOWS; done++) {
      assertEquals(Math.min(4, WINDOWS - done), calls.open());
      int last = calls.futures.size() - 1; // answers come in any order
      while (calls.futures.get(last).isDone()) {
        last--;
      }
      assertFalse(call.isDone());
      calls.futures.get(last).complete(window(100 + calls.windows.get(last)));
    }
    List<Tensors> answers = call.join();
    assertEquals(WINDOWS, answers.size());
    for (int i = 0; i < WINDOWS; i++) {
      assertEquals(100 + i, answers.get(i).only().getFloat(0));
    }
  }

  @Test
  void windows_thatAreAnsweredAtOnce_needNoDeepStack() {
    calls.answersAtOnce = true;
    assertEquals(20_000, start(20_000).join().size());
  }

  @Test
  void call_thatIsWithdrawn_withdrawsItsWindows() {
    SplitCall call = start(WINDOWS);
    call.withdraw(null);
    assertTrue(call.isCancelled());
    assertEquals(4, calls.futures.stream().filter(CompletableFuture::isCancelled).count());
    assertEquals(4, calls.futures.size(), "no window after the end");
  }

  @Test
  void call_ofAWindowThatFails_failsAndWithdrawsTheOthers() {
    SplitCall call = start(WINDOWS);
    EngineException failure = new EngineException("no", null);
    calls.futures.get(2).completeExceptionally(failure);
    assertSame(failure, Await.failure(call));
    assertEquals(0, calls.open());
    assertEquals(4, calls.futures.size());
  }

  @Test
  void window_thatIsRefused_isSubmittedAgainWhenThereMayBeRoom() {
    SplitCall call = start(5);
    calls.isFull = true;
    calls.futures.get(0).complete(window(0)); // the fifth is refused
    assertEquals(1, timer.pending());
    timer.advanceMillis(20);
    Await.until("refused again", () -> timer.pending() == 1);
    assertEquals(4, calls.futures.size());
    calls.isFull = false;
    timer.advanceMillis(20);
    Await.until("let in", () -> calls.futures.size() == 5);
    for (int i = 1; i < 5; i++) {
      calls.futures.get(i).complete(window(i));
    }
    assertEquals(5, call.join().size());
  }

  @Test
  void call_whoseFirstWindowIsRefused_isRefused() {
    calls.isFull = true;
    assertInstanceOf(OverloadedException.class, Await.failure(start(5)));
    assertEquals(0, timer.pending());
  }
}
