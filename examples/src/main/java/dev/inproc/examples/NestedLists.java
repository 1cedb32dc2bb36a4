package dev.inproc.examples;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import dev.inproc.inference.InvalidInputException;
import dev.inproc.inference.tensor.TensorSpec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The values of nested lists in row-major order, and the lengths of the lists, outermost first. A
 * value without lists is a scalar.
 */
final class NestedLists {
  private final List<JsonElement> values;
  private final long[] dims;

  private NestedLists(List<JsonElement> values, long[] dims) {
    this.values = values;
    this.dims = dims;
  }

  /**
   * Flattens nested lists.
   *
   * @param input what a message calls them
   * @throws InvalidInputException if lists of one depth differ in length
   */
  static NestedLists of(String input, JsonElement json) {
    List<Integer> lengths = new ArrayList<>();
    JsonElement first = json;
    while (first instanceof JsonArray list) {
      lengths.add(list.size());
      if (list.isEmpty()) {
        break;
      }
      first = list.get(0);
    }
    int[] dims = lengths.stream().mapToInt(Integer::intValue).toArray();
    List<JsonElement> values = new ArrayList<>();
    collect(input, json, dims, new int[dims.length], 0, values);
    return new NestedLists(values, Arrays.stream(dims).asLongStream().toArray());
  }

  private static void collect(
      String input, JsonElement json, int[] dims, int[] place, int depth, List<JsonElement> out) {
    if (depth == dims.length) {
      if (json.isJsonArray()) {
        throw ragged(input, "a value", "a list", place, depth);
      }
      out.add(json);
      return;
    }
    if (!(json instanceof JsonArray list)) {
      throw ragged(input, "a list of " + dims[depth], "a value", place, depth);
    }
    if (list.size() != dims[depth]) {
      throw ragged(input, "a list of " + dims[depth], "a list of " + list.size(), place, depth);
    }
    for (int i = 0; i < dims[depth]; i++) {
      place[depth] = i;
      collect(input, list.get(i), dims, place, depth + 1, out);
    }
  }

  private static InvalidInputException ragged(
      String input, String expected, String actual, int[] place, int depth) {
    StringBuilder at = new StringBuilder();
    for (int i = 0; i < depth; i++) {
      at.append('[').append(place[i]).append(']');
    }
    return new InvalidInputException(
        input, expected + ", as in the lists before", actual + " at " + at);
  }

  List<JsonElement> values() {
    return values;
  }

  /** Returns the lengths of the lists, outermost first. */
  long[] dims() {
    return dims.clone();
  }

  /**
   * Returns the dimensions that these lists have in a model's input. An empty list ends the lists,
   * so the dimensions behind it are the model's, if they are all fixed.
   */
  long[] dims(TensorSpec spec) {
    boolean empty = dims.length > 0 && dims[dims.length - 1] == 0;
    if (!empty || !spec.hasRank() || spec.rank() <= dims.length) {
      return dims;
    }
    long[] longer = Arrays.copyOf(dims, spec.rank());
    for (int axis = dims.length; axis < longer.length; axis++) {
      if (spec.dim(axis) == TensorSpec.DYNAMIC) {
        return dims;
      }
      longer[axis] = spec.dim(axis);
    }
    return longer;
  }

  /** Returns the place of a value, such as {@code [1][0]}; nothing for a scalar. */
  static String place(int index, long[] dims) {
    StringBuilder text = new StringBuilder();
    long rest = index;
    for (int axis = dims.length - 1; axis >= 0; axis--) {
      text.insert(0, "[" + rest % dims[axis] + "]");
      rest /= dims[axis];
    }
    return text.toString();
  }
}
