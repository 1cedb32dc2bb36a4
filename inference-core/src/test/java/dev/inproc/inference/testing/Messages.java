package dev.inproc.inference.testing;

/** Checks of what exceptions say. */
public final class Messages {
  private Messages() {}

  /** Throws unless the message holds every part. */
  public static void assertSays(Throwable failure, String... parts) {
    String message = String.valueOf(failure.getMessage());
    for (String part : parts) {
      if (!message.contains(part)) {
        throw new AssertionError("Expected <" + part + "> in <" + message + ">", failure);
      }
    }
  }
}
