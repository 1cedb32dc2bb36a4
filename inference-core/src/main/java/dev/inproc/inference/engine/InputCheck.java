package dev.inproc.inference.engine;

import dev.inproc.inference.EngineException;
import dev.inproc.inference.InvalidInputException;
import dev.inproc.inference.tensor.DataType;
import dev.inproc.inference.tensor.Shape;
import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.TensorSpec;
import dev.inproc.inference.tensor.Tensors;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Checks tensors against a signature, so that none that does not fit reaches native code. If one
 * dimension name has two sizes, the engine decides: see {@link Layout}.
 */
final class InputCheck {
  private static final String EXAMPLE_HINT = " (one example, without the batch axis)";

  private InputCheck() {}

  /**
   * Checks one example and returns its sizes.
   *
   * @throws InvalidInputException naming the input, what was expected and what came
   */
  static long[] example(Layout layout, Tensors inputs, long maxBytes) {
    String hint = layout.isBatched() ? EXAMPLE_HINT : "";
    long[] sizes = layout.newSizes(TensorSpec.DYNAMIC);
    boolean regular = true;
    boolean inOrder = layout.isInOrder(inputs.names());
    double bytes = 0;
    for (int i = 0; i < layout.inputs(); i++) {
      Tensor tensor = inOrder ? inputs.at(i) : tensor(layout.inputSpec(i), i, inputs, hint);
      if (tensor.type() != layout.inputType(i) || !layout.accepts(i, tensor.shape())) {
        throw unfit(layout.inputSpec(i), tensor, hint);
      }
      if (tensor.type() == DataType.STRING) {
        TextCheck.check(layout.inputSpec(i), tensor);
      }
      if (sizes.length > 0) {
        regular &= layout.bind(i, 0, tensor.shape(), sizes);
      }
      bytes += bytes(tensor);
    }
    if (inputs.size() != layout.inputs()) {
      checkSurplus(layout, inputs);
    }
    if (bytes > maxBytes) {
      throw tooLarge(layout.inputSpec(0), bytes, maxBytes);
    }
    return sizes(layout, inputs, sizes, regular);
  }

  /**
   * Whether an example passes the check, with equal sizes, because the checked example before it
   * has the same names, types and shapes. Most callers reuse these objects, so that they are
   * compared by identity. What a text holds is checked too, so that no example with text is alike.
   */
  @SuppressWarnings("ReferenceEquality")
  static boolean areAlike(Layout layout, Tensors checked, @Nullable Tensors next) {
    if (next == null || next.names() != checked.names() || !layout.hasFixedSizes()) {
      return false;
    }
    for (int i = 0; i < checked.size(); i++) {
      Tensor before = checked.at(i);
      Tensor tensor = next.at(i);
      if (tensor.type() != before.type() || tensor.shape() != before.shape()) {
        return false;
      }
    }
    return true;
  }

  private static long[] sizes(Layout layout, Tensors inputs, long[] sizes, boolean regular) {
    if (!regular) {
      return layout.irregular(inputs);
    }
    return layout.hasOpenInputs() ? layout.withOpenShapes(sizes, inputs) : sizes;
  }

  /**
   * A checked call that is batched already.
   *
   * @param rows 1 without a batch axis, {@link Layout#WHOLE} if the shapes are whole
   */
  record Raw(int rows, long[] sizes) {}

  /** Checks a call that is batched already against the model's own signature. */
  static Raw raw(Layout layout, Tensors inputs, long maxBytes) {
    int skipped = layout.isBatched() ? 1 : 0;
    long[] sizes = layout.newSizes(TensorSpec.DYNAMIC);
    boolean regular = true;
    long rows = TensorSpec.DYNAMIC;
    double bytes = 0;
    for (int i = 0; i < layout.inputs(); i++) {
      TensorSpec spec = layout.rawInputSpec(i);
      Tensor tensor = tensor(spec, i, inputs, "");
      if (tensor.type() != spec.type() || !spec.accepts(tensor.shape())) {
        throw unfit(spec, tensor, "");
      }
      if (tensor.type() == DataType.STRING) {
        TextCheck.check(spec, tensor);
      }
      if (layout.isBatched()) {
        long own = tensor.shape().dim(0);
        regular &= rows == TensorSpec.DYNAMIC || rows == own;
        rows = own;
      }
      regular &= layout.bind(i, skipped, tensor.shape(), sizes);
      bytes += bytes(tensor);
    }
    if (inputs.size() != layout.inputs()) {
      checkSurplus(layout, inputs);
    }
    if (bytes > maxBytes) {
      throw tooLarge(layout.rawInputSpec(0), bytes, maxBytes);
    }
    if (!regular) {
      return new Raw(Layout.WHOLE, layout.irregular(inputs));
    }
    int count = layout.isBatched() ? Math.toIntExact(Math.max(0, rows)) : 1;
    return new Raw(count, sizes(layout, inputs, sizes, true));
  }

