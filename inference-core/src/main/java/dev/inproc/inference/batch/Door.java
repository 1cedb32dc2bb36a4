package dev.inproc.inference.batch;

import dev.inproc.inference.BatchTraits;
import dev.inproc.inference.CallOptions;
import dev.inproc.inference.Deadline;
import dev.inproc.inference.InvalidInputException;
import dev.inproc.inference.OverloadedException;
import dev.inproc.inference.PredictorClosedException;
import dev.inproc.inference.internal.concurrent.Nanos;
import dev.inproc.inference.internal.concurrent.Timer;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where calls become requests: each is checked, then let in and counted, or refused and ended with
 * the reason: closed, too much, or too late. Thread-safe.
 */
final class Door<I, O> {
  private final Batcher<I, O> home;
  private final BatchTraits<I> traits;
  private final Timer timer;
  private final Intake<Request<I, O>> intake;
  private final AdmissionQueue<I, O> outside;
  private final Slots slots;
  private final Runs<I, O> runs;
  private final Figures figures;
  private final boolean delays;

  /** What became of a call at the door. */
  enum Entry {
    ADMITTED,
    /** It may wait for room. */
    OUTSIDE,
    /** It has ended. */
    REFUSED
  }

  Door(
      Batcher<I, O> home,
      BatchTraits<I> traits,
      Timer timer,
      Intake<Request<I, O>> intake,
      AdmissionQueue<I, O> outside,
      Slots slots,
      Runs<I, O> runs,
      Figures figures,
      boolean delays) {
    this.home = home;
    this.traits = traits;
    this.timer = timer;
    this.intake = intake;
    this.outside = outside;
    this.slots = slots;
    this.runs = runs;
    this.figures = figures;
    this.delays = delays;
  }

  /**
   * Makes a request of a call.
   *
   * @param waiter the thread that blocks on it, or null
   * @throws InvalidInputException if the model cannot take the input
   * @throws IllegalArgumentException if it is larger than what may wait
   */
  Request<I, O> request(I input, CallOptions options, @Nullable Thread waiter) {
    boolean timed = Deadline.isSet(options);
    long now = timed || delays || isStamped() ? timer.nanoTime() : Request.UNSTAMPED;
    CallOptions armed = timed ? Deadline.start(options, now) : options;
    try {
      traits.check(input);
      long bytes = traits.bytes(input);
      checkFits(bytes);
      return new Request<>(home, input, armed, now, bytes, waiter, waiter != null);
    } catch (RuntimeException e) {
      figures.submitted(1);
      figures.failed(e);
      throw e;
    }
  }

  /**
   * Makes a request of part of a list, whose inputs have been checked.
   *
   * @param options armed
   */
  Request<I, O> part(I input, CallOptions options) {
    boolean stamped = Deadline.isSet(options) || delays || isStamped();
    long now = stamped ? timer.nanoTime() : Request.UNSTAMPED;
    Thread waiter = Thread.currentThread();
    return new Request<>(home, input, options, now, traits.bytes(input), waiter, false);
  }

  /** Checks that a request, of whatever kind, could wait: what may wait bounds every method. */
  void checkFits(I input) {
    long bytes = traits.bytes(input);
    if (bytes > intake.capacityBytes()) {
      traits.check(input); // if it is amiss besides, that comes first
      checkFits(bytes);
    }
  }

  private void checkFits(long bytes) {
    if (bytes > intake.capacityBytes()) {
      throw new IllegalArgumentException(
          "A request of "
              + bytes
              + " bytes can never be queued: at most "
              + intake.capacityBytes()
              + " bytes may wait (Batching.withMaxQueuedBytes)");
    }
  }

  /** Checks a list before any of it is run; it counts as failed as a whole. */
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

  /** To read the clock takes a quarter of a submit: where rows are as cheap, one in eight does. */
  private boolean isStamped() {
    return !runs.areRowsCheap() || Runs.isSampled();
  }

  /** Counts a request in, or lets it wait for room, or refuses it. */
  Entry admit(Request<I, O> request) {
    CallOptions options = request.options();
    boolean patient = options.overload() == CallOptions.Overload.WAIT;
    Throwable refusal = Deadline.isSet(options) ? tooLate(request, patient) : null;
    if (refusal == null) {
      Intake.Admission admission =
          patient ? outside.tryAdmit(request) : intake.admit(Intake.lines(request.bytes()));
      if (admission == Intake.Admission.ADMITTED) {
        return Entry.ADMITTED;
      }
      boolean closed = admission == Intake.Admission.CLOSED;
      if (!closed && patient) {
        return Entry.OUTSIDE;
      }
      if (!closed && home.evictFor(request)) {
        return Entry.ADMITTED;
      }
      home.left(); // it was counted for a moment, which others may have seen
      refusal = closed ? new PredictorClosedException(home.toString()) : overloaded(admission);
    }
    figures.submitted(1);
    request.fail(refusal, figures);
    return Entry.REFUSED;
  }

  /** What cannot be met even by a lucky run is refused. */
  private @Nullable Throwable tooLate(Request<I, O> request, boolean patient) {
    long now = timer.nanoTime();
    long remaining = request.deadlineNanos() - now;
    if (remaining <= 0) {
      return request.expired();
    }
    if (patient || !runs.isCostKnown() || !slots.areAllTaken()) {
      return null;
    }
    double needed = home.untilFree(now) + runs.luckyNanos(request.bytes());
    return remaining < needed
        ? overloaded(
            "the call gives "
                + Nanos.millis(Duration.ofNanos(remaining))
                + " and would need "
                + Nanos.millis(Duration.ofNanos((long) needed)))
        : null;
  }

  private OverloadedException overloaded(Intake.Admission admission) {
    int waiting = intake.waiting();
    if (admission == Intake.Admission.TOO_MANY) {
      return new OverloadedException(intake.capacity(), waiting, retryAfter(waiting));
    }
    return overloaded(
        waiting
            + " calls of "
            + intake.waitingBytes()
            + " bytes are waiting, the capacity is "
            + intake.capacityBytes()
            + " bytes (maxQueuedBytes)");
  }

  /** For one that made room for another. */
  OverloadedException evicted() {
    return overloaded("the queue is full, and a call of a higher priority took this one's place");
  }

  private OverloadedException overloaded(String reason) {
    int waiting = intake.waiting();
    return new OverloadedException(reason, intake.capacity(), waiting, retryAfter(waiting), null);
  }

  private Duration retryAfter(int waiting) {
    return Duration.ofNanos(runs.retryAfterNanos(waiting));
  }
}
