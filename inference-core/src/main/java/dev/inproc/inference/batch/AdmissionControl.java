package dev.inproc.inference.batch;

import dev.inproc.inference.BatchTraits;
import dev.inproc.inference.CallOptions;
import dev.inproc.inference.Deadline;
import dev.inproc.inference.InvalidInputException;
import dev.inproc.inference.OverloadedException;
import dev.inproc.inference.PredictorClosedException;
import dev.inproc.inference.internal.concurrent.Durations;
import dev.inproc.inference.internal.concurrent.Timer;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Turns calls into requests. Each is checked, then counted in and queued, or refused with the
 * reason: the batcher is closed, too much waits, or the deadline cannot be met. Thread-safe.
 */
final class AdmissionControl<I, O> {
  private final PendingRequests<I, O> pending;
  private final EngineLoops<I, O> loops;
  private final BatchTraits<I> traits;
  private final Timer timer;
  private final RequestQueue<Request<I, O>> queue;
  private final WaitingForRoom<I, O> outside;
  private final BatchRunner<I, O> runs;
  private final StatsCounter figures;
  private final OverloadNotice notice;
  private final boolean delays;

  /** What became of a call. */
  private enum Entry {
    ADMITTED,
    /** It may wait for room. */
    OUTSIDE,
    /** It has ended. */
    REFUSED
  }

  AdmissionControl(
      PendingRequests<I, O> pending,
      EngineLoops<I, O> loops,
      BatchTraits<I> traits,
      Timer timer,
      RequestQueue<Request<I, O>> queue,
      WaitingForRoom<I, O> outside,
      BatchRunner<I, O> runs,
      StatsCounter figures,
      OverloadNotice notice,
      boolean delays) {
    this.pending = pending;
    this.loops = loops;
    this.traits = traits;
    this.timer = timer;
    this.queue = queue;
    this.outside = outside;
    this.runs = runs;
    this.figures = figures;
    this.notice = notice;
    this.delays = delays;
  }

  /**
   * Makes a request of a call.
   *
   * @param waiter the thread that blocks on it, or null
   * @throws InvalidInputException if the model cannot take the input
   * @throws IllegalArgumentException if it is larger than all that may wait
   */
  Request<I, O> request(I input, CallOptions options, @Nullable Thread waiter) {
    boolean timed = Deadline.isSet(options);
    long now = timed || delays || isStamped() ? timer.nanoTime() : Request.UNSTAMPED;
    CallOptions armed = timed ? Deadline.start(options, now) : options;
    try {
      traits.check(input);
      long bytes = traits.bytes(input);
      checkFits(bytes);
      return new Request<>(pending, input, armed, now, bytes, waiter, waiter != null);
    } catch (RuntimeException e) {
      figures.submitted(1);
      figures.failed(e);
      throw e;
    }
  }

  /**
   * Makes a request of part of a list. The inputs have been checked.
   *
   * @param options armed
   */
  Request<I, O> part(I input, CallOptions options) {
    boolean stamped = Deadline.isSet(options) || delays || isStamped();
    long now = stamped ? timer.nanoTime() : Request.UNSTAMPED;
    Thread waiter = Thread.currentThread();
    return new Request<>(pending, input, options, now, traits.bytes(input), waiter, false);
  }

  /** Checks that a request could wait. The limit holds for every method, also without a wait. */
  void checkFits(I input) {
    long bytes = traits.bytes(input);
    if (bytes > queue.capacityBytes()) {
      traits.check(input); // an invalid input is reported as such
      checkFits(bytes);
    }
  }

  private void checkFits(long bytes) {
    if (bytes > queue.capacityBytes()) {
      throw new IllegalArgumentException(
          "A request of "
              + bytes
              + " bytes can never be queued: at most "
              + queue.capacityBytes()
              + " bytes may wait (Batching.withMaxQueuedBytes)");
    }
  }

  /** Checks a list before any of it is run. A bad input fails the whole list. */
  void checkAll(List<I> inputs) {
    for (int i = 0; i < inputs.size(); i++) {
      try {
        traits.check(inputs.get(i));
        checkFits(traits.bytes(inputs.get(i)));
      } catch (RuntimeException e) {
        figures.submitted(inputs.size());
        figures.failed(e, inputs.size());
        throw atIndex(e, i);
      }
    }
  }

