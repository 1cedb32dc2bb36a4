package dev.inproc.inference.internal.concurrent;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.function.Supplier;

/** What the futures of this library have in common. */
public final class Futures {
  private Futures() {}

  /** Returns a task that completes a future by its own methods, which the JDK's would go past. */
  public static <T> Runnable completion(
      CompletableFuture<T> future, Supplier<? extends T> supplier) {
    return () -> {
      try {
        future.complete(supplier.get());
      } catch (Throwable t) {
        future.completeExceptionally(t);
      }
    };
  }

  /**
   * Waits for a future. Throws what it failed with, not a wrapper.
   *
   * @throws InterruptedException if the thread is interrupted meanwhile
   */
  public static <T> T get(CompletableFuture<T> future) throws InterruptedException {
    try {
      return future.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException exception) {
        throw exception;
      }
      if (e.getCause() instanceof Error error) {
        throw error;
      }
      throw new IllegalStateException("A call failed with a checked exception", e.getCause());
    }
  }
}
