package dev.inproc.inference.text;

/** How the vectors of a text's tokens become one vector. */
public enum Pooling {
  /** The mean of the vectors of all tokens, special tokens included. */
  MEAN,
  /** The vector of the first token. */
  CLS,
  /** The vector of the last token. */
  LAST_TOKEN
}
