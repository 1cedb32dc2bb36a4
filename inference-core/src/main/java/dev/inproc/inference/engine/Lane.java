package dev.inproc.inference.engine;

import dev.inproc.inference.CallOptions;
import dev.inproc.inference.OverloadedException;
import dev.inproc.inference.concurrent.Call;
import dev.inproc.inference.concurrent.Workers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.DoubleSupplier;
import org.jspecify.annotations.Nullable;

/**
 * One model's calls that wait for a worker, first come, first served, turned by at most {@code
 * parallelism} workers at once. A call that is gone leaves at once, so that a model which hangs
 * while callers come and time out does not fill the memory. This is the plain way of {@code submit}
 * and of calls with a timeout; a batcher has its own queue.
 */
final class Lane {
  private final Workers workers;
  private final int parallelism;
  private final int capacity;
  private final DoubleSupplier meanNanos;
  // Insertion-ordered, and a call leaves from the middle in constant time.
  private final Set<Entry<?, ?>> waiting = new LinkedHashSet<>();
  private final Set<Entry<?, ?>> running = new LinkedHashSet<>();
  private volatile @Nullable Throwable abandoned;
  private int starting; // workers called for that have not taken a call yet

  /**
   * Creates a lane.
   *
   * @param meanNanos what a run has cost of late, for the retry hint
   */
  Lane(Workers workers, int parallelism, int capacity, DoubleSupplier meanNanos) {
    this.workers = workers;
    this.parallelism = parallelism;
    this.capacity = capacity;
    this.meanNanos = meanNanos;
  }

  /** A call in the lane. */
  abstract static class Entry<I, O> extends Call<I, O> {
    private final Lane lane;

    Entry(Lane lane, I input, CallOptions options) {
      super(input, options);
      this.lane = lane;
    }

    /** Runs the call and completes it; on a worker. */
    abstract void execute();

    /** Called once when the lane is through with the call, whatever became of it. */
    abstract void left();

    @Override
    protected final void onGone() {
      if (lane.withdraw(this)) {
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
    synchronized (this) {
      if (abandoned != null) {
        return abandoned; // it was let in before the model closed, and came too late to be told
      }
      if (waiting.size() >= capacity && entry.options().overload() == CallOptions.Overload.FAIL) {
        double nanos = waiting.size() * meanNanos.getAsDouble() / parallelism;
        return new OverloadedException(capacity, waiting.size(), Duration.ofNanos((long) nanos));
      }
      waiting.add(entry);
      if (running.size() + starting >= parallelism) {
        return null;
      }
      starting++;
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

  private synchronized boolean withdraw(Entry<?, ?> entry) {
    return waiting.remove(entry);
  }

  private void turn() {
    Entry<?, ?> done = null;
    while (true) {
      Entry<?, ?> next = exchange(done);
      if (next == null) {
        return;
      }
      var unused = Thread.interrupted(); // a callback's interrupt is not the next call's
      try {
        next.execute();
      } catch (Throwable t) {
        Throwable reason = abandoned; // then the run failed because it was stopped
        next.refuse(reason != null ? reason : t); // a call must end, whatever broke
      } finally {
        next.left();
      }
      done = next;
    }
  }

  /** Takes the finished call out and the next one in; null when there is none. */
  private synchronized @Nullable Entry<?, ?> exchange(@Nullable Entry<?, ?> done) {
    if (done == null) {
      starting--;
    } else {
      running.remove(done);
    }
    var first = waiting.iterator();
    if (!first.hasNext() || abandoned != null) {
      return null; // those abandoned are being told
    }
    Entry<?, ?> next = first.next();
    first.remove();
    running.add(next);
    return next;
  }

  /** Fails every call, waiting or running; runs themselves go on. */
  void abandon(Throwable reason) {
    List<Entry<?, ?>> all = new ArrayList<>();
    synchronized (this) {
      abandoned = reason;
      all.addAll(waiting);
      all.addAll(running);
    }
    for (Entry<?, ?> entry : all) {
      entry.failApart(() -> reason);
    }
  }
}
