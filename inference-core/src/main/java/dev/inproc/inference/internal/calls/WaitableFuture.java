package dev.inproc.inference.internal.calls;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A future on which threads wait without leaving a dependent. The JDK's {@link #get()} and {@link
 * #join} enter a dependent, which looks like a callback of the user's to the thread that completes
 * the future. Here a waiting thread enters itself into a list apart, and the thread that completes
 * the future wakes it.
 */
abstract class WaitableFuture<O> extends CompletableFuture<O> {
  private static final VarHandle WAITING;

  static {
    try {
      WAITING = MethodHandles.lookup().findVarHandle(WaitableFuture.class, "waiting", Parked.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private volatile @Nullable Parked waiting;

  /** A thread that waits for the outcome. */
  private static final class Parked implements ForkJoinPool.ManagedBlocker {
    private final CompletableFuture<?> future;
    private final Thread thread = Thread.currentThread();
    private final boolean interruptible;
    private @Nullable Parked next;
    private boolean interrupted;

    Parked(CompletableFuture<?> future, boolean interruptible) {
      this.future = future;
      this.interruptible = interruptible;
    }

    @Override
    public boolean isReleasable() {
      interrupted |= Thread.interrupted();
      return future.isDone() || (interrupted && interruptible);
    }

    @Override
    public boolean block() {
      while (!isReleasable()) {
        LockSupport.park(future);
      }
      return true;
    }
  }

  /** Waits as the JDK's does, but leaves no dependent. Lets a fork-join pool compensate. */
  private void park(boolean interruptible) throws InterruptedException {
    Parked parked = new Parked(this, interruptible);
    do {
      parked.next = waiting;
    } while (!WAITING.compareAndSet(this, parked.next, parked));
    ForkJoinPool.managedBlock(parked);
    if (parked.interrupted) {
      if (interruptible && !isDone()) {
        throw new InterruptedException();
      }
      Thread.currentThread().interrupt();
    }
  }

  /** Wakes the threads that wait here; for a thread that has completed the future. */
  final void wakeWaiting() {
    // The outcome is written before this is read; a waiting thread enters itself, then looks for
    // the outcome.
    for (Parked each = waiting; each != null; each = each.next) {
      LockSupport.unpark(each.thread);
    }
  }

  final boolean wakeIf(boolean won) {
    if (won) {
      wakeWaiting();
    }
    return won;
  }

  @Override
  public O get() throws InterruptedException, ExecutionException {
    if (!isDone()) {
      park(true);
    }
    return super.get();
  }

  @Override
  public O join() {
    if (!isDone()) {
      try {
        park(false);
      } catch (InterruptedException e) {
        throw new AssertionError(e); // not thrown where it is not interruptible
      }
    }
    return super.join();
  }

  /** Returns what the call failed with; null if it is not done or did not fail. */
  public final @Nullable Throwable failureNow() {
    try {
      super.getNow(null);
      return null;
    } catch (CancellationException e) {
      return e;
    } catch (CompletionException e) {
      return e.getCause();
    }
  }
}
