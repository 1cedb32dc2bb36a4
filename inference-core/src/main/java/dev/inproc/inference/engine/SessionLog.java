package dev.inproc.inference.engine;

/** The log of everything about sessions: one name for users to configure. */
final class SessionLog {
  /** Named as {@link Session}, which this class must not use. */
  static final System.Logger LOG = System.getLogger("dev.inproc.inference.engine.Session");

  private SessionLog() {}
}
