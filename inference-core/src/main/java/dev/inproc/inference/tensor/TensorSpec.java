package dev.inproc.inference.tensor;

import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What a model says of one input or output: its name, type and dimensions. A dimension is fixed, or
 * dynamic with a symbolic name (equal names mean equal sizes within one run), or dynamic without
 * one. The rank itself may be unknown, for outputs of some models. Immutable.
 */
public final class TensorSpec {
  /** The size of a dimension that the model leaves open. */
  public static final long DYNAMIC = -1;

  private final String name;
  private final DataType type;
  private final long @Nullable [] dims;
  private final @Nullable String[] symbols;
  private final List<String> labels;

  private TensorSpec(
      String name,
      DataType type,
      long @Nullable [] dims,
      @Nullable String[] symbols,
      List<String> labels) {
    this.name = name.intern(); // callers mostly use literals: found without comparing letters
    this.type = Objects.requireNonNull(type, "type");
    this.dims = dims;
    this.symbols = symbols;
    this.labels = labels;
  }

  /**
   * Returns a spec with these dimensions.
   *
   * @param dims sizes, {@link #DYNAMIC} where the model leaves one open
   * @param symbols the symbolic name of each dynamic dimension, null where it has none; of the same
   *     length as {@code dims}
   * @throws IllegalArgumentException if the lengths differ or a dimension is below -1
   */
  public static TensorSpec of(
      String name, DataType type, long[] dims, @Nullable String... symbols) {
    if (dims.length != symbols.length) {
      throw new IllegalArgumentException(
          name + ": " + dims.length + " dimensions but " + symbols.length + " symbols");
    }
    @Nullable String[] kept = new @Nullable String[dims.length];
    for (int i = 0; i < dims.length; i++) {
      if (dims[i] < DYNAMIC) {
        throw new IllegalArgumentException(name + ": dimension " + i + " is " + dims[i]);
      }
      kept[i] = dims[i] == DYNAMIC ? symbols[i] : null;
    }
    return new TensorSpec(name, type, dims.clone(), kept, List.of());
  }

  /** Returns a spec whose dimensions are all fixed. */
  public static TensorSpec fixed(String name, DataType type, long... dims) {
    return of(name, type, dims, new @Nullable String[dims.length]);
  }

  /** Returns a spec of unknown rank. */
  public static TensorSpec unknownRank(String name, DataType type) {
    return new TensorSpec(name, type, null, new @Nullable String[0], List.of());
  }

  /**
   * Returns this spec with the names of the classes that the last dimension counts, in its order.
   */
  public TensorSpec withLabels(List<String> classes) {
    return new TensorSpec(name, type, dims, symbols, List.copyOf(classes));
  }

  /** Returns the tensor's name in the model. */
  public String name() {
    return name;
  }

  /** Returns the type of the elements. */
  public DataType type() {
    return type;
  }

  /** Returns whether the number of dimensions is known. */
  public boolean hasRank() {
    return dims != null;
  }

  /**
   * Returns the number of dimensions.
   *
   * @throws IllegalStateException if it is unknown
   */
  public int rank() {
    return known().length;
  }

  /** Returns a dimension's size, {@link #DYNAMIC} if the model leaves it open. */
  public long dim(int axis) {
    return known()[axis];
  }

  /** Returns a dynamic dimension's symbolic name; null if it is fixed or has none. */
  public @Nullable String symbol(int axis) {
    return symbols[axis];
  }

  /**
   * Returns the classes that the last dimension counts, in its order; empty if the model names
   * none. Classes that a model knows by number are named by that number.
   */
  public List<String> labels() {
    return labels;
  }

  /** Returns this spec without its outermost dimension: one example of a batch. */
  public TensorSpec dropFirst() {
    long[] all = known();
    if (all.length == 0) {
      throw new IllegalStateException(name + " is a scalar: it has no dimension to drop");
    }
    return new TensorSpec(
        name,
        type,
        Arrays.copyOfRange(all, 1, all.length),
        Arrays.copyOfRange(symbols, 1, symbols.length),
        labels);
  }

  /** Returns whether a tensor of this shape fits: the same rank, and equal fixed dimensions. */
  public boolean accepts(Shape shape) {
    if (dims == null) {
      return true;
    }
    if (shape.rank() != dims.length) {
      return false;
    }
    for (int i = 0; i < dims.length; i++) {
      if (dims[i] != DYNAMIC && dims[i] != shape.dim(i)) {
        return false;
      }
    }
    return true;
  }

  private long[] known() {
    if (dims == null) {
      throw new IllegalStateException("The rank of " + name + " is unknown");
    }
    return dims;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof TensorSpec that
        && name.equals(that.name)
        && type == that.type
        && Arrays.equals(dims, that.dims)
        && Arrays.equals(symbols, that.symbols)
        && labels.equals(that.labels);
  }

  @Override
  public int hashCode() {
    return Objects.hash(name, type, Arrays.hashCode(dims), Arrays.hashCode(symbols), labels);
  }

  /** Returns the dimensions as a user writes them, such as {@code [batch, ?, 384]}. */
  public String dimensions() {
    if (dims == null) {
      return "[...]";
    }
    StringBuilder text = new StringBuilder("[");
    for (int i = 0; i < dims.length; i++) {
      String symbol = symbols[i];
      text.append(i == 0 ? "" : ", ");
      if (dims[i] != DYNAMIC) {
        text.append(dims[i]);
      } else {
        text.append(symbol == null ? "?" : symbol);
      }
    }
    return text.append(']').toString();
  }

  /** Returns name, type and dimensions, such as {@code logits FLOAT32[batch, 10]}. */
  @Override
  public String toString() {
    return name + " " + type + dimensions();
  }
}
