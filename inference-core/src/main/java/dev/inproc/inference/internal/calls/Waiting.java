package dev.inproc.inference.internal.calls;

import dev.inproc.inference.InferenceInterruptedException;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/** Blocking on a future the way {@code Predictor.predict} promises. */
public final class Waiting {
  private Waiting() {}

  /**
   * Waits for an answer. A failure is thrown as a copy ({@link Failures}); an interrupt cancels the
   * call, sets the interrupt status again and throws {@link InferenceInterruptedException}.
   */
  public static <T> T await(CompletableFuture<T> future) {
    try {
      return future.get();
    } catch (InterruptedException e) {
      future.cancel(true);
      Thread.currentThread().interrupt();
      throw new InferenceInterruptedException(e);
    } catch (ExecutionException e) {
      throw Failures.rethrow(Objects.requireNonNullElse(e.getCause(), e));
    }
  }
}
