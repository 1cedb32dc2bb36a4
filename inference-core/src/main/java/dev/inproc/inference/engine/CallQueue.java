package dev.inproc.inference.engine;

import dev.inproc.inference.CallOptions;
import dev.inproc.inference.OverloadedException;
import dev.inproc.inference.internal.calls.CallFuture;
import dev.inproc.inference.internal.calls.Failures;
import dev.inproc.inference.internal.concurrent.Workers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.DoubleSupplier;
import org.jspecify.annotations.Nullable;

/**
 * One model's calls that wait for a worker ({@link PriorityQueues}), turned by at most {@code
 * parallelism} workers at once. A call that is gone leaves at once, so that a model which hangs
 * while callers come and time out does not fill the memory. This is the plain way of {@code submit}
 * and of calls with a timeout; a batcher has its own queue.
 *
 * <p>A call that finds the queue full takes the place of the newest of a lower class of priority,
 * is refused, or waits for room outside. Calls outside fill three quarters of the queue and, where
 * it is fuller than that, get every second place that becomes free. A list goes to the end of its
 * class after each of its runs.
 */
final class CallQueue {
  private static final double RETRY_NANOS = 1_000_000; // to come again sooner is of no use
  private static final double UNKNOWN_RETRY_NANOS = 100_000_000; // before costs are known

  private final Workers workers;
  private final int parallelism;
  private final int capacity;
  private final DoubleSupplier meanNanos;
  private final PriorityQueues<Entry<?, ?>> waiting = new PriorityQueues<>();
  private final Set<Entry<?, ?>> running = new LinkedHashSet<>();
  private final PriorityQueues<Entry<?, ?>> outside = new PriorityQueues<>(); // that wait for room
  private boolean isTheirTurn; // the next free place is for one outside
  private volatile @Nullable Throwable abandoned;
  private int starting; // workers called for that have not taken a call yet

  /**
   * Creates a queue.
   *
   * @param meanNanos what a run has cost of late, for the retry hint
   */
  CallQueue(Workers workers, int parallelism, int capacity, DoubleSupplier meanNanos) {
    this.workers = workers;
    this.parallelism = parallelism;
    this.capacity = capacity;
    this.meanNanos = meanNanos;
  }

  /** A call in the queue. */
  abstract static class Entry<I, O> extends CallFuture<I, O> {
    private final CallQueue queue;
    private boolean isUnderWay; // part of it has been run
    private volatile boolean isRunning;

    Entry(CallQueue queue, I input, CallOptions options) {
      super(input, options);
      this.queue = queue;
    }

    private boolean mayBeEvicted() {
      return !isUnderWay && options().overload() == CallOptions.Overload.FAIL;
    }

    final boolean isRunning() {
      return isRunning;
    }

    /**
     * Runs the call and completes it; on a worker. False if others may go before the rest of it.
     */
    abstract boolean execute();

    /** Called once when the queue is through with the call, whatever became of it. */
    abstract void left();

    @Override
    protected final void onGone() {
      if (queue.withdraw(this)) {
        left();
      }
    }
  }

  /**
   * Admits a call, or says why not.
   *
   * @return null if it was admitted
   */
  @Nullable Throwable offer(Entry<?, ?> entry) {
    Entry<?, ?> evicted = null;
    boolean starts;
    synchronized (this) {
      if (abandoned != null) {
        return Failures.copy(
            abandoned); // it was let in before the model closed, and came too late to be told
      }
      if (entry.options().overload() == CallOptions.Overload.WAIT) {
        outside.add(entry);
        refill();
      } else {
        if (waiting.size() >= capacity) {
          evicted = waiting.newestBelow(entry.options().priority(), Entry::mayBeEvicted);
          if (evicted == null) {
            return new OverloadedException(capacity, waiting.size(), retryAfter());
          }
          waiting.remove(evicted);
        }
        waiting.add(entry);
      }
      starts = running.size() + starting < parallelism;
      starting += starts ? 1 : 0;
    }
    if (evicted != null) {
      evict(evicted);
    }
    if (!starts) {
      return null;
    }
    try {
      workers.turn(this, this::turn);
    } catch (Throwable t) {
      // No thread to be had. If another worker has taken the call meanwhile, all is well.
      synchronized (this) {
        starting--;
      }
      if (withdraw(entry)) {
        throw t;
      }
    }
    return null;
  }

