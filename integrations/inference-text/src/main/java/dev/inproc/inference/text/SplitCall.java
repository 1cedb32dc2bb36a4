package dev.inproc.inference.text;

import dev.inproc.inference.CallOptions;
import dev.inproc.inference.OverloadedException;
import dev.inproc.inference.Predictor;
import dev.inproc.inference.internal.concurrent.Durations;
import dev.inproc.inference.internal.concurrent.ServingThreads;
import dev.inproc.inference.internal.concurrent.Withdrawable;
import dev.inproc.inference.tensor.Tensors;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * The answers of one text's windows. A few windows wait or run at once, so that another caller's
 * text stands behind these alone, however long this text is. The first window is let in or refused
 * as any call is; another one that is refused is submitted again when there may be room. The first
 * failure ends the call. Seen by the layer that made it alone.
 */
final class SplitCall extends CompletableFuture<List<Tensors>> implements Withdrawable {
  private static final int MOST_AT_ONCE = 4;
  private static final long SHORTEST_WAIT_NANOS = 1_000_000;

  private final Predictor<Tensors, Tensors> inner;
  private final List<Tensors> windows;
  private final CallOptions options;
  private final ServingThreads threads;
  private final AtomicReferenceArray<@Nullable CompletableFuture<Tensors>> calls;
  private final AtomicReferenceArray<Tensors> answers;
  private final AtomicInteger answered = new AtomicInteger();
  private final AtomicInteger turns =
      new AtomicInteger(); // asked for; a thread that raises it from 0 submits
  private int submitted; // guarded by the turn

  private SplitCall(
      Predictor<Tensors, Tensors> inner,
      List<Tensors> windows,
      CallOptions options,
      ServingThreads threads) {
    this.inner = inner;
    this.windows = windows;
    this.options = options;
    this.threads = threads;
    calls = new AtomicReferenceArray<>(windows.size());
    answers = new AtomicReferenceArray<>(windows.size());
  }

  /**
   * Submits windows.
   *
   * @param options armed
   */
  static SplitCall of(
      Predictor<Tensors, Tensors> inner,
      List<Tensors> windows,
      CallOptions options,
      ServingThreads threads) {
    SplitCall call = new SplitCall(inner, windows, options, threads);
    call.submitMore();
    return call;
  }

  /** One thread at a time submits; others leave their turn to it, so no call nests in another. */
  private void submitMore() {
    if (turns.getAndIncrement() > 0) {
      return;
    }
    int taken = 1;
    do {
      while (!isDone() && submitted < windows.size() && submitted - answered.get() < MOST_AT_ONCE) {
        submit(submitted++);
      }
      taken = turns.addAndGet(-taken);
    } while (taken > 0);
  }

  private void submit(int index) {
    if (isDone()) {
      return;
    }
    CompletableFuture<Tensors> call;
    try {
      call = inner.submit(windows.get(index), options);
    } catch (Throwable t) {
      fail(t);
      return;
    }
    calls.set(index, call);
    if (isDone()) { // the thread that ended this may not have seen the call
      withdrawCalls(null);
    }
    var unused =
        call.whenComplete(
            (answer, failure) -> {
              calls.set(index, null);
              if (failure == null) {
                answered(index, answer);
              } else {
                failed(index, cause(failure));
              }
            });
  }

  private void answered(int index, Tensors answer) {
    answers.set(index, answer);
    if (answered.incrementAndGet() < windows.size()) {
      submitMore();
      return;
    }
    List<Tensors> all = new ArrayList<>(windows.size());
    for (int i = 0; i < windows.size(); i++) {
      all.add(answers.get(i));
    }
    complete(all);
  }

  private static Throwable cause(Throwable failure) {
    return failure instanceof CompletionException && failure.getCause() != null
        ? failure.getCause()
        : failure;
  }

  private void failed(int index, Throwable failure) {
    if (index == 0 || !(failure instanceof OverloadedException overloaded)) {
      fail(failure);
      return;
    }
    long nanos = Math.max(SHORTEST_WAIT_NANOS, Durations.of(overloaded.retryAfter()));
    // A failure of the call runs the caller's callbacks, which the timer's thread must not.
    threads.timer().schedule(() -> threads.callbacks().execute(() -> submit(index)), nanos);
  }

  private void fail(Throwable failure) {
    if (failure instanceof CancellationException) {
      cancel(false);
    } else {
      completeExceptionally(failure);
    }
    withdrawCalls(null);
  }

  @Override
  public void withdraw(@Nullable Throwable reason) {
    if (reason == null) {
      cancel(false);
    } else {
      completeExceptionally(reason);
    }
    withdrawCalls(reason);
  }

  private void withdrawCalls(@Nullable Throwable reason) {
    for (int i = 0; i < calls.length(); i++) {
      CompletableFuture<Tensors> call = calls.getAndSet(i, null);
      if (call != null) {
        Withdrawable.withdraw(call, reason);
      }
    }
  }
}
