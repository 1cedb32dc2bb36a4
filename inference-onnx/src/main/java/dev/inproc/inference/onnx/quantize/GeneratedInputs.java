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

  /** Every vocabulary has so many ids. */
  private static final int LARGEST_ID = 100;

  private static final int MAX_IDS = 1 << 20; // of a vocabulary, so that an int holds the bound

  /** Of symbolic dimensions, in turn: no two neighbours are equal. */
  private static final int[] SIZES = {16, 8, 24, 5};

  private GeneratedInputs() {}

  static List<Tensors> of(Signature signature, int count) {
    return of(signature, count, Map.of());
  }

  /**
   * Returns examples.
   *
   * @param vocabularies of inputs that hold ids, how many ids there are; {@link #LARGEST_ID} of
   *     others
   */
  static List<Tensors> of(Signature signature, int count, Map<String, Long> vocabularies) {
    Random random = new Random(SEED);
    List<Tensors> examples = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      examples.add(example(signature.inputs(), SIZES[i % SIZES.length], random, vocabularies));
    }
    return examples;
  }

  private static Tensors example(
      List<TensorSpec> specs, int size, Random random, Map<String, Long> vocabularies) {
    Map<String, Long> symbols = new HashMap<>();
    return Tensors.of(
        specs.stream().map(TensorSpec::name).toList(),
        i -> {
          TensorSpec spec = specs.get(i);
          long ids = vocabularies.getOrDefault(spec.name(), (long) LARGEST_ID);
          return tensor(spec, shape(spec, size, symbols), random, (int) Math.min(ids, MAX_IDS));
        });
  }

  /** Returns an example, which has no batch axis, as a batch of one where the signature has one. */
  static Tensors batchOfOne(Signature raw, Tensors example) {
    return Tensors.of(
        raw.inputs().stream().map(TensorSpec::name).toList(),
        i -> {
          TensorSpec spec = raw.inputs().get(i);
          Tensor tensor = example.get(spec.name());
          boolean lacksOne = spec.hasRank() && spec.rank() == tensor.shape().rank() + 1;
          return lacksOne ? tensor.reshape(withOne(tensor.shape())) : tensor;
        });
  }

  private static Shape withOne(Shape shape) {
    long[] dims = new long[shape.rank() + 1];
    dims[0] = 1;
    System.arraycopy(shape.dims(), 0, dims, 1, shape.rank());
    return Shape.of(dims);
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

  private static Tensor tensor(TensorSpec spec, Shape shape, Random random, int ids) {
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
        values[i] = mask ? 1 : zero ? 0 : position ? i : random.nextInt(ids);
      }
      return Tensor.of(shape, values);
    }
    throw new IllegalArgumentException(
        "Input " + spec + " cannot be made up, only FLOAT32 and INT64: give the gate examples");
  }
}
