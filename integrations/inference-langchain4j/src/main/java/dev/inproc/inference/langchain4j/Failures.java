package dev.inproc.inference.langchain4j;

import dev.inproc.inference.DeadlineExceededException;
import dev.inproc.inference.EngineException;
import dev.inproc.inference.InferenceException;
import dev.inproc.inference.InvalidInputException;
import dev.inproc.inference.OverloadedException;
import dev.langchain4j.exception.InternalServerException;
import dev.langchain4j.exception.InvalidRequestException;
import dev.langchain4j.exception.NonRetriableException;
import dev.langchain4j.exception.RateLimitException;
import dev.langchain4j.exception.TimeoutException;
import java.util.concurrent.CompletionException;

/**
 * The library's exceptions as LangChain4j's, which say whether to try again: LangChain4j's retries
 * stop at a {@link NonRetriableException}. The message is kept, and the original is the cause.
 */
final class Failures {
  private Failures() {}

  /** Returns what a call throws for this failure. */
  static RuntimeException ofCall(InferenceException failure) {
    String message = failure.getMessage();
    if (failure instanceof DeadlineExceededException) {
      return new TimeoutException(message, failure);
    }
    if (failure instanceof OverloadedException) {
      return new RateLimitException(message, failure);
    }
    if (failure instanceof InvalidInputException) {
      return new InvalidRequestException(message, failure);
    }
    if (failure instanceof EngineException) {
      return new InternalServerException(message, failure);
    }
    return new NonRetriableException(message, failure); // closed, interrupted, not cached
  }

  /** Returns what a future fails with: any other failure is kept as it is. */
  static Throwable ofFuture(Throwable failure) {
    Throwable cause = failure;
    while (cause instanceof CompletionException && cause.getCause() != null) {
      cause = cause.getCause();
    }
    return cause instanceof InferenceException inference ? ofCall(inference) : cause;
  }
}
