package dev.inproc.inference.concurrent;

import dev.inproc.inference.DeadlineExceededException;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** What the futures of this library have in common. */
public final class Futures {
  private Futures() {}

  /**
   * Withdraws a call of the layer below. If its time is over, a future of this library is told so,
   * since a batcher counts that apart; any other is cancelled.
   *
   * @param reason what ended the call of the layer above; null if it has a value
   */
  public static void withdraw(CompletableFuture<?> future, @Nullable Throwable reason) {
    boolean ours = future instanceof Call || future instanceof Relay;
    if (ours && reason instanceof DeadlineExceededException) {
      future.completeExceptionally(reason);
    } else {
      future.cancel(false);
    }
  }

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
