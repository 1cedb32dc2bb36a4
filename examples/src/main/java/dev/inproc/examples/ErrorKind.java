package dev.inproc.examples;

import dev.inproc.inference.DeadlineExceededException;
import dev.inproc.inference.EngineException;
import dev.inproc.inference.InferenceInterruptedException;
import dev.inproc.inference.InvalidInputException;
import dev.inproc.inference.ModelLoadException;
import dev.inproc.inference.OverloadedException;
import dev.inproc.inference.PredictorClosedException;

/** The kinds of failures that {@link Run} reports. Programs read the labels, so they stay. */
enum ErrorKind {
  USAGE("usage", "an option or argument is missing, unknown or out of range"),
  FILE("file", "the file of examples cannot be read"),
  JSON("json", "the file of examples is not a JSON array of objects"),
  MODEL_LOAD("model-load", "the model cannot be loaded"),
  INVALID_INPUT("invalid-input", "an example does not fit the model's inputs"),
  ENGINE("engine", "the engine failed while it ran the model"),
  DEADLINE("deadline", "a call's time was over"),
  OVERLOADED("overloaded", "too many calls waited"),
  CLOSED("closed", "the model was closed before it answered"),
  INTERRUPTED("interrupted", "the command was interrupted"),
  MEMORY("memory", "the Java heap or native memory is too small"),
  INTERNAL("internal", "a fault of this command or of the library");

  private final String label;
  private final String meaning;

  ErrorKind(String label, String meaning) {
    this.label = label;
    this.meaning = meaning;
  }

  /** Returns the word that the last line of the output has under {@code error}. */
  String label() {
    return label;
  }

  String meaning() {
    return meaning;
  }

  /** Returns the kind of a failure of a call or a load. */
  static ErrorKind of(Throwable failure) {
    if (failure instanceof CommandException known) {
      return known.kind();
    }
    if (failure instanceof InvalidInputException || failure instanceof IllegalArgumentException) {
      return INVALID_INPUT; // the library's limits on what a call may hold are misuses
    }
    if (failure instanceof ModelLoadException) {
      return MODEL_LOAD;
    }
    if (failure instanceof EngineException) {
      return ENGINE;
    }
    if (failure instanceof DeadlineExceededException) {
      return DEADLINE;
    }
    if (failure instanceof OverloadedException) {
      return OVERLOADED;
    }
    if (failure instanceof PredictorClosedException) {
      return CLOSED;
    }
    if (failure instanceof InferenceInterruptedException) {
      return INTERRUPTED;
    }
    return failure instanceof OutOfMemoryError ? MEMORY : INTERNAL;
  }
}
