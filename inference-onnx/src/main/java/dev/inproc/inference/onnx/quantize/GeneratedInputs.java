package dev.inproc.inference.onnx.quantize;

import dev.inproc.inference.tensor.DataType;
import dev.inproc.inference.tensor.Shape;
import dev.inproc.inference.tensor.Signature;
import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.TensorSpec;
import dev.inproc.inference.tensor.Tensors;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;

/** Examples made up from a signature: normal noise, small integers, ones for masks. */
final class GeneratedInputs {
  private static final int SEED = 20;
  private static final int LARGEST_ID = 100;
  private static final int[] SIZES = {16, 8, 24, 5};

  private GeneratedInputs() {}

  static List<Tensors> of(Signature signature, int count) {
    Random random = new Random(SEED);
    List<Tensors> examples = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      examples.add(example(signature.inputs(), SIZES[i % SIZES.length], random));
    }
    return examples;
  }

  private static Tensors example(List<TensorSpec> specs, int size, Random random) {
    Map<String, Long> symbols = new HashMap<>();
    return Tensors.of(
        specs.stream().map(TensorSpec::name).toList(),
        i -> tensor(specs.get(i), shape(specs.get(i), size, symbols), random));
  }

  private static Shape shape(TensorSpec spec, int size, Map<String, Long> symbols) {
    if (!spec.hasRank()) {
      return Shape.of(size);
    }
    long[] dims = new long[spec.rank()];
    for (int axis = 0; axis < dims.length; axis++) {
      String symbol = spec.symbol(axis);
      dims[axis] =
          spec.dim(axis) != TensorSpec.DYNAMIC
              ? spec.dim(axis)
              : symbols.computeIfAbsent(symbol == null ? "?" : symbol, any -> (long) size);
    }
    return Shape.of(dims);
  }

  private static Tensor tensor(TensorSpec spec, Shape shape, Random random) {
    String name = spec.name().toLowerCase(Locale.ROOT);
    boolean mask = name.contains("mask");
    int elements = (int) shape.elements();
    if (spec.type() == DataType.FLOAT32) {
      float[] values = new float[elements];
      for (int i = 0; i < elements; i++) {
        values[i] = mask ? 1 : (float) random.nextGaussian();
      }
      return Tensor.of(shape, values);
    }
    if (spec.type() == DataType.INT64) {
      boolean zero = name.contains("type") || name.contains("segment");
      boolean position = name.contains("position");
      long[] values = new long[elements];
      for (int i = 0; i < elements; i++) {
        values[i] = mask ? 1 : zero ? 0 : position ? i : random.nextInt(LARGEST_ID);
      }
      return Tensor.of(shape, values);
    }
    throw new IllegalArgumentException(
        "Input " + spec + " cannot be made up, only FLOAT32 and INT64: give the gate examples");
  }
}
