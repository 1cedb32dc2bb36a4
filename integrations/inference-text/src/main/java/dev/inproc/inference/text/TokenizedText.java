package dev.inproc.inference.text;

import java.util.List;

/**
 * A text as the model reads it.
 *
 * @param windows the tokens of each run, at least one
 * @param isTruncated whether there were more tokens
 */
record TokenizedText(List<Tokens> windows, boolean isTruncated) {
  /** A text of one window. */
  static TokenizedText of(Tokens window, boolean isTruncated) {
    return new TokenizedText(List.of(window), isTruncated);
  }

  /** Returns how many tokens there are in all windows, special tokens included. */
  int tokens() {
    int sum = 0;
    for (Tokens window : windows) {
      sum += window.ids.length;
    }
    return sum;
  }
}
