package dev.inproc.inference.cache;

import dev.inproc.inference.Predictor;
import dev.inproc.inference.internal.concurrent.BoundedClose;
import dev.inproc.inference.internal.concurrent.Durations;
import dev.inproc.inference.internal.concurrent.RefCountedResource;
import dev.inproc.inference.internal.concurrent.Workers;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The end of a cache: it counts the calls under way, and once it is closed and the last has ended,
 * what the cache wraps is closed. Thread-safe.
 */
final class CacheClosing {
  private static final ThreadLocal<@Nullable Inside> INSIDE = new ThreadLocal<>();

  private final Predictor<?, ?> inner;
  private final Workers workers;
  private final Runnable onLastOut;
  private final RefCountedResource calls = new RefCountedResource(this::lastOut);
  private final AtomicInteger closers = new AtomicInteger();

  /**
   * Creates one for a cache that is open.
   *
   * @param inner what the cache wraps
   * @param onLastOut runs once after the last call
   */
  CacheClosing(Predictor<?, ?> inner, Workers workers, Runnable onLastOut) {
    this.inner = inner;
    this.workers = workers;
    this.onLastOut = onLastOut;
  }

  /** The caches whose calls a thread is in, the innermost first. */
  private record Inside(CacheClosing cache, @Nullable Inside outer) {}

  /**
   * Runs a part of a call on this thread that may run code of the user. A thread that closes the
   * cache from there does not wait, since the call that it would wait for is its own.
   */
  <T> T inside(Supplier<T> part) {
    Inside outer = INSIDE.get();
    INSIDE.set(new Inside(this, outer));
    try {
      return part.get();
    } finally {
      INSIDE.set(outer);
    }
  }

  /** Runs as {@link #inside} does. */
  void runInside(Runnable part) {
    inside(
        () -> {
          part.run();
          return part;
        });
  }

  /** Whether this thread is in a call of this cache. */
  private boolean isInside() {
    for (Inside each = INSIDE.get(); each != null; each = each.outer()) {
      if (each.cache() == this) {
        return true;
      }
    }
    return false;
  }

  /** Returns the count of calls under way, which each of them enters and leaves. */
  RefCountedResource calls() {
    return calls;
  }

  /**
   * Takes no more calls, and waits.
   *
   * @param waits whether this thread may wait, as far as the cache knows
   */
  void close(boolean waits) {
    if (stopIntake(waits)) {
      calls.awaitFreed(Durations.FOREVER);
      inner.close();
    }
  }

  /**
   * Takes no more calls, and waits for so long.
   *
   * @param waits whether this thread may wait, as far as the cache knows
   * @param onTimeout ends calls that have not ended in time, before what is inside is closed
   * @return whether everything has been released
   */
  boolean close(boolean waits, Duration timeout, Runnable onTimeout) {
    long end = System.nanoTime() + Durations.of(timeout);
    if (!stopIntake(waits)) {
      return false;
    }
    if (calls.awaitFreed(Durations.of(timeout))) {
      return inner.close(Duration.ofNanos(Math.max(0, end - System.nanoTime())));
    }
    onTimeout.run();
    // What is inside fails the calls that this waits for.
    boolean closed = inner.close(Duration.ZERO);
    return calls.awaitFreed(BoundedClose.GRACE_NANOS) && closed;
  }

  private boolean stopIntake(boolean mayWait) {
    boolean waits = mayWait && !isInside();
    if (waits) {
      closers.incrementAndGet();
    }
    calls.close();
    return waits;
  }

  /**
   * Runs after the last call. A thread in {@code close} that waits for it then closes what is
   * inside. If there is none, a worker does: this thread may be the timer's.
   */
  private void lastOut() {
    onLastOut.run();
    if (closers.get() == 0) {
      workers.turn(this, inner::close);
    }
  }
}