  private static Tensor tensor(TensorSpec spec, int position, Tensors inputs, String hint) {
    Tensor tensor = Layout.find(spec.name(), position, inputs);
    if (tensor == null) {
      throw new InvalidInputException(
          spec.name(), expected(spec, hint), "none; the call has " + inputs.names());
    }
    return tensor;
  }

  private static InvalidInputException unfit(TensorSpec spec, Tensor tensor, String hint) {
    return new InvalidInputException(spec.name(), expected(spec, hint), tensor.toString());
  }

  /**
   * The bytes of a tensor. A dimension of length zero counts as one: a sum along it has as many
   * elements as the other dimensions have together.
   */
  private static double bytes(Tensor tensor) {
    return tensor.shape().elements() > 0 ? tensor.byteSize() : bytesOfOthers(tensor);
  }

  private static double bytesOfOthers(Tensor tensor) {
    Shape shape = tensor.shape();
    double bytes = tensor.type() == DataType.STRING ? 1 : tensor.type().byteSize();
    for (int axis = 0; axis < shape.rank(); axis++) {
      bytes *= Math.max(1, shape.dim(axis));
    }
    return bytes;
  }

  private static InvalidInputException tooLarge(TensorSpec first, double bytes, long maxBytes) {
    return new InvalidInputException(
        first.name(),
        "at most " + maxBytes + " bytes in all (SessionOptions.maxRunBytes)",
        String.format(Locale.ROOT, "%.0f", bytes) + " bytes");
  }

  private static String expected(TensorSpec spec, String hint) {
    return spec.type() + spec.dimensions() + hint;
  }

  private static void checkSurplus(Layout layout, Tensors inputs) {
    int unused = 0;
    for (String name : inputs.names()) {
      unused += layout.isUnused(name) ? 1 : 0;
    }
    if (inputs.size() == layout.inputs() + unused) {
      return;
    }
    Set<String> known = new HashSet<>();
    for (int i = 0; i < layout.inputs(); i++) {
      known.add(layout.inputSpec(i).name());
    }
    for (String name : inputs.names()) {
      if (!known.contains(name) && !layout.isUnused(name)) {
        List<String> all = layout.raw().inputs().stream().map(TensorSpec::name).toList();
        throw new InvalidInputException(
            name, "no such input; the model takes " + all, inputs.get(name).toString());
      }
    }
  }

  // ---- one name, two sizes ----

  /** An input in which a dimension name has another size than in the inputs before. */
  record Clash(TensorSpec spec, Tensor tensor, String expected) {
    /** The failure of a call that the engine could not run. */
    InvalidInputException refused(EngineException cause) {
      return new InvalidInputException(
          spec.name(),
          expected + ", as in the inputs before",
          tensor + ", which the engine could not run: " + cause.getMessage(),
          cause);
    }
  }

  /** Returns the first clash of inputs that are irregular. */
  static Clash clash(Layout layout, Tensors inputs, boolean whole) {
    int skipped = whole && layout.isBatched() ? 1 : 0;
    long[] sizes = layout.newSizes(TensorSpec.DYNAMIC);
    long rows = TensorSpec.DYNAMIC;
    for (int i = 0; i < layout.inputs(); i++) {
      TensorSpec spec = whole ? layout.rawInputSpec(i) : layout.inputSpec(i);
      Tensor tensor = tensor(spec, i, inputs, "");
      if (skipped == 1 && rows != TensorSpec.DYNAMIC && rows != tensor.shape().dim(0)) {
        return new Clash(spec, tensor, rows + " rows");
      }
      rows = skipped == 1 ? tensor.shape().dim(0) : rows;
      for (int axis = skipped; spec.hasRank() && axis < spec.rank(); axis++) {
        int variable = layout.inputVariable(i, axis - skipped);
        long size = tensor.shape().dim(axis);
        if (variable == Layout.FIXED || sizes[variable] == size) {
          continue;
        }
        if (sizes[variable] != TensorSpec.DYNAMIC) {
          String name = layout.variableName(variable);
          return new Clash(spec, tensor, name + " = " + sizes[variable] + " in dimension " + axis);
        }
        sizes[variable] = size;
      }
    }
    throw new IllegalStateException("No clash in " + inputs);
  }
}
