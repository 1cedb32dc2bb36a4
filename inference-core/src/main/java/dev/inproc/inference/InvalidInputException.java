package dev.inproc.inference;

import org.jspecify.annotations.Nullable;

/** An input does not fit the model. It was refused before anything native saw it. */
public final class InvalidInputException extends InferenceException {
  private static final long serialVersionUID = 1L;

  private final String tensor;
  private final String expected;
  private final String actual;

  /**
   * Creates one.
   *
   * @param tensor the input's name
   * @param expected what the model takes
   * @param actual what came
   */
  public InvalidInputException(String tensor, String expected, String actual) {
    this("", tensor, expected, actual, null);
  }

  private InvalidInputException(
      String where, String tensor, String expected, String actual, @Nullable Throwable cause) {
    super(where + "Input \"" + tensor + "\": expected " + expected + ", got " + actual, cause);
    this.tensor = tensor;
    this.expected = expected;
    this.actual = actual;
  }

  /** Returns this failure told of one example of a list; the index counts from 0. */
  public InvalidInputException atIndex(int index) {
    return new InvalidInputException("Example " + index + ": ", tensor, expected, actual, this);
  }

  /** Returns the name of the input. */
  public String tensor() {
    return tensor;
  }

  /** Returns what the model takes, in words. */
  public String expected() {
    return expected;
  }

  /** Returns what came, in words. */
  public String actual() {
    return actual;
  }
}
