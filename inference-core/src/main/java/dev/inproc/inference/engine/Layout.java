package dev.inproc.inference.engine;

import dev.inproc.inference.tensor.DataType;
import dev.inproc.inference.tensor.Shape;
import dev.inproc.inference.tensor.Signature;
import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.TensorSpec;
import dev.inproc.inference.tensor.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * How one example lies in a batch, worked out once from the signature. Every dynamic dimension of
 * an example is a <em>variable</em>; dimensions of one symbolic name share one. The sizes of an
 * example are then a short {@code long[]}, one entry a variable, and everything else follows: which
 * examples are alike, the shapes of a run, and where each answer ends.
 *
 * <p>Inputs of unknown rank, of which there are none with a batch axis, bring their whole shape
 * along, behind the variables: {@link OpenShapes}.
 *
 * <p>An example in which one name has two sizes is <em>irregular</em>. The names of a model are
 * what its exporter wrote down, and an engine does not need them, so the engine decides whether
 * such an example can be run. It brings the shapes of all inputs along, its outputs are not
 * foreseen, and nothing runs with it.
 */
final class Layout {
  /** In place of a variable: the dimension is fixed. */
  static final int FIXED = -1;

  /** In place of a variable: nothing in the inputs tells the size. */
  static final int UNKNOWN = -2;

  /** In place of the rows of a run whose shapes are whole, batch axis included. */
  static final int WHOLE = -1;

  private static final long IRREGULAR = -3; // in place of the first variable's size
  private static final long[] NO_SIZES = {};

  private final Signature raw;
  private final Signature example;
  private final boolean batched;
  private final int fixedBatch;
  private final String[] variableNames;
  private final int openInputs; // those of unknown rank
  private final int[] openIndexes; // of an input among those
  private final TensorSpec[] inputSpecs;
  private final DataType[] inputTypes;
  private final TensorSpec[] rawInputSpecs;
  private final int[][] inputVariables;
  private final @Nullable Shape[] fixedShapes; // of inputs without variables
  private final Set<String> unusedInputs;

  /** Names last seen in the signature's order. Races are harmless: the list cannot change. */
  private @Nullable List<String> inOrder;

  private final int[] @Nullable [] outputVariables;

  Layout(Signature raw, BatchAxis axis) {
    this(raw, axis, Set.of());
  }

