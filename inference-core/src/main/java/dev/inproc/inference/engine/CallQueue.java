package dev.inproc.inference.engine;

import dev.inproc.inference.BlockedCaller;
import dev.inproc.inference.CallOptions;
import dev.inproc.inference.OverloadedException;
import dev.inproc.inference.internal.calls.CallFuture;
import dev.inproc.inference.internal.concurrent.Workers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.DoubleSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The calls of one model that wait for a worker. At most {@code parallelism} workers run calls at
 * once. A cancelled or expired call leaves the queue at once, so that a hanging model does not fill
 * the memory while callers come and time out. {@code submit} and calls with a timeout use this
 * queue; a batcher has its own.
 *
 * <p>A call that finds the queue full evicts the newest call of a lower priority class, is refused,
 * or waits outside for room, as its options and its priority say. Calls outside fill the queue up
 * to three quarters. Above that they get every second place that becomes free, so that new calls
 * are admitted too. A list goes to the end of its class after each of its runs.
 */
final class CallQueue {
  // The least retry hint: an earlier retry finds the queue full.
  private static final double RETRY_NANOS = 1_000_000;

  // The retry hint before costs are known.
  private static final double UNKNOWN_RETRY_NANOS = 100_000_000;

  private final Workers workers;
  private final int parallelism;
  private final int capacity;
  private final DoubleSupplier meanNanos;
  private final PriorityQueues<Entry<?, ?>> waiting = new PriorityQueues<>();
  private final Set<Entry<?, ?>> running = new LinkedHashSet<>();
  private final PriorityQueues<Entry<?, ?>> outside = new PriorityQueues<>(); // wait for room
  private boolean isTurnOfOutside; // the next free place is for a call outside
  private volatile @Nullable Throwable abandoned;
  private int starting; // workers started that have not taken a call yet

  /**
   * Creates a queue.
   *
   * @param meanNanos the recent mean cost of a run, for the retry hint
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
    private boolean isUnderWay; // a part of the call has been run
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
     * Runs the call, or a part of it, on a worker, and completes the call after the last part.
     *
     * @return false if a part is left, before which other calls may run
     */
    abstract boolean execute();

    /** Called once when the call has left the queue for good, whatever its outcome. */
    abstract void left();

    @Override
    protected final void onGone() {
      if (queue.withdraw(this)) {
        left();
      }
    }
  }

  /**
   * Admits a call.
   *
   * @return null if the call was admitted, else why not
   */
  @Nullable Throwable offer(Entry<?, ?> entry) {
    Entry<?, ?> evicted = null;
    boolean starts;
    synchronized (this) {
      if (abandoned != null) {
        return BlockedCaller.failure(
            abandoned); // the call entered before the model closed, and abandon() did not see it
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
      // No thread could be started. If another worker has taken the call meanwhile, the call runs.
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

  /** Admits calls from outside up to three quarters of the capacity. */
  private void refill() {
    while (waiting.size() < capacity - capacity / 4) {
      Entry<?, ?> next = outside.poll();
      if (next == null) {
        return;
      }
      waiting.add(next);
    }
  }

  /** Fills a place that has become free. */
  private void replace() {
    if (waiting.size() < capacity) {
      Entry<?, ?> next = isTurnOfOutside ? outside.poll() : null;
      isTurnOfOutside = !isTurnOfOutside;
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
      var unused = Thread.interrupted(); // a callback's interrupt must not reach the next call
      boolean isOver = true;
      try {
        isOver = next.execute() || !requeue(next);
      } catch (Throwable t) {
        Throwable reason = abandoned; // not null: the run failed because close() stopped it
        next.refuse(reason != null ? BlockedCaller.failure(reason) : t); // every call must end
      } finally {
        if (isOver) {
          next.left();
        }
      }
      done = isOver ? next : null; // a call put back may be running on another worker by now
    }
  }

  /** Puts a call back at the end, even into a full queue; false if all calls are abandoned. */
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

  /** Removes the finished call and takes the next one; null if none waits. */
  private synchronized @Nullable Entry<?, ?> exchange(@Nullable Entry<?, ?> done, boolean first) {
    if (first) {
      starting--;
    }
    if (done != null) {
      running.remove(done);
    }
    Entry<?, ?> next = abandoned == null ? waiting.poll() : null; // abandon() completes the rest
    if (next == null) {
      return null;
    }
    running.add(next);
    next.isRunning = true;
    replace();
    return next;
  }

  /** Returns how many calls wait in the queue. */
  synchronized int waiting() {
    return waiting.size();
  }

  /** Returns how many calls wait for room in the queue. */
  synchronized int outside() {
    return outside.size();
  }

  /** Returns how many calls may wait in the queue. */
  int capacity() {
    return capacity;
  }

  /** Whether a bounded close has failed all calls. */
  boolean isAbandoned() {
    return abandoned != null;
  }

  /** Fails every call, waiting or running. It does not stop runs. */
  void abandon(Throwable reason) {
    List<Entry<?, ?>> all = new ArrayList<>();
    synchronized (this) {
      abandoned = reason;
      all.addAll(waiting.all());
      all.addAll(outside.all());
      all.addAll(running);
    }
    for (Entry<?, ?> entry : all) {
      entry.failApart(() -> BlockedCaller.failure(reason));
    }
  }
}
