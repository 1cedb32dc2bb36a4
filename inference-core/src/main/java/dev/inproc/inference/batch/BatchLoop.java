package dev.inproc.inference.batch;

import java.lang.System.Logger.Level;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Serves one engine slot: chooses a batch, runs it, again and again while there is work. {@link
 * #doWork} is one turn and never blocks, so tests turn it by hand; {@link #run} turns it on a
 * worker thread. Used by one thread at a time, which holds the slot.
 */
final class BatchLoop<I, O> implements Runnable {
  /** Holds the engine slots. */
  interface Owner<I, O> {
    /** Frees a slot. Returns true if work came in that moment, and the slot is taken again. */
    boolean freeSlot(int slot);

    /** A loop has ended its run. Returns whether another loop has taken its slot meanwhile. */
    boolean endReplaced(BatchLoop<I, O> loop);
  }

  /** After a batch of several requests, 2 to 10 times as many mostly follow within this time. */
  private static final long SPIN_NANOS = 20_000;

  /** A longer wait for callers sleeps, so as to leave them the processor. */
  private static final long YIELDING_NANOS = 100_000;

  private static final long SLEEPING_NANOS = 20_000;

  private static final long BURST_NANOS = 1_500;

  private static final System.Logger LOG =
      System.getLogger(BatchLoop.class.getPackageName() + ".Batching"); // a name that users know

  /** In place of a time: no request waits. */
  static final long NOTHING = Long.MAX_VALUE;

  @SuppressWarnings("rawtypes")
  private static final Request[] NO_REQUESTS = {};

  private final Owner<I, O> owner;
  private final int slot;
  private final PendingRequests<I, O> pending;
  private final BatchRunner<I, O> runs;
  private final Choice<I, O> choice = new Choice<>();
  private final CurrentRun<I, O> current = new CurrentRun<>();
  private volatile @Nullable Thread parked;
  private volatile @Nullable Thread turnedBy;
  private final RejoinWait returning = new RejoinWait();
  private final AdaptiveBackoff burst = new AdaptiveBackoff();
  private int lastSize;
  private int backlog; // requests that waited before the callers of the batch just run came back
  private int blocked; // callers of the batch just run, 0 if there was none
  // Nanoseconds from arrival to deadline, the least of the last batches. It doubles after each
  // batch, so that a tight deadline among other calls is not forgotten at once.
  private long leastGiven = Long.MAX_VALUE;

  BatchLoop(Owner<I, O> owner, int slot, PendingRequests<I, O> pending, BatchRunner<I, O> runs) {
    this.owner = owner;
    this.slot = slot;
    this.pending = pending;
    this.runs = runs;
  }

  @Override
  public void run() {
    while (true) {
      var unused = Thread.interrupted(); // a callback's interrupt is not the next batch's
      turnedBy = Thread.currentThread();
      long ask = doWork();
      turnedBy = null;
      if (owner.endReplaced(this)) {
        return;
      }
      boolean more = ask == 0 || (ask == NOTHING ? lastSize > 1 && spin() : delay(ask));
      if (more) {
        if (blocked > 0) {
          awaitReturning();
        } else if (runs.areRowsCheap()) {
          awaitBurst();
        }
        continue;
      }
      lastSize = 0;
      if (!owner.freeSlot(slot)) {
        return;
      }
    }
  }

  /**
   * Runs a batch if there is one.
   *
   * @return 0 if it did, else the nanoseconds after which to come again, or {@link #NOTHING}
   */
  long doWork() {
    List<Request<I, O>> chosen = choice.batch;
    long ask = NOTHING;
    boolean isChosen = false;
    blocked = 0;
    leastGiven = leastGiven > Long.MAX_VALUE / 2 ? Long.MAX_VALUE : 2 * leastGiven;
    try {
      ask = pending.choose(choice);
      isChosen = true;
      for (Request<I, O> request : choice.unmeetable) {
        pending.expire(request);
      }
      if (!chosen.isEmpty()) { // all requests may have left meanwhile
        lastSize = chosen.size();
        for (Request<I, O> request : chosen) {
          blocked += request.isBlocking() ? 1 : 0;
          if (request.deadlineNanos() != Long.MAX_VALUE) {
            leastGiven = Math.min(leastGiven, request.deadlineNanos() - request.arrivalNanos());
          }
        }
        backlog = runs.run(Arrays.asList(chosen.toArray(noRequests())), choice.reason, current);
      }
    } catch (Throwable t) {
      // No known code throws here. If some does, no caller may wait for ever.
      LOG.log(Level.ERROR, pending.predictor() + ": a batch failed", t);
      chosen.forEach(request -> pending.fail(request, t));
      choice.unmeetable.forEach(request -> pending.fail(request, t));
      if (!isChosen) {
        pending.refuseAll(t);
      }
    } finally {
      choice.clear();
    }
    return ask;
  }

  /** See {@link RejoinWait}. Leaves the processors to the callers that come back. */
  @SuppressWarnings("ThreadPriorityCheck") // a hint, nothing relies on it
  private void awaitReturning() {
    int most = backlog == RequestBatch.UNKNOWN_BACKLOG ? 0 : pending.maxBatchSize() - backlog;
    long limit = most <= 0 ? 0 : returning.limitNanos(blocked, runs.savedByJoining(), leastGiven);
    if (limit == 0) {
      return;
    }
    int expected = Math.min(blocked, most);
    int target = returning.target(expected);
    int returned = returned();
    long start = System.nanoTime();
    long waited = 0;
    while (returned < target && waited < limit) {
      if (waited < YIELDING_NANOS) {
        Thread.yield();
      } else {
        LockSupport.parkNanos(this, SLEEPING_NANOS);
      }
      waited = System.nanoTime() - start;
      returned = returned();
    }
    returning.came(expected, target, returned, waited);
  }

  /** The requests that came since. Another loop may have taken some of the backlog. */
  private int returned() {
    int waiting = pending.waiting();
    backlog = Math.min(backlog, waiting);
    return waiting - backlog;
  }

  /**
   * Where rows are cheap, lets a thread that submits get ahead. To take the requests that it has
   * submitted so far costs more than to run them, since its processor and this one then compete for
   * the cache line of every request: a no-op engine answered 4.7 million a second in batches of
   * ten, 7 to 17 million in full ones.
   */
  private void awaitBurst() {
    int before = pending.waiting();
    int most = pending.maxBatchSize();
    if (before == 0 || before >= most || !burst.tries()) {
      return;
    }
    long end = System.nanoTime() + BURST_NANOS;
    do {
      Thread.onSpinWait(); // reads nothing that the submitting thread writes
    } while (System.nanoTime() - end < 0);
    burst.learn(pending.waiting() >= Math.min(most, 2 * before));
  }

  private boolean spin() {
    long end = System.nanoTime() + SPIN_NANOS;
    do {
      if (pending.hasArrivals()) {
        return true;
      }
      Thread.onSpinWait();
    } while (System.nanoTime() - end < 0);
    return false;
  }

  private boolean delay(long nanos) {
    parked = Thread.currentThread();
    // A request that came since the choice may have a deadline, and found no thread parked.
    if (!pending.isBatchFull() && !pending.hasArrivals()) {
      LockSupport.parkNanos(this, nanos);
    }
    parked = null;
    return true;
  }

  /** Ends a delay. */
  void wake() {
    Thread thread = parked;
    if (thread != null) {
      LockSupport.unpark(thread);
    }
  }

  /** Whether the calling thread turns this loop: then the model that it runs calls. */
  boolean isTurnedHere() {
    return turnedBy == Thread.currentThread();
  }

  /** The run of this loop, for other threads. */
  CurrentRun<I, O> current() {
    return current;
  }

  @SuppressWarnings("unchecked")
  private static <I, O> Request<I, O>[] noRequests() {
    return NO_REQUESTS;
  }
}
