package dev.inproc.inference.deploy;

import dev.inproc.inference.tensor.DataType;
import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.Tensors;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The numbers of an answer, in a row. */
final class AnswerVectors {
  private AnswerVectors() {}

  /** Returns the numbers; null if the answer has none that are known how to find. */
  static float @Nullable [] of(@Nullable Object answer) {
    if (answer instanceof float[] floats) {
      return floats;
    }
    List<float[]> parts = new ArrayList<>();
    if (!addTo(parts, answer)) {
      return null;
    }
    int size = parts.stream().mapToInt(part -> part.length).sum();
    float[] all = new float[size];
    int at = 0;
    for (float[] part : parts) {
      System.arraycopy(part, 0, all, at, part.length);
      at += part.length;
    }
    return size == 0 ? null : all;
  }

  private static boolean addTo(List<float[]> parts, @Nullable Object answer) {
    if (answer instanceof Number number) {
      return parts.add(new float[] {number.floatValue()});
    }
    if (answer instanceof float[] floats) {
      return parts.add(floats);
    }
    if (answer instanceof double[] doubles) {
      float[] floats = new float[doubles.length];
      for (int i = 0; i < floats.length; i++) {
        floats[i] = (float) doubles[i];
      }
      return parts.add(floats);
    }
    if (answer instanceof float[][] || answer instanceof double[][]) {
      for (Object row : (Object[]) answer) {
        if (!addTo(parts, row)) {
          return false;
        }
      }
      return true;
    }
    if (answer instanceof Tensor tensor) {
      return tensor.type() == DataType.FLOAT32 && parts.add(tensor.toFloats());
    }
    if (answer instanceof Tensors tensors) {
      tensors.asMap().values().forEach(tensor -> addTo(parts, tensor));
      return true;
    }
    return false;
  }
}
