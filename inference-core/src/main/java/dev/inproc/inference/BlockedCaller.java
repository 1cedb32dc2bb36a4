package dev.inproc.inference;

import dev.inproc.inference.CallOptions.Overload;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/**
 * Calls by {@code submit} on behalf of a caller that blocks; for authors of layers. Such a call may
 * {@linkplain Overload#WAIT wait for room}, which {@code submit} must not do by itself.
 */
public final class BlockedCaller {
  private BlockedCaller() {}

  /**
   * Returns options for a {@code submit} while the caller blocks on its outcome: without the
   * executor, of which the caller may be the only thread, and with leave to wait for room.
   */
  public static CallOptions options(CallOptions options) {
    return options.forBlockedCaller();
  }

  /**
   * Checks that a {@code submit} with these options can do as they say.
   *
   * @throws IllegalArgumentException if they ask to wait for room and no caller blocks
   */
  public static void checkSubmit(CallOptions options) {
    if (options.overload() == Overload.WAIT && !options.isCallerBlocked()) {
      throw new IllegalArgumentException(
          "submit never blocks, so it cannot wait for room: use predict or predictAll with"
              + " Overload.WAIT; or submit with Overload.FAIL and, after an OverloadedException,"
              + " again after its retryAfter()");
    }
  }

  /**
   * Waits for the outcome of a {@code submit} as {@link Predictor#predict} promises: a failure is
   * thrown as it is, not wrapped, and as this caller's own ({@link #failure}); an interrupt cancels
   * the call, sets the interrupt status again and throws {@link InferenceInterruptedException}.
   */
  public static <T> T await(CompletableFuture<T> future) {
    try {
      return future.get();
    } catch (InterruptedException e) {
      future.cancel(true);
      Thread.currentThread().interrupt();
      throw new InferenceInterruptedException(e);
    } catch (ExecutionException e) {
      throw rethrow(Objects.requireNonNullElse(e.getCause(), e));
    }
  }

  /**
   * Returns a failure for one of several callers: a copy of the same type, message and cause with
   * the stack trace of the calling thread. Exceptions of this library and of the JDK are copied,
   * others are returned as they are.
   */
  public static Throwable failure(Throwable failure) {
    return CallersFailure.copy(failure);
  }

  /**
   * Throws {@link #failure}; a checked exception as the cause of an {@link IllegalStateException}.
   *
   * @return never
   */
  public static RuntimeException rethrow(Throwable failure) {
    throw CallersFailure.rethrow(failure);
  }
}
