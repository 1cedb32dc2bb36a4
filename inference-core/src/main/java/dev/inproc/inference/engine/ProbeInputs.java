package dev.inproc.inference.engine;

import dev.inproc.inference.tensor.DataType;
import dev.inproc.inference.tensor.Shape;
import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.TensorSpec;
import dev.inproc.inference.tensor.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;

/**
 * The examples of one probe: some of equal sizes, and a longer one.
 *
 * @param ordinary at least two of equal sizes; the first is compared most
 * @param longer at least as large in every dimension
 */
record ProbeInputs(List<Tensors> ordinary, Tensors longer) {
  private static final int COUNT = 4;
  private static final double OUTLIER = 1000;

  /**
   * Pairs of a size for dynamic dimensions and a bound for integers, tried until the model accepts
   * one. An odd size comes first: kernels work through four or more elements at a time, and only
   * the remainder shows where a row's place in the batch changes its bits.
   */
  private static final int[][] GUESSES = {
    {15, 1000}, {15, 100}, {15, 2}, {16, 1000}, {16, 100}, {16, 2}, {64, 1000}, {224, 2}
  };

  /**
   * Returns inputs from the user's examples, or several guesses at inputs that the model accepts.
   */
  static List<ProbeInputs> candidates(Layout layout, List<Tensors> given) {
    if (!given.isEmpty()) {
      return List.of(of(layout, given));
    }
    List<ProbeInputs> guesses = new ArrayList<>();
    for (int[] guess : GUESSES) {
      if (layout.variables() > 0 || guess[0] == GUESSES[0][0]) {
        guesses.add(madeUp(layout, guess[0], guess[1]));
      }
    }
    return guesses;
  }

  // ---- from the user's ----

  private static ProbeInputs of(Layout layout, List<Tensors> given) {
    long[] sizes = layout.sizesOf(given.get(0));
    List<Tensors> alike = new ArrayList<>();
    Tensors longer = null;
    for (Tensors each : given) {
      long[] own = layout.sizesOf(each);
      if (Arrays.equals(own, sizes)) {
        alike.add(each);
      } else if (longer == null && covers(own, sizes)) {
        longer = each;
      }
    }
    // More examples that the model accepts: the same values in another order.
    for (int i = 0; alike.size() < COUNT; i++) {
      int turn = i + 1;
      alike.add(map(alike.get(i), (name, tensor) -> rotated(tensor, turn)));
    }
    if (longer == null) {
      long[] larger = Arrays.stream(sizes).map(size -> size + size / 2 + 1).toArray();
      longer = stretched(layout, given.get(0), larger);
    }
    return new ProbeInputs(alike, longer);
  }

  private static boolean covers(long[] larger, long[] sizes) {
    for (int i = 0; i < sizes.length; i++) {
      if (larger[i] < sizes[i]) {
        return false;
      }
    }
    return true;
  }

  /** Returns the first example cut to two thirds in every dynamic dimension. */
  Tensors shorter(Layout layout) {
    long[] sizes = layout.sizesOf(ordinary.get(0));
    long[] smaller = Arrays.stream(sizes).map(size -> Math.max(1, size * 2 / 3)).toArray();
    return stretched(layout, ordinary.get(0), smaller);
  }

  private static Tensors stretched(Layout layout, Tensors example, long[] sizes) {
    List<TensorSpec> specs = layout.example().inputs();
    return Tensors.of(
        specs.stream().map(TensorSpec::name).toList(),
        i -> pick(example.get(specs.get(i).name()), layout.inputShape(i, sizes), 0));
  }

  private static Tensor rotated(Tensor tensor, int turn) {
    return pick(tensor, tensor.shape(), turn);
  }

  /**
   * Returns a tensor of this shape with the elements of another, repeated cyclically from an index
   * on.
   */
  private static Tensor pick(Tensor source, Shape shape, int start) {
    int count = source.elements();
    if (source.type() == DataType.STRING) {
      Object[] strings = new Object[(int) shape.elements()];
      for (int i = 0; i < strings.length; i++) {
        source.copyElements((start + i) % count, 1, strings, i);
      }
      return Tensor.ofElements(shape, strings);
    }
    int size = source.type().byteSize();
    return Tensor.fill(
        source.type(),
        shape,
        bytes -> {
          for (int i = 0; i < shape.elements(); i++) {
            source.copyBytes((start + i) % count * size, size, bytes, i * size);
          }
        });
  }

