package dev.inproc.inference;

import java.lang.reflect.InvocationTargetException;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Gives each caller an exception of its own. A worker thread creates an exception once; several
 * callers may get it, and none of them finds its own frames in its stack trace. A copy is of the
 * same type, has the same message and cause, and has the stack trace of the thread that copies.
 *
 * <p>The exceptions of this library and of the JDK are copied. These are handed on as they are:
 * exceptions without a stack trace, which cannot be changed; {@code Error}s; and exceptions of
 * other types, whose fields a copy would lose.
 */
final class CallersFailure {
  private CallersFailure() {}

  /** Returns a copy of a failure, or the failure itself where it is not copied. */
  static Throwable copy(Throwable failure) {
    // Without a cause the original is the cause: its frames tell where the failure began.
    Throwable cause = Objects.requireNonNullElse(failure.getCause(), failure);
    if (failure instanceof EngineException engine) {
      String message = Objects.requireNonNullElse(engine.getMessage(), "");
      return engine.isSystemic()
          ? EngineException.systemic(message, cause)
          : new EngineException(message, cause);
    }
    if (failure instanceof InvalidInputException invalid) {
      return invalid.index() >= 0
          ? invalid.atIndex(invalid.index())
          : new InvalidInputException(
              invalid.tensor(), invalid.expected(), invalid.actual(), cause);
    }
    if (failure instanceof PredictorClosedException closed) {
      return new PredictorClosedException(closed.predictor(), cause);
    }
    if (failure instanceof RuntimeException && isOfJdk(failure.getClass())) {
      return Objects.requireNonNullElse(copyOfJdk(failure, cause), failure);
    }
    return failure;
  }

  /**
   * Throws a copy of a failure.
   *
   * @return never
   */
  static RuntimeException rethrow(Throwable failure) {
    Throwable own = copy(failure);
    if (own instanceof RuntimeException exception) {
      throw exception;
    }
    if (own instanceof Error error) {
      throw error;
    }
    throw new IllegalStateException("A call failed with a checked exception", own);
  }

  private static boolean isOfJdk(Class<?> type) {
    return type.getClassLoader() == null && type.getPackageName().startsWith("java.");
  }

  private static @Nullable Throwable copyOfJdk(Throwable failure, Throwable cause) {
    try {
      Throwable copy =
          (Throwable)
              failure.getClass().getConstructor(String.class).newInstance(failure.getMessage());
      return copy.initCause(cause);
    } catch (NoSuchMethodException
        | InstantiationException
        | IllegalAccessException
        | InvocationTargetException
        | IllegalStateException e) {
      return null; // a type without this constructor
    }
  }
}
