package dev.inproc.benchmarks;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Threads that call and block, each asking again as soon as it has its answer. They go on between
 * calls of {@link #call}, which waits until they have made so many more: callers that start and
 * stop for each would be few at both ends, and what a few get is measured apart. Not thread-safe.
 */
final class CallerThreads implements Callers {
  private final List<Thread> threads = new ArrayList<>();
  private final AtomicLong made = new AtomicLong();
  private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
  private volatile long target = Long.MAX_VALUE;
  private volatile @Nullable Thread waiter;
  private volatile boolean closed;
  private volatile boolean resting;
  private final Set<Thread> atRest = ConcurrentHashMap.newKeySet();
  private long asked;

  CallerThreads(int count, Runnable call) {
    for (int i = 0; i < count; i++) {
      Thread thread = new Thread(() -> callOn(call), "caller-" + i);
      thread.setDaemon(true);
      threads.add(thread);
    }
  }

  private void callOn(Runnable call) {
    try {
      while (!closed) {
        if (resting) {
          rest(Thread.currentThread());
          continue;
        }
        call.run();
        if (made.incrementAndGet() >= target) {
          LockSupport.unpark(waiter);
        }
      }
    } catch (Throwable t) {
      failure.compareAndSet(null, t);
      LockSupport.unpark(waiter);
    }
  }

  /** Of a caller: sleeps until the others may call too. */
  private void rest(Thread caller) {
    atRest.add(caller);
    while (resting && !closed) {
      LockSupport.park(this);
    }
    atRest.remove(caller);
  }

  @Override
  public long rest() {
    resting = true;
    while (atRest.size() < threads.size()) {
      LockSupport.parkNanos(this, 100_000); // callers have at most one call to end
      checkFailure();
    }
    long more = made.get() - asked;
    asked += more;
    return more;
  }

  private void checkFailure() {
    Throwable failed = failure.get();
    if (failed != null) {
      throw new IllegalStateException("A caller failed", failed);
    }
  }

  private void goOn() {
    resting = false;
    threads.forEach(LockSupport::unpark);
  }

  @Override
  public long call(int calls) {
    if (waiter == null) {
      waiter = Thread.currentThread();
      threads.forEach(Thread::start);
    }
    if (resting) {
      goOn();
    }
    asked += calls;
    target = asked;
    while (made.get() < asked) {
      LockSupport.park(this);
      checkFailure();
    }
    target = Long.MAX_VALUE;
    return calls;
  }

  @Override
  public void close() {
    closed = true;
    threads.forEach(LockSupport::unpark);
    for (Thread thread : threads) {
      while (thread.isAlive()) {
        LockSupport.parkNanos(this, 1_000_000); // what they call is closed next
      }
    }
  }
}
