package dev.inproc.examples;

import com.google.gson.JsonElement;
import dev.inproc.inference.InvalidInputException;
import dev.inproc.inference.tensor.Shape;
import dev.inproc.inference.tensor.Tensor;
import java.util.List;

/** Tensors whose elements are bytes, in JSON under the type {@code BYTES} and as base64. */
final class TensorBytes {
  static final String TYPE = "BYTES";

  private TensorBytes() {}

  static Tensor read(String input, Shape shape, List<JsonElement> values) {
    throw new InvalidInputException(
        input, "text: this version has no bytes in tensors", values.size() + " values of BYTES");
  }

  static boolean holds(Tensor tensor) {
    return false;
  }

  static String base64(Tensor tensor, int index) {
    throw new IllegalStateException(tensor + " has no bytes at " + index);
  }
}
