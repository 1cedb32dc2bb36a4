package dev.inproc.examples;

import com.google.gson.JsonElement;
import com.google.gson.JsonPrimitive;
import dev.inproc.inference.InvalidInputException;
import dev.inproc.inference.tensor.Shape;
import dev.inproc.inference.tensor.Tensor;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;

/**
 * STRING tensors whose elements are bytes, in JSON under the type {@code BYTES} and as base64. Only
 * bytes that are UTF-8 for now: a tensor holds text.
 */
final class TensorBytes {
  static final String TYPE = "BYTES";

  private TensorBytes() {}

  /** Returns a tensor of these values, each in base64. */
  static Tensor read(String input, Shape shape, List<JsonElement> values) {
    String[] elements = new String[values.size()];
    for (int i = 0; i < elements.length; i++) {
      elements[i] = text(input, decode(input, values.get(i)), values.get(i));
    }
    return Tensor.of(shape, elements);
  }

  private static byte[] decode(String input, JsonElement value) {
    try {
      if (value instanceof JsonPrimitive primitive && primitive.isString()) {
        return Base64.getDecoder().decode(primitive.getAsString());
      }
    } catch (IllegalArgumentException e) {
      // no base64
    }
    throw new InvalidInputException(input, "bytes in base64", JsonNumbers.describe(value));
  }

  private static String text(String input, byte[] bytes, JsonElement value) {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      String actual = JsonNumbers.describe(value);
      throw new InvalidInputException(input, "bytes that are UTF-8, in base64", actual);
    }
  }
}