  static RuntimeException atIndex(RuntimeException failure, int index) {
    if (failure instanceof InvalidInputException invalid) {
      return invalid.atIndex(index);
    }
    return failure instanceof IllegalArgumentException
        ? new IllegalArgumentException("Example " + index + ": " + failure.getMessage(), failure)
        : failure;
  }

  /**
   * Whether a request is timestamped. {@code nanoTime} costs about 25 % of a submit, so where rows
   * are that cheap, one request in eight is.
   */
  private boolean isStamped() {
    return !runs.areRowsCheap() || BatchRunner.isSampled();
  }

  /** Puts a request into the queue, or where it waits for room, or ends it with the reason. */
  void enqueue(Request<I, O> request) {
    Entry entry = admit(request);
    if (entry == Entry.REFUSED) {
      return;
    }
    boolean isOutside = entry == Entry.OUTSIDE;
    if (isOutside) {
      request.waitOutside();
    }
    boolean timed = Deadline.isSet(request.options());
    if (timed && !request.isPartOfList()) { // a list has one timeout
      request.startTimeout(timer);
    }
    if (isOutside) {
      outside.add(request);
      pending.admitWaiting();
    } else {
      queue.offer(request);
      loops.wake(timed);
    }
  }

  /** Counts a request in, or lets it wait for room, or refuses it. */
  private Entry admit(Request<I, O> request) {
    CallOptions options = request.options();
    boolean patient = options.overload() == CallOptions.Overload.WAIT;
    Throwable refusal = Deadline.isSet(options) ? tooLate(request, patient) : null;
    if (refusal == null) {
      RequestQueue.Admission admission =
          patient ? outside.tryAdmit(request) : queue.admit(RequestQueue.lines(request.bytes()));
      if (admission == RequestQueue.Admission.ADMITTED) {
        return Entry.ADMITTED;
      }
      boolean closed = admission == RequestQueue.Admission.CLOSED;
      if (!closed && patient) {
        return Entry.OUTSIDE;
      }
      if (!closed && pending.evictFor(request, this::evicted)) {
        return Entry.ADMITTED;
      }
      // The failed admission briefly raised the waiting count. A concurrent close() may have seen
      // that and skipped the release, so it is tried again here.
      pending.left();
      refusal =
          closed
              ? new PredictorClosedException(pending.predictor().toString())
              : overloaded(admission);
    }
    figures.submitted(1);
    request.fail(refusal, figures);
    return Entry.REFUSED;
  }

  /** The refusal of a request whose deadline even the optimistic estimate misses, or null. */
  private @Nullable Throwable tooLate(Request<I, O> request, boolean patient) {
    long now = timer.nanoTime();
    long remaining = request.deadlineNanos() - now;
    if (remaining <= 0) {
      return request.expired();
    }
    if (patient || !runs.isCostKnown() || !loops.areAllTaken()) {
      return null;
    }
    double needed = loops.untilFree(now) + runs.luckyNanos(request.bytes());
    return remaining < needed
        ? overloaded(
            "the call gives "
                + Durations.millis(Duration.ofNanos(remaining))
                + " and would need "
                + Durations.millis(Duration.ofNanos((long) needed)))
        : null;
  }

  private OverloadedException overloaded(RequestQueue.Admission admission) {
    int waiting = queue.waiting();
    notice.refused(waiting, timer.nanoTime());
    if (admission == RequestQueue.Admission.TOO_MANY) {
      return new OverloadedException(queue.capacity(), waiting, retryAfter(waiting));
    }
    return overloaded(
        waiting
            + " calls of "
            + queue.waitingBytes()
            + " bytes are waiting, the capacity is "
            + queue.capacityBytes()
            + " bytes (maxQueuedBytes)");
  }

  /** The failure of a request that made room for another. */
  private OverloadedException evicted() {
    notice.refused(queue.waiting(), timer.nanoTime());
    return overloaded("the queue is full, and a call of a higher priority took this one's place");
  }

  private OverloadedException overloaded(String reason) {
    int waiting = queue.waiting();
    return new OverloadedException(reason, queue.capacity(), waiting, retryAfter(waiting), null);
  }

  private Duration retryAfter(int waiting) {
    return Duration.ofNanos(runs.retryAfterNanos(waiting));
  }
}
