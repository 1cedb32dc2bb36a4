package dev.inproc.inference.internal.json;

/**
 * A text is no JSON, is beyond a limit, or is not what its reader expects. The message says where.
 */
public final class JsonException extends Exception {
  private static final long serialVersionUID = 1L;

  /** Creates one. */
  public JsonException(String message) {
    super(message);
  }
}
