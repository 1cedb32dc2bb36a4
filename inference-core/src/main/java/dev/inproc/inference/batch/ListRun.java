package dev.inproc.inference.batch;

import dev.inproc.inference.CallOptions;
import dev.inproc.inference.CallOptions.Overload;
import dev.inproc.inference.Deadline;
import dev.inproc.inference.DeadlineExceededException;
import dev.inproc.inference.OverloadedException;
import dev.inproc.inference.PredictorClosedException;
import dev.inproc.inference.internal.concurrent.Timer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A list on its way through the queue, whatever its length. No more than a window of it waits or
 * runs at once, so that a single call stands behind two batches of it, not behind all. The first
 * request is let in or refused like a single call; the others wait for room ({@link
 * WaitingForRoom}). Used by the caller's thread alone, except {@link #expire}.
 */
final class ListRun<I, O> {
  private final AdmissionControl<I, O> admission;
  private final StatsCounter figures;
  private final List<I> inputs;
  private final CallOptions first;
  private final CallOptions others;
  private final int window;
  private final @Nullable Request<I, O>[] requests; // of the window, in a ring
  private volatile int created;
  private volatile boolean expired;

  /**
   * Creates one.
   *
   * @param inputs checked
   * @param options armed, and without an executor
   */
  ListRun(
      AdmissionControl<I, O> admission,
      StatsCounter figures,
      List<I> inputs,
      CallOptions options,
      int window) {
    this.admission = admission;
    this.figures = figures;
    this.inputs = inputs;
    this.window = Math.min(window, inputs.size());
    first = options;
    others = options.withOverload(Overload.WAIT);
    requests = newRing(this.window);
  }

  @SuppressWarnings({"unchecked", "rawtypes"})
  private static <I, O> @Nullable Request<I, O>[] newRing(int size) {
    return (@Nullable Request<I, O>[]) new Request[size];
  }

  /** Runs it; throws the first failure. */
  List<O> call(Timer timer) {
    Timer.Scheduled alarm = null;
    if (Deadline.isSet(first)) {
      long remaining = Math.max(0, Deadline.remainingNanos(first, timer.nanoTime()));
      alarm = timer.schedule(this::expire, remaining);
    }
    List<O> answers = new ArrayList<>(inputs.size());
    Throwable failure = null;
    try {
      for (int i = 0; i < inputs.size(); i++) {
        boolean goesOn = true;
        while (goesOn && created < inputs.size() && created - i < window) {
          goesOn = putIn();
        }
        answers.add(at(i).await());
      }
      return answers;
    } catch (Throwable t) {
      failure = t;
      throw t;
    } finally {
      if (alarm != null) {
        alarm.cancel();
      }
      if (failure != null) {
        end(failure);
      }
    }
  }

  private Request<I, O> at(int index) {
    Request<I, O> request = requests[index % window];
    if (request == null) {
      throw new IllegalStateException("Not put in: " + index);
    }
    return request;
  }

  /** Puts the next request into the queue, or into the line before it; false if refused. */
  private boolean putIn() {
    int index = created;
    Request<I, O> request = admission.part(inputs.get(index), index == 0 ? first : others);
    admission.enqueue(request);
    requests[index % window] = request;
    created = index + 1; // after it has a place: the alarm may now end it
    if (expired) {
      request.expire(); // the alarm may not have seen it
    }
    return !request.isDone();
  }

  /** Ends the requests that wait or run, because the list's time is over. */
  private void expire() {
    expired = true;
    for (int i = Math.max(0, created - window); i < created; i++) {
      at(i).expire();
    }
  }

  /** Withdraws the requests that have not ended, and counts inputs that were never put in. */
  private void end(Throwable failure) {
    if (failure instanceof DeadlineExceededException) {
      expire();
    }
    for (int i = Math.max(0, created - window); i < created; i++) {
      at(i).cancel(false); // a request of a list is in no chain
    }
    int left = inputs.size() - created;
    boolean ofAll =
        failure instanceof DeadlineExceededException
            || failure instanceof OverloadedException
            || failure instanceof PredictorClosedException;
    figures.submitted(left);
    if (ofAll) {
      figures.failed(failure, left);
    } else {
      figures.cancelled(left);
    }
  }
}
