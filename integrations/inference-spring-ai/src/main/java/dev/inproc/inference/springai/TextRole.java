package dev.inproc.inference.springai;

/** What a text is to a search. A model with prefixes embeds the two differently. */
public enum TextRole {
  /** A text to search with. */
  QUERY,
  /** A text to be found. */
  PASSAGE
}
