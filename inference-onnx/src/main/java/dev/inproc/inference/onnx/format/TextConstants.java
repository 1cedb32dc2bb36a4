package dev.inproc.inference.onnx.format;

/**
 * Finds whether the strings that a model's nodes hold, as attributes and as constant tensors, could
 * be changed by JNI's modified UTF-8: whether they have a NUL, a character beyond U+FFFF, or bytes
 * that are not UTF-8. Names and documentation do not count.
 */
public final class TextConstants {
  private static final int ATTRIBUTE_STRING = 4;
  private static final int ATTRIBUTE_STRINGS = 9;
  private static final int TENSOR_STRINGS = 6;
  private static final int CHUNK = 1 << 16;

  private final byte[] chunk = new byte[CHUNK];

  private TextConstants() {}

  /** Returns whether all strings of a checked model are plain: without any of these. */
  public static boolean arePlain(ProtoBytes model) {
    return new TextConstants().arePlain(MessageType.MODEL, ProtoFields.of(model), 1);
  }

  private boolean arePlain(MessageType type, Iterable<ProtoField> message, int depth) {
    if (depth > ModelStructure.MAX_DEPTH) {
      return false;
    }
    for (ProtoField field : message) {
      if (field.wireType() != 2) {
        continue;
      }
      MessageType child = type.child(field.number());
      boolean plain =
          holdsText(type, field.number())
              ? isPlain(field)
              : child == null || arePlain(child, field.fields(), depth + 1);
      if (!plain) {
        return false;
      }
    }
    return true;
  }

  private static boolean holdsText(MessageType type, int number) {
    return switch (type) {
      case ATTRIBUTE -> number == ATTRIBUTE_STRING || number == ATTRIBUTE_STRINGS;
      case TENSOR -> number == TENSOR_STRINGS;
      default -> false;
    };
  }

  private boolean isPlain(ProtoField field) {
    int following = 0; // bytes that a character still needs
    int least = 0; // of the next of them
    int most = 0;
    for (long at = field.payload(); at < field.end(); at += CHUNK) {
      int length = (int) Math.min(CHUNK, field.end() - at);
      field.source().copy(at, chunk, 0, length);
      for (int i = 0; i < length; i++) {
        int b = Byte.toUnsignedInt(chunk[i]);
        if (following > 0) {
          if (b < least || b > most) {
            return false;
          }
          following--;
          least = 0x80;
          most = 0xbf;
        } else if (b == 0 || b >= 0xf0 || (b >= 0x80 && b < 0xc2)) {
          return false;
        } else if (b >= 0x80) {
          following = b < 0xe0 ? 1 : 2;
          least = b == 0xe0 ? 0xa0 : 0x80; // no longer than needed
          most = b == 0xed ? 0x9f : 0xbf; // no surrogates
        }
      }
    }
    return following == 0;
  }
}
