package dev.inproc.inference.text;

import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A text's vector. The array belongs to the caller.
 *
 * @param vector the vector
 * @param tokens how many tokens the model read, special tokens included
 */
public record EmbeddedText(float[] vector, int tokens) {
  /** Checks that the vector is not null. */
  public EmbeddedText {
    Objects.requireNonNull(vector, "vector");
  }

  /** Equal if the vectors' values are. */
  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof EmbeddedText that
        && tokens == that.tokens
        && Arrays.equals(vector, that.vector);
  }

  @Override
  public int hashCode() {
    return 31 * Arrays.hashCode(vector) + tokens;
  }

  @Override
  public String toString() {
    return "EmbeddedText[dimensions=" + vector.length + ", tokens=" + tokens + "]";
  }
}
