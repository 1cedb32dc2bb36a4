package dev.inproc.inference.onnx;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * A string as pieces that can be passed to native code one by one: plain text, each followed by one
 * byte as a number.
 */
final class TextPieces {
  /** In place of a byte: nothing follows the text. */
  static final int NO_BYTE = 256;

  private final List<String> texts = new ArrayList<>();
  private final List<Integer> bytes = new ArrayList<>();
  private final StringBuilder text = new StringBuilder();

  private TextPieces() {}

  /** Takes apart a {@link String} or a {@code byte[]}. */
  static TextPieces of(Object element) {
    TextPieces pieces = new TextPieces();
    if (element instanceof byte[] raw) {
      for (byte each : raw) {
        if (each > 0) {
          pieces.text.append((char) each);
        } else {
          pieces.add(each);
        }
      }
    } else {
      pieces.addText((String) element);
    }
    if (!pieces.text.isEmpty() || pieces.texts.isEmpty()) {
      pieces.add(NO_BYTE);
    }
    return pieces;
  }

  private void addText(String string) {
    for (int i = 0; i < string.length(); i++) {
      char c = string.charAt(i);
      if (c != 0 && !Character.isSurrogate(c)) {
        text.append(c);
      } else {
        int point = string.codePointAt(i);
        for (byte each : Character.toString(point).getBytes(StandardCharsets.UTF_8)) {
          add(each);
        }
        i += Character.charCount(point) - 1;
      }
    }
  }

  private void add(byte each) {
    add(Byte.toUnsignedInt(each));
  }

  private void add(int each) {
    texts.add(text.toString());
    bytes.add(each);
    text.setLength(0);
  }

  int size() {
    return texts.size();
  }

  String text(int index) {
    return texts.get(index);
  }

  int following(int index) {
    return bytes.get(index);
  }

  /** Returns the number of pieces of an element, without making them. */
  static int count(Object element) {
    int count = 1;
    if (element instanceof byte[] raw) {
      for (byte each : raw) {
        count += each > 0 ? 0 : 1;
      }
      return count;
    }
    String string = (String) element;
    for (int i = 0; i < string.length(); i++) {
      char c = string.charAt(i);
      count += c == 0 ? 1 : Character.isSurrogate(c) ? 2 : 0;
    }
    return count;
  }
}
