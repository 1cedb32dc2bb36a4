package dev.inproc.inference.onnx;

/**
 * What passes unchanged between Java and native code. ONNX Runtime's Java binding hands strings to
 * native code in JNI's modified UTF-8: a NUL and every character beyond U+FFFF get other bytes than
 * in UTF-8, and what native code returns is cut where they occur. Text without them is plain.
 */
final class PlainText {
  private PlainText() {}

  static boolean isPlain(Object element) {
    return element instanceof String text && isPlain(text);
  }

  static boolean isPlain(String text) {
    return unplain(text) < 0;
  }

  private static int unplain(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == 0 || Character.isSurrogate(c)) {
        return i;
      }
    }
    return -1;
  }

  /** Names what the binding would change, such as {@code U+1F600}. */
  static String describe(String text) {
    int at = unplain(text);
    return at < 0 ? "nothing" : String.format("U+%04X", text.codePointAt(at));
  }
}
