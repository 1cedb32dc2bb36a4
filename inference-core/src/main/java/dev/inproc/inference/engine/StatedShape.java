package dev.inproc.inference.engine;

import dev.inproc.inference.tensor.TensorSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/** The shape that a user states of an input, such as {@code [batch, 3, ?]}. */
final class StatedShape {
  private static final String OPEN = "?";

  private final String text;
  private final long[] dims;
  private final @Nullable String[] symbols;

  private StatedShape(List<String> parts) {
    text = parts.stream().collect(Collectors.joining(", ", "[", "]"));
    dims = new long[parts.size()];
    symbols = new @Nullable String[parts.size()];
    for (int i = 0; i < dims.length; i++) {
      String part = parts.get(i);
      boolean isNumber = part.chars().allMatch(c -> c >= '0' && c <= '9');
      dims[i] = isNumber ? Long.parseLong(part) : TensorSpec.DYNAMIC;
      symbols[i] = isNumber || part.equals(OPEN) ? null : part;
    }
  }

  /**
   * Reads a shape as a signature prints it; the brackets may be left out.
   *
   * @throws IllegalArgumentException if it is not one
   */
  static StatedShape parse(String input, String shape) {
    String bare = shape.strip();
    if (bare.startsWith("[") && bare.endsWith("]")) {
      bare = bare.substring(1, bare.length() - 1).strip();
    }
    List<String> parts = new ArrayList<>();
    for (String part : bare.isEmpty() ? new String[0] : bare.split(",", -1)) {
      parts.add(part.strip());
    }
    for (String part : parts) {
      boolean isNumber = part.matches("[0-9]{1,18}");
      boolean isName = part.matches("[^\\[\\]0-9.-][^\\[\\]]*");
      if (!isNumber && !isName) {
        throw new IllegalArgumentException(
            input
                + ": expected a shape such as [batch, 3, ?], of numbers, names and question marks,"
                + " got "
                + shape);
      }
    }
    return new StatedShape(parts);
  }

  /**
   * Returns the shape with these dimensions, -1 where one is left open.
   *
   * @throws IllegalArgumentException if one is below -1
   */
  static StatedShape of(String input, long... dims) {
    for (long dim : dims) {
      if (dim < TensorSpec.DYNAMIC) {
        throw new IllegalArgumentException(input + ": a dimension is " + dim);
      }
    }
    return new StatedShape(
        LongStream.of(dims).mapToObj(dim -> dim < 0 ? OPEN : Long.toString(dim)).toList());
  }

  /**
   * Returns the model's spec with this shape. A question mark keeps what the model says.
   *
   * @throws IllegalArgumentException if the two contradict each other
   */
  @SuppressWarnings("NullAway") // it loses the elements' annotation where an array is a vararg
  TensorSpec of(TensorSpec model) {
    if (!model.hasRank()) {
      return TensorSpec.of(model.name(), model.type(), dims, symbols);
    }
    boolean fits = model.rank() == dims.length;
    long[] merged = dims.clone();
    @Nullable String[] names = symbols.clone();
    for (int i = 0; fits && i < merged.length; i++) {
      if (dims[i] == TensorSpec.DYNAMIC && symbols[i] == null) {
        merged[i] = model.dim(i);
        names[i] = model.symbol(i);
      }
      fits = model.dim(i) == TensorSpec.DYNAMIC || model.dim(i) == merged[i];
    }
    if (!fits) {
      throw new IllegalArgumentException(
          "inputShape(\"" + model.name() + "\", \"" + text + "\") contradicts input " + model);
    }
    return TensorSpec.of(model.name(), model.type(), merged, names);
  }

  @Override
  public String toString() {
    return text;
  }
}
