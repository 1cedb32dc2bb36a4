package dev.inproc.inference.internal.concurrent;

import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** A future of a call that a layer above withdraws once no caller waits for it. */
public interface Withdrawable {
  /**
   * Withdraws the call.
   *
   * @param reason what ended the call of the layer above; null if it has a value
   */
  void withdraw(@Nullable Throwable reason);

  /** Withdraws a call of the layer below. A future that is not of this library is cancelled. */
  static void withdraw(CompletableFuture<?> future, @Nullable Throwable reason) {
    if (future instanceof Withdrawable ours) {
      ours.withdraw(reason);
    } else {
      future.cancel(false);
    }
  }
}
