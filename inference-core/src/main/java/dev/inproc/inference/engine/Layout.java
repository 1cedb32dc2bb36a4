package dev.inproc.inference.engine;

import dev.inproc.inference.tensor.Shape;
import dev.inproc.inference.tensor.Signature;
import dev.inproc.inference.tensor.TensorSpec;
import dev.inproc.inference.tensor.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/**
 * How one example lies in a batch, worked out once from the signature. Every dynamic dimension of
 * an example is a <em>variable</em>; dimensions of one symbolic name share one. The sizes of an
 * example are then a short {@code long[]}, one entry a variable, and everything else follows: which
 * examples are alike, the shapes of a run, and where each answer ends.
 *
 * <p>Inputs of unknown rank, of which there are none with a batch axis, bring their whole shape
 * along: behind the variables stand, for each of them, its rank and its dimensions.
 */
final class Layout {
  /** In place of a variable: the dimension is fixed. */
  static final int FIXED = -1;

  /** In place of a variable: nothing in the inputs tells the size. */
  static final int UNKNOWN = -2;

  private static final long[] NO_SIZES = {};

  private final Signature raw;
  private final Signature example;
  private final boolean batched;
  private final int fixedBatch;
  private final String[] variableNames;
  private final int openInputs; // those of unknown rank
  private final TensorSpec[] inputSpecs;
  private final int[][] inputVariables;
  private final int[] @Nullable [] outputVariables;

  Layout(Signature raw, BatchAxis axis) {
    this.raw = raw;
    batched = axis == BatchAxis.LEADING || (axis == BatchAxis.AUTO && BatchAxisRule.leads(raw));
    if (batched) {
      BatchAxisRule.checkCanLead(raw);
    }
    fixedBatch = batched ? BatchAxisRule.fixedSize(raw) : 0;
    example = batched ? dropBatch(raw) : raw;

    Map<String, Integer> bySymbol = new LinkedHashMap<>();
    List<String> names = new ArrayList<>();
    inputSpecs = example.inputs().toArray(new TensorSpec[0]);
    inputVariables = new int[example.inputs().size()][];
    for (int i = 0; i < inputVariables.length; i++) {
      inputVariables[i] = variablesOf(example.inputs().get(i), bySymbol, names);
    }
    variableNames = names.toArray(String[]::new);
    openInputs = (int) example.inputs().stream().filter(spec -> !spec.hasRank()).count();
    int[] @Nullable [] outputs = new int[example.outputs().size()] @Nullable [];
    for (int i = 0; i < outputs.length; i++) {
      outputs[i] = boundVariables(example.outputs().get(i), bySymbol);
    }
    outputVariables = outputs;
  }

  private static Signature dropBatch(Signature raw) {
    return new Signature(
        raw.inputs().stream().map(TensorSpec::dropFirst).toList(),
        raw.outputs().stream()
            .map(spec -> spec.hasRank() && spec.rank() > 0 ? spec.dropFirst() : unknown(spec))
            .toList());
  }

  /** An engine may report a rank of nought for an output that it knows nothing of. */
  private static TensorSpec unknown(TensorSpec spec) {
    return TensorSpec.unknownRank(spec.name(), spec.type());
  }

  private static int[] variablesOf(
      TensorSpec spec, Map<String, Integer> bySymbol, List<String> names) {
    int[] variables = new int[spec.hasRank() ? spec.rank() : 0];
    for (int axis = 0; axis < variables.length; axis++) {
      String symbol = spec.symbol(axis);
      if (spec.dim(axis) != TensorSpec.DYNAMIC) {
        variables[axis] = FIXED;
      } else if (symbol != null && bySymbol.containsKey(symbol)) {
        variables[axis] = bySymbol.get(symbol);
      } else {
        variables[axis] = names.size();
        names.add(symbol == null ? spec.name() + "[" + axis + "]" : symbol);
        if (symbol != null) {
          bySymbol.put(symbol, variables[axis]);
        }
      }
    }
    return variables;
  }

  private static int @Nullable [] boundVariables(TensorSpec spec, Map<String, Integer> bySymbol) {
    if (!spec.hasRank()) {
      return null;
    }
    int[] variables = new int[spec.rank()];
    for (int axis = 0; axis < variables.length; axis++) {
      String symbol = spec.symbol(axis);
      variables[axis] =
          spec.dim(axis) != TensorSpec.DYNAMIC
              ? FIXED
              : symbol == null ? UNKNOWN : bySymbol.getOrDefault(symbol, UNKNOWN);
    }
    return variables;
  }

  Signature raw() {
    return raw;
  }

  Signature example() {
    return example;
  }

  boolean isBatched() {
    return batched;
  }

