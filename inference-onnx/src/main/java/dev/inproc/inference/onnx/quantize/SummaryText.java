package dev.inproc.inference.onnx.quantize;

import dev.inproc.inference.onnx.format.ProtoException;
import dev.inproc.inference.onnx.format.ProtoField;
import java.nio.charset.StandardCharsets;

/** What a summary keeps of texts and of how many, whatever a model holds. */
final class SummaryText {
  static final int MAX_TEXT = 200;
  private static final int MAX_KEPT = 10_000;

  private SummaryText() {}

  static void bounded(int size, String what) {
    if (size > MAX_KEPT) {
      throw new ProtoException("it has more than " + MAX_KEPT + " " + what);
    }
  }

  /** The start of a text, whatever its length. */
  static String shown(ProtoField field) {
    if (field.wireType() != 2) {
      throw new ProtoException("field " + field.number() + " is not a text");
    }
    byte[] head = new byte[(int) Math.min(field.length(), MAX_TEXT)];
    field.source().copy(field.payload(), head, 0, head.length);
    return new String(head, StandardCharsets.UTF_8).replaceAll("\\p{Cntrl}", "?");
  }
}
