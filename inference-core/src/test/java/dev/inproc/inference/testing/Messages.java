package dev.inproc.inference.testing;

/** Checks of what exceptions say. */
public final class Messages {
  private Messages() {}

  /** Throws unless the message holds every part. */
  public static void assertSays(Throwable failure, String... parts) {
    try {
      assertSays(String.valueOf(failure.getMessage()), parts);
    } catch (AssertionError e) {
      e.initCause(failure);
      throw e;
    }
  }

  /** Throws unless the text holds every part. */
  public static void assertSays(String text, String... parts) {
    for (String part : parts) {
      if (!text.contains(part)) {
        throw new AssertionError("Expected <" + part + "> in <" + text + ">");
      }
    }
  }
}