  // ---- made up ----

  private static ProbeInputs madeUp(Layout layout, int size, int limit) {
    long[] sizes = layout.newSizes(size);
    long[] larger = layout.newSizes(size + size / 2);
    Random random = new Random(1);
    List<Tensors> ordinary = new ArrayList<>();
    for (int i = 0; i < COUNT; i++) {
      ordinary.add(madeUp(layout, sizes, limit, random));
    }
    return new ProbeInputs(ordinary, madeUp(layout, larger, limit, random));
  }

  private static Tensors madeUp(Layout layout, long[] sizes, int limit, Random random) {
    List<TensorSpec> specs = layout.example().inputs();
    return Tensors.of(
        specs.stream().map(TensorSpec::name).toList(),
        i -> tensor(specs.get(i), layout.inputShape(i, sizes), limit, random));
  }

  private static Tensor tensor(TensorSpec spec, Shape shape, int limit, Random random) {
    if (spec.type() == DataType.STRING) {
      String[] words = new String[(int) shape.elements()];
      Arrays.setAll(words, i -> "word " + random.nextInt(limit));
      return Tensor.of(shape, words);
    }
    return numbers(spec.type(), shape, i -> value(spec, i, limit, random));
  }

  /** Chooses a value by the name of the input, which tells more than its type. */
  private static double value(TensorSpec spec, int index, int limit, Random random) {
    String name = spec.name().toLowerCase(Locale.ROOT);
    if (isMask(name) || spec.type() == DataType.BOOL) {
      return 1;
    }
    if (isFloating(spec.type())) {
      return random.nextGaussian();
    }
    if (name.contains("type") || name.contains("segment")) {
      return 0;
    }
    if (name.contains("position")) {
      return index;
    }
    boolean isByte = spec.type().byteSize() == 1;
    return random.nextInt(isByte ? Math.min(limit, Byte.MAX_VALUE + 1) : limit);
  }

  private static boolean isMask(String name) {
    return name.toLowerCase(Locale.ROOT).contains("mask");
  }

  private static boolean isFloating(DataType type) {
    return switch (type) {
      case FLOAT32, FLOAT64, FLOAT16, BFLOAT16 -> true;
      default -> false;
    };
  }

  // ---- hostile variants ----

  /** Whether any input can hold outliers and NaN. */
  boolean hasFloats() {
    Tensors example = ordinary.get(0);
    return example.names().stream()
        .anyMatch(name -> isFloating(example.get(name).type()) && !isMask(name));
  }

  /** Returns the example at this index, changed into a companion of this kind. */
  Tensors companion(ProbeCompanions kind, int index) {
    Tensors example = ordinary.get(index % ordinary.size());
    return switch (kind) {
      case OUTLIERS -> map(example, (name, tensor) -> changed(name, tensor, OUTLIER));
      case NANS -> map(example, (name, tensor) -> changed(name, tensor, Double.NaN));
      default -> example;
    };
  }

  private static Tensor changed(String name, Tensor tensor, double factor) {
    if (!isFloating(tensor.type()) || isMask(name)) {
      return tensor;
    }
    boolean wide = tensor.type() == DataType.FLOAT64;
    return numbers(
        tensor.type(),
        tensor.shape(),
        i -> factor * (wide ? tensor.getDouble(i) : tensor.getFloat(i)));
  }

  private static Tensor numbers(DataType type, Shape shape, Numbers values) {
    return Tensor.fill(
        type,
        shape,
        bytes -> {
          for (int i = 0; i < shape.elements(); i++) {
            bytes.put(Collation.element(type, values.at(i)));
          }
        });
  }

  private interface Numbers {
    double at(int index);
  }

  private interface Change {
    Tensor of(String name, Tensor tensor);
  }

  private static Tensors map(Tensors tensors, Change change) {
    List<String> names = tensors.names();
    return Tensors.of(names, i -> change.of(names.get(i), tensors.at(i)));
  }
}
