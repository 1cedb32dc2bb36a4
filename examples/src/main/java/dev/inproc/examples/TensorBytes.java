package dev.inproc.examples;

import com.google.gson.JsonElement;
import com.google.gson.JsonPrimitive;
import dev.inproc.inference.InvalidInputException;
import dev.inproc.inference.tensor.DataType;
import dev.inproc.inference.tensor.Shape;
import dev.inproc.inference.tensor.Tensor;
import java.util.Base64;
import java.util.List;

/** STRING tensors whose elements are bytes, in JSON under the type {@code BYTES} and as base64. */
final class TensorBytes {
  static final String TYPE = "BYTES";

  private TensorBytes() {}

  /** Returns a tensor of these values, each in base64. */
  static Tensor read(String input, Shape shape, List<JsonElement> values) {
    byte[][] elements = new byte[values.size()][];
    for (int i = 0; i < elements.length; i++) {
      elements[i] = decode(input, values.get(i));
    }
    return Tensor.ofBytes(shape, elements);
  }

  /** Returns whether an element of a STRING tensor is not text. */
  static boolean isBytes(Tensor tensor) {
    for (int i = 0; tensor.type() == DataType.STRING && i < tensor.elements(); i++) {
      if (!tensor.isText(i)) {
        return true;
      }
    }
    return false;
  }

  /** Returns an element in base64. */
  static String encode(Tensor tensor, int index) {
    return Base64.getEncoder().encodeToString(tensor.getBytes(index));
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
}
