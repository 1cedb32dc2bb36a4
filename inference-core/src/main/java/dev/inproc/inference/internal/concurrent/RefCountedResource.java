package dev.inproc.inference.internal.concurrent;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Counts the users of something native and frees it exactly once: after it was closed and its last
 * user has left. ONNX Runtime's binding crashes the JVM if a session is freed under a run, so each
 * run stands between {@link #acquire} and {@link #release}.
 */
public final class RefCountedResource {
  private static final long CLOSED = Long.MIN_VALUE;

  /** The number of users; negative, offset by {@link #CLOSED}, once closed. */
  private final AtomicLong state = new AtomicLong();

  private final AtomicBoolean freeing = new AtomicBoolean();
  private final CountDownLatch freed = new CountDownLatch(1);
  private final Runnable free;
  private final @Nullable Executor janitor;
  private volatile @Nullable RuntimeException failure;

  /**
   * Creates a lifetime that has begun.
   *
   * @param free what frees; runs once, on the thread that closes or on the last user's
   */
  public RefCountedResource(Runnable free) {
    this.free = free;
    janitor = null;
  }

  /**
   * Creates a lifetime that has begun.
   *
   * @param free what frees; runs once
   * @param janitor runs it, so that no caller waits for it; if it refuses, the last user does
   */
  public RefCountedResource(Runnable free, Executor janitor) {
    this.free = free;
    this.janitor = janitor;
  }

  /** Enters; to be paired with {@link #release} if this returns true. False once closed. */
  public boolean acquire() {
    // One unconditional add: under contention a failed compare-and-set costs more than undoing.
    if (state.getAndIncrement() >= 0) {
      return true;
    }
    release();
    return false;
  }

  /** Enters once more, for a user that is in. */
  public void retain() {
    state.incrementAndGet();
  }

  /** Leaves. */
  public void release() {
    if (state.decrementAndGet() == CLOSED) {
      freeOnce();
    }
  }

  /** Closes to new users; frees at once if there are none. Idempotent. */
  public void close() {
    long seen = state.get();
    while (seen >= 0 && !state.compareAndSet(seen, seen + CLOSED)) {
      seen = state.get();
    }
    if (state.get() == CLOSED) {
      freeOnce();
    }
  }

  private void freeOnce() {
    if (!freeing.compareAndSet(false, true)) {
      return;
    }
    if (janitor == null) {
      free();
      return;
    }
    try {
      janitor.execute(this::freeApart);
    } catch (RejectedExecutionException | OutOfMemoryError e) {
      freeApart(); // no thread to be had
    }
  }

  private void freeApart() {
    try {
      free();
    } catch (RuntimeException e) {
      // awaitFreed throws it
    }
  }

  private void free() {
    try {
      free.run();
    } catch (RuntimeException e) {
      failure = e;
      throw e;
    } finally {
      freed.countDown();
    }
  }

  /** Returns whether it was closed. */
  public boolean isClosed() {
    return state.get() < 0;
  }

  /**
   * Waits until all has been freed. An interrupt does not end the wait; the status is set again
   * afterwards.
   *
   * @return false if the time passed first
   * @throws RuntimeException what freeing threw on the janitor's thread
   */
  public boolean awaitFreed(long timeoutNanos) {
    if (!Latches.await(freed, timeoutNanos)) {
      return false;
    }
    RuntimeException thrown = failure;
    if (thrown != null && janitor != null) {
      throw thrown;
    }
    return true;
  }
}