  /** The examples that every run must have, 0 if any number will do. */
  int fixedBatch() {
    return fixedBatch;
  }

  TensorSpec inputSpec(int input) {
    return inputSpecs[input];
  }

  int inputs() {
    return inputVariables.length;
  }

  int variables() {
    return variableNames.length;
  }

  String variableName(int variable) {
    return variableNames[variable];
  }

  /** The variable of an example's input dimension, or {@link #FIXED}. */
  int inputVariable(int input, int axis) {
    return inputVariables[input][axis];
  }

  boolean hasOpenInputs() {
    return openInputs > 0;
  }

  /**
   * Sizes of an example with this in the place of each variable; inputs of any rank are scalars.
   */
  long[] newSizes(long each) {
    if (variableNames.length + openInputs == 0) {
      return NO_SIZES;
    }
    long[] sizes = new long[variableNames.length + openInputs];
    Arrays.fill(sizes, 0, variableNames.length, each);
    return sizes;
  }

  /** The shape of an example's input. */
  Shape inputShape(int input, long[] sizes) {
    TensorSpec spec = example.inputs().get(input);
    return spec.hasRank() ? shape(spec, inputVariables[input], sizes) : openShape(input, sizes);
  }

  private Shape openShape(int input, long[] sizes) {
    int at = variableNames.length;
    for (int i = 0; i < input; i++) {
      if (!example.inputs().get(i).hasRank()) {
        at += 1 + (int) sizes[at];
      }
    }
    return Shape.of(Arrays.copyOfRange(sizes, at + 1, at + 1 + (int) sizes[at]));
  }

  /** Whether an output's shape follows from the sizes of the inputs. */
  boolean isForeseeable(int output) {
    int[] variables = outputVariables[output];
    if (variables == null) {
      return false;
    }
    for (int variable : variables) {
      if (variable == UNKNOWN) {
        return false;
      }
    }
    return true;
  }

  /** Whether an output has dimensions of its own that change with the sizes of the inputs. */
  boolean isSized(int output) {
    int[] variables = outputVariables[output];
    if (variables == null) {
      return true;
    }
    for (int variable : variables) {
      if (variable != FIXED) {
        return true;
      }
    }
    return false;
  }

  /** The shape of an example's output; null if it cannot be foreseen. */
  @Nullable Shape outputShape(int output, long[] sizes) {
    int[] variables = outputVariables[output];
    if (variables == null || !isForeseeable(output)) {
      return null;
    }
    return shape(example.outputs().get(output), variables, sizes);
  }

  /** The bytes of an example's output, 0 if they cannot be foreseen. */
  double outputBytes(int output, long[] sizes) {
    int[] variables = outputVariables[output];
    if (variables == null || !isForeseeable(output)) {
      return 0;
    }
    TensorSpec spec = example.outputs().get(output);
    double bytes = spec.type().byteSize();
    for (int axis = 0; axis < variables.length; axis++) {
      bytes *= variables[axis] == FIXED ? spec.dim(axis) : sizes[variables[axis]];
    }
    return bytes;
  }

  /** The sizes of an example that was checked before. */
  long[] sizesOf(Tensors inputs) {
    long[] sizes = newSizes(0);
    for (int i = 0; variableNames.length > 0 && i < inputVariables.length; i++) {
      Shape shape = inputs.get(example.inputs().get(i).name()).shape();
      for (int axis = 0; axis < inputVariables[i].length; axis++) {
        if (inputVariables[i][axis] != FIXED) {
          sizes[inputVariables[i][axis]] = shape.dim(axis);
        }
      }
    }
    return openInputs == 0 ? sizes : withOpenShapes(sizes, inputs);
  }

  private long[] withOpenShapes(long[] variables, Tensors inputs) {
    LongStream.Builder all = LongStream.builder();
    Arrays.stream(variables, 0, variableNames.length).forEach(all);
    for (TensorSpec spec : example.inputs()) {
      if (!spec.hasRank()) {
        Shape shape = inputs.get(spec.name()).shape();
        all.add(shape.rank());
        Arrays.stream(shape.dims()).forEach(all);
      }
    }
    return all.build().toArray();
  }

  private static Shape shape(TensorSpec spec, int[] variables, long[] sizes) {
    long[] dims = new long[variables.length];
    for (int axis = 0; axis < dims.length; axis++) {
      dims[axis] = variables[axis] == FIXED ? spec.dim(axis) : sizes[variables[axis]];
    }
    return Shape.of(dims);
  }

  /** A run's shape of what one example has: the batch axis in front, if there is one. */
  Shape inRun(Shape exampleShape, int rows) {
    return batched ? exampleShape.prepend(rows) : exampleShape;
  }
}
