package dev.inproc.inference.concurrent;

import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/** What the futures of this library have in common. */
final class Futures {
  private Futures() {}

  /** Returns a task that completes a future by its own methods, which the JDK's would go past. */
  static <T> Runnable completion(CompletableFuture<T> future, Supplier<? extends T> supplier) {
    return () -> {
      try {
        future.complete(supplier.get());
      } catch (Throwable t) {
        future.completeExceptionally(t);
      }
    };
  }
}
