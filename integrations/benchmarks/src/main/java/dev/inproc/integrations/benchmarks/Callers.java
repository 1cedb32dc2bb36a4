package dev.inproc.integrations.benchmarks;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Threads that call and block, each asking again as soon as it has its answer. They go on between
 * calls of {@link #call}, so that each measurement finds all of them busy. Not thread-safe.
 */
final class Callers implements AutoCloseable {
  private final List<Thread> threads = new ArrayList<>();
  private final AtomicLong made = new AtomicLong();
  private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
  private volatile @Nullable Thread waiter;
  private volatile long target = Long.MAX_VALUE;
  private volatile boolean closed;
  private long asked;

  /**
   * Starts them.
   *
   * @param call takes the caller's number of the call: caller {@code c} of {@code n} makes {@code
   *     c}, {@code c + n} and so on
   */
  Callers(int count, IntConsumer call) {
    for (int i = 0; i < count; i++) {
      int first = i;
      Thread thread = new Thread(() -> callOn(call, first, count), "caller-" + i);
      thread.setDaemon(true);
      threads.add(thread);
    }
    threads.forEach(Thread::start);
  }

  private void callOn(IntConsumer call, int first, int step) {
    try {
      for (int number = first; !closed; number = (number + step) & Integer.MAX_VALUE) {
        call.accept(number);
        if (made.incrementAndGet() >= target) {
          LockSupport.unpark(waiter);
        }
      }
    } catch (Throwable t) {
      failure.compareAndSet(null, t);
      LockSupport.unpark(waiter);
    }
  }

  /** Waits until they have made so many calls more. */
  long call(int calls) {
    waiter = Thread.currentThread();
    if (asked == 0) {
      asked = made.get(); // what they made since they were started
    }
    asked += calls;
    target = asked;
    while (made.get() < asked) {
      LockSupport.park(this);
      Throwable failed = failure.get();
      if (failed != null) {
        throw new IllegalStateException("A caller failed", failed);
      }
    }
    target = Long.MAX_VALUE;
    return calls;
  }

  @Override
  public void close() {
    closed = true;
    for (Thread thread : threads) {
      while (thread.isAlive()) {
        LockSupport.parkNanos(this, 1_000_000); // what they call is closed next
      }
    }
  }
}
