package dev.inproc.inference.internal.concurrent;

import java.util.concurrent.CompletableFuture;
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
}
