package dev.inproc.examples;

import org.jspecify.annotations.Nullable;

/** A failure of a command that the user can mend; the message says how. */
final class CommandException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final ErrorKind kind;

  CommandException(ErrorKind kind, String message) {
    this(kind, message, null);
  }

  CommandException(ErrorKind kind, String message, @Nullable Throwable cause) {
    super(message, cause);
    this.kind = kind;
  }

  ErrorKind kind() {
    return kind;
  }
}
