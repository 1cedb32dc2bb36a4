package dev.inproc.inference.batch;

import dev.inproc.inference.internal.calls.Failures;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Turns one engine slot: chooses a batch, runs it, again and again while there is work. {@link
 * #doWork} is one turn of it and never blocks, so tests turn it by hand; {@link #run} does so on a
 * worker. One thread at a time, the one that holds the slot.
 */
final class BatchLoop<I, O> implements Runnable {
  /** After a batch of several, more mostly follows within this time: 2 to 10 times as many. */
  private static final long SPIN_NANOS = 20_000;

  private static final long BURST_NANOS = 1_500;

  private static final System.Logger LOG = System.getLogger(Batching.class.getName());

  /** In place of a time: nothing waits. */
  static final long NOTHING = Long.MAX_VALUE;

  private final BatchScheduler<I, O> batcher;
  private final int slot;
  private final List<Request<I, O>> chosen = new ArrayList<>();
  private final List<Request<I, O>> unmeetable = new ArrayList<>();
  private volatile @Nullable RequestBatch<I, O> current;
  private volatile @Nullable Thread parked;
  private volatile @Nullable Thread turnedBy;
  private volatile long expectedEnd;
  private final RejoinWait returning = new RejoinWait();
  private final AdaptiveBackoff burst = new AdaptiveBackoff();
  private int lastSize;
  private int blocked; // callers of the batch just run, none if there was none
  private DispatchReason reason = DispatchReason.IDLE_ENGINE;

  BatchLoop(BatchScheduler<I, O> batcher, int slot) {
    this.batcher = batcher;
    this.slot = slot;
  }

  @Override
  public void run() {
    while (true) {
      var unused = Thread.interrupted(); // a callback's interrupt is not the next batch's
      turnedBy = Thread.currentThread();
      long ask = doWork();
      turnedBy = null;
      if (batcher.endReplaced(this)) {
        return;
      }
      boolean more = ask == 0 || (ask == NOTHING ? lastSize > 1 && spin() : delay(ask));
      if (more) {
        if (blocked > 0) {
          awaitReturning();
        } else if (batcher.runs().areRowsCheap()) {
          awaitBurst();
        }
        continue;
      }
      lastSize = 0;
      if (!batcher.freeSlot(slot)) {
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
    long ask = NOTHING;
    boolean isChosen = false;
    blocked = 0;
    try {
      ask = batcher.choose(this, chosen, unmeetable);
      isChosen = true;
      for (Request<I, O> request : unmeetable) {
        batcher.expire(request);
      }
      if (!chosen.isEmpty()) { // all may have left in the last moment
        lastSize = chosen.size();
        for (Request<I, O> request : chosen) {
          blocked += request.isBlocking() ? 1 : 0;
        }
        batcher.runs().run(this, Arrays.asList(chosen.toArray(BatchScheduler.<I, O>noRequests())));
      }
    } catch (Throwable t) {
      // Nothing is known that throws here; if something does, nobody may wait for ever.
      LOG.log(Level.ERROR, batcher + ": a batch failed", t);
      chosen.forEach(request -> batcher.fail(request, t));
      unmeetable.forEach(request -> batcher.fail(request, t));
      if (!isChosen) {
        batcher.refuseQueued(t);
      }
    } finally {
      chosen.clear();
      unmeetable.clear();
    }
    return ask;
  }

  /** See {@link RejoinWait}. Yields, since those who are to come back need the processors. */
  @SuppressWarnings("ThreadPriorityCheck") // a hint, nothing relies on it
  private void awaitReturning() {
    int before = batcher.waiting();
    int most = batcher.maxBatchSize() - before;
    long limit = most <= 0 ? 0 : returning.limitNanos(blocked, batcher.runs().savedByJoining());
    if (limit == 0) {
      return;
    }
    int expected = Math.min(blocked, most);
    long end = System.nanoTime() + limit;
    int returned;
    do {
      Thread.yield();
      returned = batcher.waiting() - before;
    } while (returned < expected && System.nanoTime() - end < 0);
    returning.came(expected, returned);
  }

  /**
   * Where rows are cheap, lets one who is submitting get ahead. To take what he has submitted so
   * far costs more than to run it, since his processor and this one then fight for every request: a
   * no-op engine answered 4.7 million a second in batches of ten, 7 to 17 million in full ones.
   */
  private void awaitBurst() {
    int before = batcher.waiting();
    int most = batcher.maxBatchSize();
    if (before == 0 || before >= most || !burst.tries()) {
      return;
    }
    long end = System.nanoTime() + BURST_NANOS;
    do {
      Thread.onSpinWait(); // looks at nothing of his
    } while (System.nanoTime() - end < 0);
    burst.learn(batcher.waiting() >= Math.min(most, 2 * before));
  }

  private boolean spin() {
    long end = System.nanoTime() + SPIN_NANOS;
    do {
      if (batcher.hasArrivals()) {
        return true;
      }
      Thread.onSpinWait();
    } while (System.nanoTime() - end < 0);
    return false;
  }

  private boolean delay(long nanos) {
    parked = Thread.currentThread();
    // What came since the choice may have a deadline, and found nobody parked.
    if (!batcher.isBatchFull() && !batcher.hasArrivals()) {
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

  /** Whether the calling thread turns it: the model that it runs calls. */
  boolean isTurnedHere() {
    return turnedBy == Thread.currentThread();
  }

  void note(DispatchReason newReason) {
    reason = newReason;
  }

  /** Why what was chosen last is run. */
  DispatchReason reason() {
    return reason;
  }

  /** Releases the callers of the batch that is being run, if there is one. */
  void failCurrent(Throwable reason) {
    RequestBatch<I, O> running = current;
    if (running != null) {
      running.requests().forEach(request -> request.failApart(() -> Failures.copy(reason)));
    }
  }

  /** What is being run, for one who must end it. */
  @Nullable RequestBatch<I, O> current() {
    return current;
  }

  void begin(RequestBatch<I, O> gathered, long end) {
    expectedEnd = end;
    current = gathered;
  }

  void end() {
    current = null;
  }

  /** When the present run should end; the past if there is none. */
  long expectedEnd() {
    return expectedEnd;
  }
}
