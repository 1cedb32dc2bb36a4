package dev.inproc.inference.batch;

import dev.inproc.inference.BatchTraits;
import dev.inproc.inference.CallOptions;
import dev.inproc.inference.InvalidInputException;
import dev.inproc.inference.OverloadedException;
import dev.inproc.inference.PredictorClosedException;
import dev.inproc.inference.concurrent.Timer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
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
  private final Slots slots;
  private final Runs<I, O> runs;
  private final Figures figures;
  private final boolean delays;

  Door(
      Batcher<I, O> home,
      BatchTraits<I> traits,
      Timer timer,
      Intake<Request<I, O>> intake,
      Slots slots,
      Runs<I, O> runs,
      Figures figures,
      boolean delays) {
    this.home = home;
    this.traits = traits;
    this.timer = timer;
    this.intake = intake;
    this.slots = slots;
    this.runs = runs;
    this.figures = figures;
    this.delays = delays;
  }

  /**
   * Makes a request of a call.
   *
   * @param waiter the thread that blocks on it, or null
   * @param chainable whether the waiter blocks on nothing else
   * @throws InvalidInputException if the model cannot take the input
   */
  Request<I, O> request(I input, CallOptions options, @Nullable Thread waiter, boolean chainable) {
    boolean timed = options.hasTimeout();
    long now = timed || delays || isStamped() ? timer.nanoTime() : Request.UNSTAMPED;
    CallOptions armed = timed ? options.arm(now) : options;
    try {
      traits.check(input);
      return new Request<>(home, input, armed, now, traits.bytes(input), waiter, chainable);
    } catch (RuntimeException e) {
      figures.submitted(1);
      figures.failed(e);
      throw e;
    }
  }

  /** To read the clock takes a quarter of a submit: where rows are as cheap, one in eight does. */
  private boolean isStamped() {
    return !runs.areRowsCheap() || Runs.isSampled();
  }

  /** Makes requests of a list; they block one thread together, and end together. */
  List<Request<I, O>> requests(List<I> inputs, CallOptions options) {
    List<Request<I, O>> requests = new ArrayList<>(inputs.size());
    Thread waiter = Thread.currentThread();
    CallOptions armed = options.hasTimeout() ? options.arm(timer.nanoTime()) : options;
    try {
      for (I input : inputs) {
        requests.add(request(input, armed, waiter, false));
      }
    } catch (RuntimeException e) {
      refuse(requests, new CancellationException());
      throw e instanceof InvalidInputException invalid ? invalid.atIndex(requests.size()) : e;
    }
    return requests;
  }

  /** Counts a request in; false if it was refused, and so has ended. */
  boolean admit(Request<I, O> request) {
    CallOptions options = request.options();
    boolean patient = options.overload() == CallOptions.Overload.WAIT;
    Throwable refusal = options.hasTimeout() ? tooLate(request, patient) : null;
    if (refusal == null) {
      refusal = refusal(intake.admit(1, Intake.lines(request.bytes()), patient));
    }
    if (refusal != null) {
      refuse(List.of(request), refusal);
    }
    return refusal == null;
  }

  /** Counts requests in, all or none; false if they were refused, and so have ended. */
  boolean admitAll(List<Request<I, O>> requests) {
    boolean patient = requests.get(0).options().overload() == CallOptions.Overload.WAIT;
    long lines = 0;
    for (Request<I, O> request : requests) {
      lines += Intake.lines(request.bytes());
    }
    Throwable refusal = refusal(intake.admit(requests.size(), lines, patient));
    if (refusal != null) {
      refuse(requests, refusal);
    }
    return refusal == null;
  }

  /** Those that get in are counted by the queue. */
  private void refuse(List<Request<I, O>> requests, Throwable refusal) {
    figures.submitted(requests.size());
    requests.forEach(request -> request.fail(refusal, figures));
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
    return remaining < home.untilFree(now) + runs.luckyNanos(request.bytes()) ? overloaded() : null;
  }

  private @Nullable Throwable refusal(Intake.Admission admission) {
    if (admission == Intake.Admission.ADMITTED) {
      return null;
    }
    home.releaseIfLast(); // it was counted for a moment, and one who closes may have seen that
    return admission == Intake.Admission.CLOSED
        ? new PredictorClosedException(home.toString())
        : overloaded();
  }

  private OverloadedException overloaded() {
    int waiting = intake.waiting();
    long nanos = runs.nanosOf(waiting);
    return new OverloadedException(intake.capacity(), waiting, Duration.ofNanos(nanos));
  }
}