  private void evict(Entry<?, ?> evicted) {
    OverloadedException refusal =
        new OverloadedException(
            "the queue is full, and a call of a higher priority took this one's place",
            capacity,
            capacity,
            retryAfter(),
            null);
    evicted.refuse(refusal);
    evicted.left();
  }

  private Duration retryAfter() {
    double mean = meanNanos.getAsDouble();
    double nanos = mean > 0 ? capacity * mean / parallelism : UNKNOWN_RETRY_NANOS;
    return Duration.ofNanos((long) Math.max(RETRY_NANOS, nanos));
  }

  /** Lets in those outside for whom there is room. */
  private void refill() {
    while (waiting.size() < capacity - capacity / 4) {
      Entry<?, ?> next = outside.poll();
      if (next == null) {
        return;
      }
      waiting.add(next);
    }
  }

  /** A place has become free. */
  private void replace() {
    if (waiting.size() < capacity) {
      Entry<?, ?> next = isTheirTurn ? outside.poll() : null;
      isTheirTurn = !isTheirTurn;
      if (next != null) {
        waiting.add(next);
      }
    }
    refill();
  }

  private synchronized boolean withdraw(Entry<?, ?> entry) {
    if (waiting.remove(entry)) {
      replace();
      return true;
    }
    return outside.remove(entry);
  }

  private void turn() {
    Entry<?, ?> done = null;
    for (boolean first = true; ; first = false) {
      Entry<?, ?> next = exchange(done, first);
      if (next == null) {
        return;
      }
      var unused = Thread.interrupted(); // a callback's interrupt is not the next call's
      boolean isOver = true;
      try {
        isOver = next.execute() || !requeue(next);
      } catch (Throwable t) {
        Throwable reason = abandoned; // then the run failed because it was stopped
        next.refuse(reason != null ? Failures.copy(reason) : t); // a call must end, whatever broke
      } finally {
        if (isOver) {
          next.left();
        }
      }
      done = isOver ? next : null; // else another worker may run it by now
    }
  }

  /** Puts a call back at the end, whatever waits; false if all are abandoned. */
  private synchronized boolean requeue(Entry<?, ?> entry) {
    if (abandoned != null) {
      return false;
    }
    running.remove(entry);
    entry.isRunning = false;
    entry.isUnderWay = true;
    waiting.add(entry);
    return true;
  }

  /** Takes the finished call out and the next one in; null when there is none. */
  private synchronized @Nullable Entry<?, ?> exchange(@Nullable Entry<?, ?> done, boolean first) {
    if (first) {
      starting--;
    }
    if (done != null) {
      running.remove(done);
    }
    Entry<?, ?> next = abandoned == null ? waiting.poll() : null; // those abandoned are being told
    if (next == null) {
      return null;
    }
    running.add(next);
    next.isRunning = true;
    replace();
    return next;
  }

  /** Whether every call fails, since the model was closed by force. */
  boolean isAbandoned() {
    return abandoned != null;
  }

  /** Fails every call, waiting or running; runs themselves go on. */
  void abandon(Throwable reason) {
    List<Entry<?, ?>> all = new ArrayList<>();
    synchronized (this) {
      abandoned = reason;
      all.addAll(waiting.all());
      all.addAll(outside.all());
      all.addAll(running);
    }
    for (Entry<?, ?> entry : all) {
      entry.failApart(() -> Failures.copy(reason));
    }
  }
}
