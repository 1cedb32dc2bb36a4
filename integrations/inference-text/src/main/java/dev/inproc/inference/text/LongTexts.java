package dev.inproc.inference.text;

/** What is done with a text that has more tokens than {@link TextOptions.Builder#maxTokens}. */
public enum LongTexts {
  /** The model reads the first tokens; the rest of the text does not count. */
  TRUNCATE,
  /**
   * The model reads all tokens, in windows that follow one another; the vector is the mean of the
   * windows' vectors, each weighted with its number of tokens. For embeddings alone.
   */
  SPLIT_AND_AVERAGE,
  /** The call fails with an {@link dev.inproc.inference.InvalidInputException}. */
  REFUSE
}
