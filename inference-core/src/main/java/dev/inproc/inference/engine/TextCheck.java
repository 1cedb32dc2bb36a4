package dev.inproc.inference.engine;

import dev.inproc.inference.InvalidInputException;
import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.TensorSpec;
import java.util.Locale;

/**
 * Refuses text that is not Unicode. An unpaired surrogate has no UTF-8. An encoder would replace it
 * with a question mark, and the model would answer for another text.
 */
final class TextCheck {
  private TextCheck() {}

  static void check(TensorSpec spec, Tensor strings) {
    for (int i = 0; i < strings.elements(); i++) {
      if (strings.isText(i)) {
        check(spec, strings, i);
      }
    }
  }

  private static void check(TensorSpec spec, Tensor strings, int index) {
    String text = strings.getString(index);
    int at = unpairedSurrogate(text);
    if (at >= 0) {
      throw new InvalidInputException(
          spec.name(),
          "Unicode text",
          String.format(
              Locale.ROOT,
              "element %d of %s with the unpaired surrogate U+%04X at index %d, which has no UTF-8",
              index,
              strings,
              (int) text.charAt(at),
              at));
    }
  }

  private static int unpairedSurrogate(String text) {
    int at = 0;
    while (at < text.length()) {
      int point = text.codePointAt(at);
      if (point >= Character.MIN_SURROGATE && point <= Character.MAX_SURROGATE) {
        return at;
      }
      at += Character.charCount(point);
    }
    return -1;
  }
}
