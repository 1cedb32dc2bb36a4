package dev.inproc.inference.model;

import java.util.regex.Pattern;

/** The names of models, labels and versions' directories. */
final class Names {
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,127}");
  private static final Pattern VERSION = Pattern.compile("[1-9][0-9]{0,18}");

  private Names() {}

  /** Returns whether this can be a model's or a label's name. */
  static boolean isName(String name) {
    return NAME.matcher(name).matches();
  }

  /**
   * Returns the name.
   *
   * @throws IllegalArgumentException if it is none
   */
  static String require(String what, String name) {
    if (!isName(name)) {
      throw new IllegalArgumentException(
          "Expected a "
              + what
              + "'s name of 1 to 128 letters, digits, dots, dashes and underscores that begins with"
              + " a letter or digit, got \""
              + name
              + "\"");
    }
    return name;
  }

  /** Returns the number that a directory's name is, or 0 if it is none: "007" and "+7" are not. */
  static long version(String name) {
    if (!VERSION.matcher(name).matches()) {
      return 0;
    }
    try {
      return Long.parseLong(name);
    } catch (NumberFormatException e) { // 19 digits beyond a long
      return 0;
    }
  }
}
