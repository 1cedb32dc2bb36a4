package dev.inproc.inference.monitoring;

import dev.inproc.inference.DeadlineExceededException;
import dev.inproc.inference.InferenceInterruptedException;
import dev.inproc.inference.InvalidInputException;
import dev.inproc.inference.OverloadedException;
import dev.inproc.inference.PredictorClosedException;
import dev.inproc.inference.metrics.Outcome;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletionException;

/** Which outcome a failure is. */
final class Outcomes {
  private Outcomes() {}

  static Outcome of(Throwable failure) {
    Throwable cause = failure;
    while (cause instanceof CompletionException && cause.getCause() != null) {
      cause = cause.getCause(); // a layer of the application may wrap
    }
    if (cause instanceof InvalidInputException || cause instanceof IllegalArgumentException) {
      return Outcome.INVALID;
    }
    if (cause instanceof DeadlineExceededException) {
      return Outcome.EXPIRED;
    }
    if (cause instanceof CancellationException || cause instanceof InferenceInterruptedException) {
      return Outcome.CANCELLED;
    }
    if (cause instanceof OverloadedException) {
      return Outcome.OVERLOADED;
    }
    return cause instanceof PredictorClosedException ? Outcome.CLOSED : Outcome.FAILED;
  }
}
