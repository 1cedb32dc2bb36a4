package dev.inproc.inference.text;

import dev.inproc.inference.CallOptions;
import dev.inproc.inference.CallOptions.Overload;
import dev.inproc.inference.Predictor;
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
 * as any call is; the others wait for room. The first failure ends the call. Seen by the layer that
 * made it alone.
 */
final class SplitCall extends CompletableFuture<List<Tensors>> implements Withdrawable {
  private static final int MOST_AT_ONCE = 4;

  private final Predictor<Tensors, Tensors> inner;
  private final List<Tensors> windows;
  private final CallOptions first;
  private final CallOptions others;
  private final AtomicReferenceArray<@Nullable CompletableFuture<Tensors>> calls;
  private final AtomicReferenceArray<Tensors> answers;
  private final AtomicInteger answered = new AtomicInteger();
  private final AtomicInteger turns = new AtomicInteger(); // asked for; who raises it from 0 acts
  private int submitted; // guarded by the turn

  private SplitCall(
      Predictor<Tensors, Tensors> inner, List<Tensors> windows, CallOptions options) {
    this.inner = inner;
    this.windows = windows;
    first = options;
    others = options.withOverload(Overload.WAIT);
    calls = new AtomicReferenceArray<>(windows.size());
    answers = new AtomicReferenceArray<>(windows.size());
  }

  /**
   * Submits windows.
   *
   * @param options armed
   */
  static SplitCall of(
      Predictor<Tensors, Tensors> inner, List<Tensors> windows, CallOptions options) {
    SplitCall call = new SplitCall(inner, windows, options);
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
      while (!isDone()
          && submitted < windows.size()
          && submitted - answered.get() < MOST_AT_ONCE) {
        submit(submitted++);
      }
      taken = turns.addAndGet(-taken);
    } while (taken > 0);
  }

  private void submit(int index) {
    CompletableFuture<Tensors> call;
    try {
      call = inner.submit(windows.get(index), index == 0 ? first : others);
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
                fail(failure);
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

  private void fail(Throwable failure) {
    Throwable cause =
        failure instanceof CompletionException && failure.getCause() != null
            ? failure.getCause()
            : failure;
    if (cause instanceof CancellationException) {
      cancel(false);
    } else {
      completeExceptionally(cause);
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
