package dev.inproc.inference.spi;

/** Whether a run of a model can change what a later run answers, as far as its graph tells. */
public enum Statefulness {
  /** No operator of the graph keeps anything beyond a run. */
  NONE,
  /** The graph draws random numbers, and keeps nothing else. */
  RANDOM,
  /** Not known: the graph has unknown operators, or was not read. */
  POSSIBLE,
  /** The graph writes a variable or a table, or updates a running mean. */
  CERTAIN
}
