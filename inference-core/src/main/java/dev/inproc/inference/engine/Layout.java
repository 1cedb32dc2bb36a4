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
 * The place of one example in a batch, computed once from the signature. Every dynamic dimension of
 * an example is a <em>variable</em>; dimensions of one symbolic name share one. The sizes of an
 * example are then a short {@code long[]}, one entry a variable, and decide everything else: which
 * examples have equal shapes, the shapes of a run, and the end of each answer.
 *
 * <p>The whole shape of an input of unknown rank stands behind the variables: {@link OpenShapes}. A
 * model with a batch axis has no such input.
 *
 * <p>An example in which one name has two sizes is <em>irregular</em>. An exporter wrote the names,
 * and no engine needs them, so the engine decides whether it can run such an example. Its sizes
 * hold the shapes of all inputs, its output shapes are not foreseen, and it runs alone.
 */
final class Layout {
  /** In place of a variable: the dimension is fixed. */
  static final int FIXED = -1;

  /** In place of a variable: the inputs do not tell the size. */
  static final int UNKNOWN = -2;

  /** In place of the number of rows: the shapes of the run include the batch axis. */
  static final int WHOLE = -1;

  private static final long IRREGULAR = -3; // in place of the first variable's size
  private static final long[] NO_SIZES = {};

  private final Signature raw;
  private final Signature example;
  private final boolean batched;
  private final int fixedBatch;
  private final String[] variableNames;
  private final int openInputs; // the number of inputs of unknown rank
  private final int[] openIndexes; // the index of an input among the inputs of unknown rank
  private final TensorSpec[] inputSpecs;
  private final DataType[] inputTypes;
  private final boolean fixedSizes; // of the elements of all inputs
  private final TensorSpec[] rawInputSpecs;
  private final int[][] inputVariables;
  private final @Nullable Shape[] fixedShapes; // of inputs without variables
  private final Set<String> unusedInputs;

  /**
   * The names of a call that came in the signature's order. Races are harmless: the list is
   * immutable.
   */
  private @Nullable List<String> inOrder;

  private final int[] @Nullable [] outputVariables;

  Layout(Signature raw, BatchAxis axis) {
    this(raw, axis, Set.of());
  }

  /**
   * Works out the layout of a signature.
   *
   * @param unusedInputs names that a call may hold beside the signature's, and that nothing reads
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
    fixedSizes = Arrays.stream(inputTypes).allMatch(DataType::hasFixedSize);
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

  /** An engine may report rank 0 for an output of unknown shape. */
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

  /** The number of examples that every run must have, 0 if any number is allowed. */
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

  /** Whether the elements of all inputs are numbers, of as many bytes each. */
  boolean hasFixedSizes() {
    return fixedSizes;
  }

  /** Whether a call's names are the inputs in the signature's order. */
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

  /** Returns the tensor of an input, of a checked call. */
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
  @SuppressWarnings("ReferenceEquality") // most callers reuse shapes
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

  /** Whether this names an input that a call may hold and no answer depends on. */
  boolean isUnused(String name) {
    return unusedInputs.contains(name);
  }

  /** Returns sizes with this value for each variable. Inputs of unknown rank are scalars. */
  long[] newSizes(long each) {
    if (variableNames.length + openInputs == 0) {
      return NO_SIZES;
    }
    long[] sizes = new long[variableNames.length + openInputs];
    Arrays.fill(sizes, 0, variableNames.length, each);
    return sizes;
  }

  /** Whether these sizes are of an irregular example: one name has two sizes. */
  boolean isIrregular(long[] sizes) {
    return variableNames.length > 0 ? sizes[0] == IRREGULAR : sizes.length > 0 && openInputs == 0;
  }

  /** Returns the sizes of an irregular example. */
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

  /** Returns the sizes of a checked example. */
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
   * Sets the variables of an input's dimensions to their sizes.
   *
   * @param skipped how many leading dimensions of the shape are not the example's
   * @return false if a variable already had another size
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

  /** Returns the shape in a run: the example's, with the batch axis in front if it lacks it. */
  Shape inRun(Shape exampleShape, int rows) {
    return batched && rows != WHOLE ? exampleShape.prepend(rows) : exampleShape;
  }
}