  /**
   * Works out the layout of a signature.
   *
   * @param unusedInputs names that a call may hold beside the signature's; nothing reads them
   */
  Layout(Signature raw, BatchAxis axis, Set<String> unusedInputs) {
    this.raw = raw;
    this.unusedInputs = unusedInputs;
    batched = axis == BatchAxis.LEADING || (axis == BatchAxis.AUTO && BatchAxisRule.leads(raw));
    if (batched) {
      BatchAxisRule.checkCanLead(raw);
    }
    fixedBatch = batched ? BatchAxisRule.fixedSize(raw) : 0;
    example = batched ? dropBatch(raw) : raw;

    Map<String, Integer> bySymbol = new LinkedHashMap<>();
    List<String> names = new ArrayList<>();
    inputSpecs = example.inputs().toArray(new TensorSpec[0]);
    inputTypes = raw.inputs().stream().map(TensorSpec::type).toArray(DataType[]::new);
    rawInputSpecs = raw.inputs().toArray(new TensorSpec[0]);
    inputVariables = new int[inputSpecs.length][];
    fixedShapes = new @Nullable Shape[inputSpecs.length];
    openIndexes = new int[inputSpecs.length];
    int open = 0;
    for (int i = 0; i < inputVariables.length; i++) {
      TensorSpec spec = inputSpecs[i];
      inputVariables[i] = variablesOf(spec, bySymbol, names);
      openIndexes[i] = open;
      if (!spec.hasRank()) {
        open++;
      } else if (Arrays.stream(inputVariables[i]).allMatch(variable -> variable == FIXED)) {
        fixedShapes[i] = shape(spec, inputVariables[i], NO_SIZES);
      }
    }
    variableNames = names.toArray(String[]::new);
    openInputs = open;
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

  DataType inputType(int input) {
    return inputTypes[input];
  }

  /** Whether a call's names are the inputs in their order, so that positions tell them. */
  boolean isInOrder(List<String> names) {
    if (names == inOrder) {
      return true;
    }
    if (names.size() != inputSpecs.length) {
      return false;
    }
    for (int i = 0; i < inputSpecs.length; i++) {
      if (!inputSpecs[i].name().equals(names.get(i))) {
        return false;
      }
    }
    inOrder = names;
    return true;
  }

  /** The tensor of an input of a call that was checked before. */
  Tensor find(int input, Tensors inputs) {
    if (inputs.names() == inOrder) {
      return inputs.at(input);
    }
    Tensor tensor = find(inputSpecs[input].name(), input, inputs);
    if (tensor == null) {
      throw new IllegalStateException("Unchecked input: " + inputs);
    }
    return tensor;
  }

  /** Callers mostly give inputs in the model's order: this looks there first. */
  static @Nullable Tensor find(String name, int position, Tensors inputs) {
    if (position < inputs.size() && inputs.names().get(position).equals(name)) {
      return inputs.at(position);
    }
    return inputs.find(name);
  }

  /** Whether an example's input may have this shape. */
  @SuppressWarnings("ReferenceEquality") // the fast way: most callers reuse shapes
  boolean accepts(int input, Shape shape) {
    Shape fixed = fixedShapes[input];
    return fixed == shape || inputSpecs[input].accepts(shape);
  }

  /** The variable of an example's input dimension, or {@link #FIXED}. */
  int inputVariable(int input, int axis) {
    return inputVariables[input][axis];
  }

  /** The model's own spec of an input, batch axis included. */
  TensorSpec rawInputSpec(int input) {
    return rawInputSpecs[input];
  }

  boolean hasOpenInputs() {
    return openInputs > 0;
  }

  /** Whether a call may hold this, although no answer depends on it. */
  boolean isUnused(String name) {
    return unusedInputs.contains(name);
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

  /** Whether one name had two sizes in the example that these sizes are of. */
  boolean isIrregular(long[] sizes) {
    return variableNames.length > 0 ? sizes[0] == IRREGULAR : sizes.length > 0 && openInputs == 0;
  }

  /** The sizes of inputs in which one name has two sizes. */
  long[] irregular(Tensors inputs) {
    long[] variables = new long[variableNames.length];
    Arrays.fill(variables, IRREGULAR);
    List<Shape> shapes = new ArrayList<>(inputSpecs.length);
    for (int i = 0; i < inputSpecs.length; i++) {
      shapes.add(shapeOf(i, inputs));
    }
    return OpenShapes.append(variables, variables.length, shapes);
  }

  private Shape shapeOf(int input, Tensors inputs) {
    return find(input, inputs).shape();
  }

  /** The shape of an example's input. */
  Shape inputShape(int input, long[] sizes) {
    int variables = variableNames.length;
    if (isIrregular(sizes)) {
      return OpenShapes.shape(sizes, variables, inputSpecs.length, input);
    }
    Shape fixed = fixedShapes[input];
    if (fixed != null) {
      return fixed;
    }
    TensorSpec spec = inputSpecs[input];
    return spec.hasRank()
        ? shape(spec, inputVariables[input], sizes)
        : OpenShapes.shape(sizes, variables, openInputs, openIndexes[input]);
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
    if (variables == null || isIrregular(sizes) || !isForeseeable(output)) {
      return null;
    }
    return shape(example.outputs().get(output), variables, sizes);
  }

  /** The bytes of an example's output, 0 if they cannot be foreseen. */
  double outputBytes(int output, long[] sizes) {
    int[] variables = outputVariables[output];
    if (variables == null || isIrregular(sizes) || !isForeseeable(output)) {
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
    long[] sizes = newSizes(TensorSpec.DYNAMIC);
    for (int i = 0; variableNames.length > 0 && i < inputSpecs.length; i++) {
      if (fixedShapes[i] == null && !bind(i, 0, shapeOf(i, inputs), sizes)) {
        return irregular(inputs);
      }
    }
    return openInputs == 0 ? sizes : withOpenShapes(sizes, inputs);
  }

  /**
   * Notes the sizes of an input's dimensions.
   *
   * @param skipped the dimensions of the shape in front of an example's
   * @return false if a variable has another size already
   */
  boolean bind(int input, int skipped, Shape shape, long[] sizes) {
    int[] variables = inputVariables[input];
    boolean regular = true;
    for (int axis = 0; axis < variables.length; axis++) {
      int variable = variables[axis];
      if (variable != FIXED) {
        long size = shape.dim(axis + skipped);
        regular &= sizes[variable] == TensorSpec.DYNAMIC || sizes[variable] == size;
        sizes[variable] = size;
      }
    }
    return regular;
  }

  /** Adds the shapes of inputs of unknown rank. */
  long[] withOpenShapes(long[] sizes, Tensors inputs) {
    List<Shape> shapes = new ArrayList<>(openInputs);
    for (int i = 0; i < inputSpecs.length; i++) {
      if (!inputSpecs[i].hasRank()) {
        shapes.add(shapeOf(i, inputs));
      }
    }
    return OpenShapes.append(sizes, variableNames.length, shapes);
  }

  private static Shape shape(TensorSpec spec, int[] variables, long[] sizes) {
    long[] dims = new long[variables.length];
    for (int axis = 0; axis < dims.length; axis++) {
      dims[axis] = variables[axis] == FIXED ? spec.dim(axis) : sizes[variables[axis]];
    }
    return Shape.of(dims);
  }

  /** A run's shape of what one example has: the batch axis in front, if it is not there yet. */
  Shape inRun(Shape exampleShape, int rows) {
    return batched && rows != WHOLE ? exampleShape.prepend(rows) : exampleShape;
  }
}
