package dev.inproc.inference;

import org.jspecify.annotations.Nullable;

/**
 * A request or a model failed for a reason that a caller may want to handle; the kinds below say
 * which. Unchecked. Futures fail with the exception itself, not with a wrapper. A misuse of the API
 * is none of these: it stays an {@link IllegalArgumentException}, {@link NullPointerException} or
 * {@link IllegalStateException}. A cancelled call is a {@link
 * java.util.concurrent.CancellationException}.
 */
public abstract sealed class InferenceException extends RuntimeException
    permits DeadlineExceededException,
        EngineException,
        InferenceInterruptedException,
        InvalidInputException,
        ModelLoadException,
        NotCachedException,
        OverloadedException,
        PredictorClosedException {
  private static final long serialVersionUID = 1L;

  InferenceException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }

  InferenceException(String message, boolean writableStackTrace) {
    this(message, null, writableStackTrace);
  }

  InferenceException(String message, @Nullable Throwable cause, boolean writableStackTrace) {
    super(message, cause, writableStackTrace, writableStackTrace);
  }
}
