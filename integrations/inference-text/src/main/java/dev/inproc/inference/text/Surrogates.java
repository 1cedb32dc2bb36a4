package dev.inproc.inference.text;

/** Makes text of characters that are not text. */
final class Surrogates {
  private static final char REPLACEMENT = '\uFFFD';

  private Surrogates() {}

  /**
   * Returns a text in which the replacement character stands for each half of a character without
   * its other half: native code would read the whole text another way for one of them.
   */
  static String replaced(String text) {
    int first = lone(text, 0);
    if (first < 0) {
      return text;
    }
    StringBuilder whole = new StringBuilder(text);
    for (int i = first; i >= 0; i = lone(text, i + 1)) {
      whole.setCharAt(i, REPLACEMENT);
    }
    return whole.toString();
  }

  /** Returns the index of the first lone surrogate from here on, or -1. */
  private static int lone(String text, int from) {
    for (int i = from; i < text.length(); i++) {
      char c = text.charAt(i);
      if (Character.isHighSurrogate(c)
          && i + 1 < text.length()
          && Character.isLowSurrogate(text.charAt(i + 1))) {
        i++;
      } else if (Character.isSurrogate(c)) {
        return i;
      }
    }
    return -1;
  }
}
