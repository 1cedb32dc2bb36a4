package dev.inproc.inference.text;

import java.util.Objects;

/**
 * Two texts that a cross-encoder reads together.
 *
 * @param first the query, for most models
 * @param second the passage, for most models
 */
public record TextPair(String first, String second) {
  /** Checks that neither is null. */
  public TextPair {
    Objects.requireNonNull(first, "first");
    Objects.requireNonNull(second, "second");
  }
}
