package dev.inproc.inference.cache;

/** Why a similarity cache had the model run for a request that no equal one had come before. */
public enum MissReason {
  /** No entry of the scope is near. */
  NOTHING_NEAR,
  /** The cache has not learned enough yet to serve anything. */
  LEARNING,
  /** The risk that the nearest answer would be wrong is too high. */
  TOO_RISKY,
  /** A veto forbade the nearest answer. */
  VETO,
  /** The promise left no room. */
  NO_ROOM,
  /** The coin chose an audit. */
  AUDIT,
  /** The embedder failed, or its vector has no direction or another length. */
  NOT_EMBEDDED;

  /** Returns the name in figures. */
  String label() {
    return name().toLowerCase(java.util.Locale.ROOT).replace('_', ' ');
  }
}
