package dev.inproc.inference.deploy;

import dev.inproc.inference.DeadlineExceededException;
import dev.inproc.inference.EngineException;
import dev.inproc.inference.InferenceInterruptedException;
import dev.inproc.inference.InvalidInputException;
import dev.inproc.inference.NotCachedException;
import dev.inproc.inference.OverloadedException;
import dev.inproc.inference.internal.rollout.Ending;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/** Says what the failure of a call tells of its lane. */
final class Endings {
  private static final int MOST_CAUSES = 20;

  private Endings() {}

  /** Returns what a call failed with, without what a dependent future puts around it. */
  static @Nullable Throwable own(@Nullable Throwable failure) {
    return failure instanceof CompletionException && failure.getCause() != null
        ? failure.getCause()
        : failure;
  }

  /** Returns how a call with this failure ended; null is an answer. */
  static Ending of(@Nullable Throwable failure) {
    Throwable own = own(failure);
    if (own == null || own instanceof NotCachedException) { // as the caller asked
      return Ending.ANSWERED;
    }
    if (own instanceof OverloadedException) {
      return Ending.OVERLOADED;
    }
    if (own instanceof DeadlineExceededException) {
      return Ending.EXPIRED;
    }
    if (own instanceof CancellationException || own instanceof InferenceInterruptedException) {
      return Ending.CANCELLED;
    }
    return own instanceof InvalidInputException ? Ending.INVALID : Ending.FAILED;
  }

  /**
   * Returns what the calls of one failed run have in common: the first cause of the engine's
   * exception, which each caller has a copy of. Null for other failures: an application may throw
   * one exception object again and again.
   */
  static @Nullable Object run(@Nullable Throwable failure) {
    Throwable cause = failure;
    boolean isOfEngine = false;
    for (int i = 0; i < MOST_CAUSES && cause != null; i++) {
      isOfEngine |= cause instanceof EngineException;
      Throwable next = cause.getCause();
      if (next == null) {
        return isOfEngine ? cause : null;
      }
      cause = next;
    }
    return null;
  }
}
