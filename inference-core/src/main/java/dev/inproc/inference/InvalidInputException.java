package dev.inproc.inference;

import org.jspecify.annotations.Nullable;

/**
 * An input does not fit the model. It was refused before native code saw it, with one exception:
 * where a model gives one dimension name to several inputs and their sizes differ, the engine
 * decides, and the cause is what it said.
 */
public final class InvalidInputException extends InferenceException {
  private static final long serialVersionUID = 1L;

  private final String tensor;
  private final String expected;
  private final String actual;
  private final int index;

  /**
   * Creates one.
   *
   * @param tensor the input's name
   * @param expected what the model takes
   * @param actual what came
   */
  public InvalidInputException(String tensor, String expected, String actual) {
    this(tensor, expected, actual, null);
  }

  /** Creates one with its cause. */
  public InvalidInputException(
      String tensor, String expected, String actual, @Nullable Throwable cause) {
    this(tensor, expected, actual, -1, cause);
  }

  private InvalidInputException(
      String tensor, String expected, String actual, int index, @Nullable Throwable cause) {
    super(
        (index < 0 ? "" : "Example " + index + ": ")
            + "Input \""
            + tensor
            + "\": expected "
            + expected
            + ", got "
            + actual,
        cause);
    this.tensor = tensor;
    this.expected = expected;
    this.actual = actual;
    this.index = index;
  }

  /**
   * Returns this failure told of one example of a list; the index counts from 0, and -1 tells of
   * none. An index that it had already, in a list inside a layer, is replaced.
   */
  public InvalidInputException atIndex(int newIndex) {
    return new InvalidInputException(
        tensor, expected, actual, newIndex, index < 0 ? this : getCause());
  }

  /** Returns the example's index in the caller's list, from 0; -1 if there is no list. */
  public int index() {
    return index;
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
