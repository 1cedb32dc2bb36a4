package dev.inproc.inference.engine;

/** Whether a model answers the same example alike each time. */
enum Nature {
  /** It does, as far as was seen. */
  PLAIN,
  /** Its answers differ, and a fresh load does not repeat them. */
  RANDOM,
  /** Its answers depend on the runs before: a fresh load repeats them, or the graph says so. */
  STATE,
  /** Its answers differ, and no fresh load could tell why. */
  UNTOLD
}
