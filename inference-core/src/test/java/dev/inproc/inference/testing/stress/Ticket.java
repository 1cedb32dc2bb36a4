package dev.inproc.inference.testing.stress;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/**
 * One request of a stress test and the ledger's line for it: what it may end with, what the engine
 * gave it, and what its caller saw. Audited when all is over.
 */
public final class Ticket {
  /** What a caller saw. */
  enum Outcome {
    NONE,
    ANSWERED,
    FAILED,
    EXPIRED,
    CANCELLED,
    OVERLOADED,
    CLOSED,
    INVALID,
    FOREIGN,
    /** Of a list that failed as a whole. */
    LOST_IN_LIST
  }

  private static final long CALLBACK_NANOS = 5_000_000_000L;

  private final long id;
  private final int model;
  private final AtomicInteger given = new AtomicInteger(); // answers that the batcher took for it
  private final AtomicInteger running = new AtomicInteger();
  private final AtomicInteger callbacks = new AtomicInteger();
  private volatile boolean withdrawn; // somebody tried to
  private volatile Outcome outcome = Outcome.NONE;
  boolean poison;
  boolean timed;
  boolean patient;
  boolean onExecutor; // its answer may be overtaken after it was given
  boolean callbackAsked;
  private int outcomes;

  Ticket(long id, int model) {
    this.id = id;
    this.model = model;
  }

  /** Returns the number of the model that it is for. */
  int model() {
    return model;
  }

  /** Returns what it asks for; the answer follows from it. */
  public long id() {
    return id;
  }

  /** Returns whether its run goes wrong. */
  public boolean isPoison() {
    return poison;
  }

  void withdraw() {
    withdrawn = true;
  }

  boolean isWithdrawn() {
    return withdrawn;
  }

  /** The engine gave an answer, and the batcher or the caller took it. */
  void give() {
    given.incrementAndGet();
  }

  /** Enters a run; false if it is in one already. */
  boolean enter() {
    return running.incrementAndGet() == 1;
  }

  void leave() {
    running.decrementAndGet();
  }

  void calledBack() {
    callbacks.incrementAndGet();
  }

  void end(Outcome seen) {
    outcome = seen;
    outcomes++;
  }

  Outcome outcome() {
    return outcome;
  }

  /** A thread that waits for a call is woken before the callbacks run: these may be behind. */
  private boolean isCalledBackOnce() {
    long end = System.nanoTime() + CALLBACK_NANOS;
    while (callbacks.get() == 0 && System.nanoTime() - end < 0) {
      LockSupport.parkNanos(100_000);
    }
    return callbacks.get() == 1;
  }

  /** Says what is wrong with this line, or nothing. */
  String audit() {
    boolean answered = outcome == Outcome.ANSWERED;
    if (outcomes != 1) {
      return outcomes + " outcomes";
    }
    if (callbackAsked && !isCalledBackOnce()) {
      return callbacks + " callbacks";
    }
    boolean overtaken = onExecutor || outcome == Outcome.LOST_IN_LIST;
    if (given.get() > 1 || (answered && given.get() != 1)) {
      return "answered by " + given + " runs";
    }
    if (given.get() == 1 && !answered && !overtaken) {
      return "an answer was taken for it, and its caller saw " + outcome;
    }
    if (running.get() != 0) {
      return "still in a run";
    }
    return "";
  }

  @Override
  public String toString() {
    return "id " + id + " (" + outcome + ")";
  }
}
