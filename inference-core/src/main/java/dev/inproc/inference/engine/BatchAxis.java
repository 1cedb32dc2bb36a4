package dev.inproc.inference.engine;

/** Whether a model's tensors begin with a dimension that counts examples. */
public enum BatchAxis {
  /**
   * Decide by the signature: leading, if every input's first dimension is dynamic under one name
   * (or without a name) and every output's agrees, or if all are fixed at 1; else none.
   */
  AUTO,
  /** The first dimension of every input and output counts examples. */
  LEADING,
  /** The model takes one example at a time, its tensors as they are. */
  NONE
}
