package dev.inproc.inference.cache;

import dev.inproc.inference.CallOptions;
import dev.inproc.inference.Deadline;
import dev.inproc.inference.DeadlineExceededException;
import dev.inproc.inference.OverloadedException;
import dev.inproc.inference.internal.concurrent.Withdrawable;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One run of the model for one key, and the calls that wait for it. It is under way until the run
 * ends or the last waiter leaves; after that no call joins it.
 *
 * <p>A caller that runs the model on its own thread, and a refresh in the background, have no
 * future that could leave: they <em>hold</em> the load. All state is guarded by this object; what
 * could call back (futures, the model) is called outside.
 */
final class InFlightLoad<I, O> implements LoadWaiter.JoinedRun<I, O> {
  final Object key;
  private final I input;
  private final Consumer<InFlightLoad<I, O>> onAbandoned;
  private final List<LoadWaiter<I, O>> waiters = new ArrayList<>(2);
  private boolean held = true;
  private boolean over;
  private boolean stale;
  private final boolean refreshing;
  private CallOptions options;
  private @Nullable CompletableFuture<O> run;

  /** The thread that the run is on; null once the run was handed to other threads. */
  private @Nullable Thread owner = Thread.currentThread();

  /**
   * Creates a load that the calling thread holds.
   *
   * @param options the options of the call that runs the model
   */
  InFlightLoad(
      Object key,
      I input,
      CallOptions options,
      boolean refreshing,
      Consumer<InFlightLoad<I, O>> onAbandoned) {
    this.key = key;
    this.input = input;
    this.options = options;
    this.refreshing = refreshing;
    this.onAbandoned = onAbandoned;
  }

  /** Lets the call that made the load wait instead of holding it. */
  void lead(LoadWaiter<I, O> leader) {
    synchronized (this) {
      add(leader);
      held = false;
    }
    leaveIfDone(leader);
  }

  private void add(LoadWaiter<I, O> waiter) {
    waiter.place = waiters.size();
    waiters.add(waiter);
    waiter.boards(this);
  }

  /** Lets a call wait for this run too. Returns false if it is over. */
  boolean join(LoadWaiter<I, O> waiter) {
    synchronized (this) {
      if (over) {
        return false;
      }
      waiter.joins();
      add(waiter);
    }
    leaveIfDone(waiter);
    return true;
  }

  /** A call may be gone before it has boarded. */
  private void leaveIfDone(LoadWaiter<I, O> waiter) {
    if (waiter.isDone()) {
      leave(waiter);
    }
  }

  @Override
  public void leave(LoadWaiter<I, O> waiter) {
    CompletableFuture<O> orphan;
    synchronized (this) {
      if (over || waiter.place < 0) {
        return;
      }
      remove(waiter);
      if (held || !waiters.isEmpty()) {
        return;
      }
      over = true;
      orphan = run;
    }
    abandon(orphan, waiter.failureNow());
  }

  private void remove(LoadWaiter<I, O> waiter) {
    LoadWaiter<I, O> last = waiters.remove(waiters.size() - 1);
    if (last != waiter) {
      waiters.set(waiter.place, last);
      last.place = waiter.place;
    }
    waiter.place = -1;
  }

  /** Ends a refresh for which no call waits, when the predictor closes. */
  void abandonRefresh() {
    CompletableFuture<O> orphan;
    synchronized (this) {
      if (over || !refreshing || !waiters.isEmpty()) {
        return;
      }
      over = true;
      orphan = run;
    }
    abandon(orphan, null);
  }

  private void abandon(@Nullable CompletableFuture<O> orphan, @Nullable Throwable reason) {
    onAbandoned.accept(this);
    if (orphan != null) {
      Withdrawable.withdraw(orphan, reason);
    }
  }

  @Override
  public I input() {
    return input;
  }

  @Override
  public synchronized @Nullable Thread owner() {
    return over ? null : owner;
  }

  boolean isRefreshing() {
    return refreshing;
  }

  // ---- the run ----

  /** The calling thread begins the run, perhaps once more. */
  synchronized void starts() {
    owner = Thread.currentThread();
  }

  /**
   * The run is on other threads from here on. Returns false if all have left meanwhile: the run is
   * to be cancelled.
   */
  synchronized boolean attach(CompletableFuture<O> started) {
    run = started;
    owner = null;
    return !over;
  }

  /** Keeps what was found, unless it was invalidated or given up. */
  synchronized void keep(Store<O> store, CacheEntry<O> kept) {
    if (!over && !stale) {
      store.put(key, kept);
    }
  }

  /** What it finds is not to be kept. */
  synchronized void invalidate() {
    stale = true;
  }

  /** Ends the load. Returns the waiters, or null if it was given up. */
  synchronized @Nullable List<LoadWaiter<I, O>> end() {
    if (over) {
      return null;
    }
    over = true;
    return waiters;
  }

  /**
   * What follows a failed run.
   *
   * @param told the waiters that the failure concerns
   * @param next the options of the run for the other waiters; null if there are none, and the load
   *     is over
   */
  record HandOver<I, O>(List<LoadWaiter<I, O>> told, @Nullable CallOptions next) {}

  /**
   * Parts the waiters that a failure concerns from the ones that only shared the run. A deadline
   * that passed was the deadline of the call that ran: a waiter with more time left gets another
   * run. So does a waiter that asked to wait for room, where the call that ran was refused.
   *
   * @param sparesAll whether the failure concerns no waiter, only the call that ran
   * @return null if the load was given up
   */
  synchronized @Nullable HandOver<I, O> handOver(
      Throwable failure, boolean sparesAll, long nowNanos) {
    if (over) {
      return null;
    }
    held = false;
    List<LoadWaiter<I, O>> told = new ArrayList<>();
    for (LoadWaiter<I, O> waiter : List.copyOf(waiters)) {
      if (!sparesAll && !deserves(waiter.options(), failure, nowNanos)) {
        remove(waiter);
        told.add(waiter);
      }
    }
    CallOptions next = null;
    for (LoadWaiter<I, O> waiter : waiters) {
      CallOptions own = waiter.options();
      if (next == null
          || Deadline.remainingNanos(own, nowNanos) > Deadline.remainingNanos(next, nowNanos)) {
        next = own;
      }
    }
    over = next == null;
    options = next == null ? options : next;
    return new HandOver<>(told, next);
  }

  private boolean deserves(CallOptions waiting, Throwable failure, long nowNanos) {
    // A batcher also refuses what could not be answered in the time that the call gives it.
    boolean ofTime =
        failure instanceof DeadlineExceededException || failure instanceof OverloadedException;
    if (ofTime
        && Deadline.remainingNanos(waiting, nowNanos)
            > Deadline.remainingNanos(options, nowNanos)) {
      return true;
    }
    return failure instanceof OverloadedException
        && waiting.overload() == CallOptions.Overload.WAIT
        && options.overload() == CallOptions.Overload.FAIL;
  }
}
