package dev.inproc.inference.langchain4j;

import dev.inproc.inference.CallOptions;
import dev.inproc.inference.CallOptions.Overload;
import dev.inproc.inference.Deadline;
import dev.inproc.inference.OverloadedException;
import dev.inproc.inference.Predictor;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A list that is answered without a thread that waits: one {@code submit} an input, and one future
 * for all answers, in the order of the inputs.
 *
 * <p>At most {@link #MAX_IN_FLIGHT} inputs wait or run at once: other callers wait behind these
 * alone, and a queue of any length can take the list. An answer makes room for the next input,
 * which the thread that completes the answer submits. A full queue refuses the first input for
 * good. Any other refused input is submitted again after an answer, or after the time that the
 * refusal names, as {@code predictAll} waits for room.
 *
 * <p>The first failure fails the list. Once the future is complete, by a failure, by a cancel or
 * from outside, the inputs that wait or run are cancelled.
 */
final class ListCall<I, O, R> {
  /** Two batches of the default size: one that runs, and one that gathers. */
  static final int MAX_IN_FLIGHT = 64;

  private static final long LONGEST_WAIT_MILLIS = 1_000;

  private final Predictor<I, O> predictor;
  private final List<I> inputs;
  private final CallOptions options;
  private final Function<List<O>, R> result;
  private final CompletableFuture<R> future = new CompletableFuture<>();
  private final AtomicReferenceArray<@Nullable CompletableFuture<O>> calls;
  private final AtomicReferenceArray<@Nullable O> answers;
  private final AtomicInteger answered = new AtomicInteger();
  private final AtomicInteger inFlight = new AtomicInteger();
  private final AtomicInteger limit = new AtomicInteger(MAX_IN_FLIGHT);
  private final Queue<Integer> refused = new ConcurrentLinkedQueue<>();

  /** Requests to submit more. The thread that raises it from zero submits, for all of them. */
  private final AtomicInteger requested = new AtomicInteger();

  private int next; // of the submitting thread

  private ListCall(
      Predictor<I, O> predictor, List<I> inputs, CallOptions options, Function<List<O>, R> result) {
    this.predictor = predictor;
    this.inputs = inputs;
    this.options = options;
    this.result = result;
    calls = new AtomicReferenceArray<>(inputs.size());
    answers = new AtomicReferenceArray<>(inputs.size());
  }

  /**
   * Submits a list.
   *
   * @param inputs at least one
   * @param options the timeout is for the whole list; to wait for room is not possible here
   * @param result makes the future's value of all answers
   */
  static <I, O, R> CompletableFuture<R> submit(
      Predictor<I, O> predictor, List<I> inputs, CallOptions options, Function<List<O>, R> result) {
    CallOptions started =
        Deadline.start(
            options.overload() == Overload.WAIT ? options.withOverload(Overload.FAIL) : options,
            System.nanoTime());
    ListCall<I, O, R> call = new ListCall<>(predictor, inputs, started, result);
    var unused = call.future.whenComplete((value, failure) -> call.cancelRest());
    call.submitMore();
    return call.future;
  }

  private void submitMore() {
    if (requested.getAndIncrement() != 0) {
      return; // the submitting thread looks again; this may be that thread, in an answered submit
    }
    int seen = 1;
    do {
      while (!future.isDone() && inFlight.get() < limit.get() && submitNext()) {}
      seen = requested.addAndGet(-seen);
    } while (seen != 0);
  }

  /** Submits one input; false if none is left. */
  private boolean submitNext() {
    Integer again = refused.poll();
    if (again == null && next == inputs.size()) {
      return false;
    }
    int index = again == null ? next++ : again;
    inFlight.incrementAndGet();
    CompletableFuture<O> call;
    try {
      call = predictor.submit(inputs.get(index), options);
    } catch (Throwable t) {
      fail(t);
      return false;
    }
    calls.set(index, call);
    var unused = call.whenComplete((answer, failure) -> ended(index, answer, failure));
    if (future.isDone()) {
      call.cancel(true); // cancelRest() may not have seen it
    }
    return true;
  }

  private void ended(int index, @Nullable O answer, @Nullable Throwable failure) {
    int left = inFlight.decrementAndGet();
    if (failure == null) {
      answers.set(index, answer);
      if (answered.incrementAndGet() == inputs.size()) {
        complete();
        return;
      }
      limit.updateAndGet(most -> Math.min(MAX_IN_FLIGHT, most + 1));
      submitMore();
    } else if (index > 0
        && failure instanceof OverloadedException full
        && full.getCause() == null) { // with a cause the input itself used up the engine's time
      limit.set(left);
      refused.add(index);
      if (inFlight.get() == 0) { // else the end of the call in flight submits more
        submitAfter(full.retryAfter());
      }
    } else {
      fail(failure);
    }
  }

  private void submitAfter(Duration wait) {
    long millis = Math.min(LONGEST_WAIT_MILLIS, Math.max(1, wait.toMillis()));
    CompletableFuture.delayedExecutor(millis, TimeUnit.MILLISECONDS)
        .execute(
            () -> {
              limit.updateAndGet(most -> Math.max(1, most));
              submitMore();
            });
  }

  private void complete() {
    List<O> all = new ArrayList<>(inputs.size());
    for (int i = 0; i < inputs.size(); i++) {
      all.add(Objects.requireNonNull(answers.get(i), "answer"));
    }
    try {
      future.complete(result.apply(all));
    } catch (Throwable t) {
      fail(t);
    }
  }

  private void fail(Throwable failure) {
    future.completeExceptionally(Failures.ofFuture(failure));
  }

  private void cancelRest() {
    if (answered.get() == inputs.size()) {
      return;
    }
    for (int i = 0; i < inputs.size(); i++) {
      CompletableFuture<O> call = calls.get(i);
      if (call != null) {
        call.cancel(true);
      }
    }
  }
}
