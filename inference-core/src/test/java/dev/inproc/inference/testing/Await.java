package dev.inproc.inference.testing;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/**
 * Waiting for other threads with a limit so generous that only a hang exceeds it. No test asserts a
 * time by these.
 */
public final class Await {
  private static final long LIMIT_SECONDS = 10;

  private Await() {}

  /** Waits until a condition holds. */
  public static void until(String what, BooleanSupplier condition) {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(LIMIT_SECONDS);
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() - deadline > 0) {
        throw new AssertionError("Waited in vain for " + what);
      }
      LockSupport.parkNanos(20_000);
    }
  }

  /** Waits for a latch. */
  public static void latch(CountDownLatch latch) {
    try {
      if (!latch.await(LIMIT_SECONDS, TimeUnit.SECONDS)) {
        throw new AssertionError("Waited in vain for a latch");
      }
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  /** Waits for a thread to end. */
  public static void end(Thread thread) {
    try {
      thread.join(TimeUnit.SECONDS.toMillis(LIMIT_SECONDS));
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
    if (thread.isAlive()) {
      AssertionError hang = new AssertionError("Still alive: " + thread);
      hang.setStackTrace(thread.getStackTrace());
      throw hang;
    }
  }

  /** Waits until a thread waits for something itself, or has ended. */
  public static void blocked(Thread thread) {
    until(
        thread + " to block",
        () ->
            switch (thread.getState()) {
              case BLOCKED, WAITING, TIMED_WAITING, TERMINATED -> true;
              case NEW, RUNNABLE -> false;
            });
  }

  /** Returns a future's value. */
  public static <T> T value(CompletableFuture<T> future) {
    try {
      return future.get(LIMIT_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException | ExecutionException | TimeoutException e) {
      throw new AssertionError("Expected a value", e);
    }
  }

  /** Returns what a future failed with, a cancellation included, without any wrapper. */
  public static Throwable failure(CompletableFuture<?> future) {
    try {
      Object value = future.get(LIMIT_SECONDS, TimeUnit.SECONDS);
      throw new AssertionError("Expected a failure, got " + value);
    } catch (ExecutionException e) {
      Throwable cause = e.getCause();
      return cause == null ? e : cause;
    } catch (java.util.concurrent.CancellationException e) {
      return e;
    } catch (InterruptedException | TimeoutException e) {
      throw new AssertionError("Expected a failure", e);
    }
  }
}
