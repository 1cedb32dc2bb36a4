package dev.inproc.inference.tensor;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The elements of a STRING tensor. Each is a {@link String}, or a {@code byte[]} that is not UTF-8.
 * Bytes that are UTF-8 are always kept as the text that they encode, so that equal content has one
 * form: equality and hashes need no conversion. Strict decoding loses nothing, since UTF-8 has one
 * encoding of a text.
 */
final class TextElements {
  private TextElements() {}

  static Object ofBytes(byte @Nullable [] bytes, int index) {
    Objects.requireNonNull(bytes, () -> "bytes " + index);
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      return bytes.clone();
    }
  }

  /** Checks and copies elements of either kind. */
  static Object[] copyOf(Object[] elements) {
    Object[] copy = new Object[elements.length];
    for (int i = 0; i < copy.length; i++) {
      int index = i;
      Object element = Objects.requireNonNull(elements[i], () -> "string " + index);
      if (element instanceof byte[] bytes) {
        copy[i] = ofBytes(bytes, i);
      } else if (element instanceof String) {
        copy[i] = element;
      } else {
        throw new IllegalArgumentException(
            "Element " + i + " is a " + element.getClass().getName() + ", not text or bytes");
      }
    }
    return copy;
  }

  static byte[] bytes(Object element, int index) {
    if (element instanceof byte[] bytes) {
      return bytes.clone();
    }
    try {
      ByteBuffer encoded =
          StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap((String) element));
      byte[] bytes = new byte[encoded.remaining()];
      encoded.get(bytes);
      return bytes;
    } catch (CharacterCodingException e) {
      throw new IllegalStateException(
          "Element " + index + " has no bytes in UTF-8: it holds an unpaired surrogate", e);
    }
  }

  static String text(Object element, int index) {
    if (element instanceof String text) {
      return text;
    }
    throw new IllegalStateException(
        "Element "
            + index
            + " is "
            + ((byte[]) element).length
            + " bytes that are not UTF-8 text;"
            + " read it with getBytes");
  }

  static long size(Object element) {
    return element instanceof String text ? 2L * text.length() : ((byte[]) element).length;
  }

  static int hash(Object element) {
    return element instanceof byte[] bytes ? ByteHash.of(bytes) : element.hashCode();
  }
}
