package dev.inproc.inference.engine;

import dev.inproc.inference.InvalidInputException;
import dev.inproc.inference.tensor.DataType;
import dev.inproc.inference.tensor.Shape;
import dev.inproc.inference.tensor.Signature;
import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.TensorSpec;
import dev.inproc.inference.tensor.Tensors;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Checks tensors against a signature: what does not fit never reaches native code. */
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
    long bytes = 0;
    for (int i = 0; i < layout.inputs(); i++) {
      TensorSpec spec = layout.inputSpec(i);
      Tensor tensor = tensor(spec, i, inputs, hint);
      checkShape(spec, tensor, hint);
      if (sizes.length > 0) {
        bind(layout, i, 0, spec, tensor.shape(), sizes);
      }
      bytes += tensor.byteSize();
    }
    if (inputs.size() != layout.inputs()) {
      checkSurplus(layout.example(), inputs);
    }
    if (bytes > maxBytes) {
      throw new InvalidInputException(
          layout.inputSpec(0).name(),
          "at most " + maxBytes + " bytes in all (SessionOptions.maxRunBytes)",
          bytes + " bytes");
    }
    return layout.hasOpenInputs() ? layout.sizesOf(inputs) : sizes;
  }

  /** A call that is batched already: its rows (1 without a batch axis) and sizes. */
  record Raw(int rows, long[] sizes) {}

  /** Checks a call that is batched already against the model's own signature. */
  static Raw raw(Layout layout, Tensors inputs) {
    List<TensorSpec> specs = layout.raw().inputs();
    int skipped = layout.isBatched() ? 1 : 0;
    long[] sizes = layout.newSizes(TensorSpec.DYNAMIC);
    long rows = 0;
    for (int i = 0; i < specs.size(); i++) {
      TensorSpec spec = specs.get(i);
      Tensor tensor = tensor(spec, i, inputs, "");
      checkShape(spec, tensor, "");
      if (layout.isBatched() && rows != 0 && tensor.shape().dim(0) != rows) {
        throw new InvalidInputException(
            spec.name(), rows + " rows, as in the inputs before", tensor.toString());
      }
      rows = layout.isBatched() ? tensor.shape().dim(0) : 1;
      bind(layout, i, skipped, spec, tensor.shape(), sizes);
    }
    checkSurplus(layout.raw(), inputs);
    return new Raw(Math.toIntExact(rows), layout.hasOpenInputs() ? layout.sizesOf(inputs) : sizes);
  }

  private static Tensor tensor(TensorSpec spec, int position, Tensors inputs, String hint) {
    Tensor tensor = find(spec.name(), position, inputs);
    if (tensor == null) {
      throw new InvalidInputException(
          spec.name(), expected(spec, hint), "none; the call has " + inputs.names());
    }
    if (tensor.type() != spec.type()) {
      throw new InvalidInputException(spec.name(), expected(spec, hint), tensor.toString());
    }
    if (tensor.type() == DataType.STRING) {
      TextCheck.check(spec, tensor);
    }
    return tensor;
  }

  private static void checkShape(TensorSpec spec, Tensor tensor, String hint) {
    if (!spec.accepts(tensor.shape())) {
      throw new InvalidInputException(spec.name(), expected(spec, hint), tensor.toString());
    }
    if (tensor.shape().elements() == 0) {
      throw new InvalidInputException(
          spec.name(), "no dimension of length zero", tensor.toString());
    }
  }

  private static void bind(
      Layout layout, int input, int skipped, TensorSpec spec, Shape shape, long[] sizes) {
    for (int axis = skipped; spec.hasRank() && axis < shape.rank(); axis++) {
      int variable = layout.inputVariable(input, axis - skipped);
      if (variable == Layout.FIXED) {
        continue;
      }
      if (sizes[variable] == TensorSpec.DYNAMIC) {
        sizes[variable] = shape.dim(axis);
      } else if (sizes[variable] != shape.dim(axis)) {
        throw new InvalidInputException(
            spec.name(),
            layout.variableName(variable)
                + " = "
                + sizes[variable]
                + " in dimension "
                + axis
                + ", as in the inputs before",
            spec.type().toString() + shape);
      }
    }
  }

  /** Callers mostly give inputs in the model's order: look there first. */
  static @Nullable Tensor find(String name, int position, Tensors inputs) {
    if (position < inputs.size() && inputs.names().get(position).equals(name)) {
      return inputs.at(position);
    }
    return inputs.find(name);
  }

  private static String expected(TensorSpec spec, String hint) {
    return spec.type() + spec.dimensions() + hint;
  }

  private static void checkSurplus(Signature signature, Tensors inputs) {
    if (inputs.size() == signature.inputs().size()) {
      return;
    }
    List<String> known = signature.inputs().stream().map(TensorSpec::name).toList();
    String name =
        inputs.names().stream().filter(each -> !known.contains(each)).findFirst().orElseThrow();
    throw new InvalidInputException(
        name, "no such input; the model takes " + known, inputs.get(name).toString());
  }
}
