package dev.inproc.examples;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import dev.inproc.inference.InvalidInputException;
import dev.inproc.inference.tensor.DataType;
import dev.inproc.inference.tensor.Shape;
import dev.inproc.inference.tensor.Signature;
import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.TensorSpec;
import dev.inproc.inference.tensor.Tensors;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * Reads one input of a model from JSON: nested lists, whose type is the model's and whose shape is
 * the lists', or an object with {@code type}, {@code shape} and {@code data}, of which the first
 * two may be left out.
 */
final class TensorReader {
  private static final Set<String> KEYS = Set.of("type", "shape", "data");

  private final TensorSpec spec;

  private TensorReader(TensorSpec spec) {
    this.spec = spec;
  }

  /**
   * Returns the examples as a model takes them.
   *
   * @throws InvalidInputException naming example and input
   */
  static List<Tensors> examples(Signature signature, List<JsonObject> examples) {
    List<Tensors> all = new ArrayList<>(examples.size());
    for (JsonObject example : examples) {
      try {
        all.add(example(signature, example));
      } catch (InvalidInputException e) {
        throw e.atIndex(all.size());
      }
    }
    return all;
  }

  private static Tensors example(Signature signature, JsonObject example) {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    for (Map.Entry<String, JsonElement> each : example.entrySet()) {
      String name = each.getKey();
      List<TensorSpec> specs = signature.inputs();
      TensorSpec spec =
          specs.stream()
              .filter(s -> s.name().equals(name))
              .findFirst()
              .orElseThrow(
                  () ->
                      new InvalidInputException(
                          name,
                          "no such input; the model takes "
                              + specs.stream().map(TensorSpec::name).toList(),
                          JsonNumbers.describe(each.getValue())));
      tensors.put(name, new TensorReader(spec).read(each.getValue()));
    }
    return Tensors.copyOf(tensors);
  }

  private Tensor read(JsonElement json) {
    try {
      if (json instanceof JsonObject object) {
        return explicit(object);
      }
      NestedLists lists = NestedLists.of(spec.name(), json);
      return tensor(spec.type(), lists.dims(spec), lists);
    } catch (IllegalArgumentException e) {
      throw new InvalidInputException(spec.name(), "a tensor", String.valueOf(e.getMessage()));
    }
  }

  private Tensor explicit(JsonObject object) {
    JsonElement data = object.get("data");
    if (data == null || !KEYS.containsAll(object.keySet())) {
      throw invalid(
          "nested lists or an object with \"type\", \"shape\" and \"data\"",
          "an object with " + object.keySet());
    }
    NestedLists lists = NestedLists.of(spec.name(), data);
    long[] dims = object.has("shape") ? dims(object.get("shape")) : lists.dims(spec);
    long elements = Shape.of(dims).elements();
    boolean flat = lists.dims().length <= 1;
    if (!(flat || Arrays.equals(dims, lists.dims())) || lists.values().size() != elements) {
      throw invalid(
          "data of " + elements + " values for the shape " + Arrays.toString(dims),
          flat
              ? lists.values().size() + " values"
              : "nested lists of the shape " + Arrays.toString(lists.dims()));
    }
    String type = object.has("type") ? text(object.get("type")) : spec.type().name();
    return type.equalsIgnoreCase(TensorBytes.TYPE)
        ? TensorBytes.read(spec.name(), Shape.of(dims), lists.values())
        : tensor(type(type), dims, lists);
  }

  private String text(JsonElement type) {
    if (type instanceof JsonPrimitive primitive && primitive.isString()) {
      return primitive.getAsString();
    }
    throw invalid("a type such as \"FLOAT32\"", JsonNumbers.describe(type));
  }

  private DataType type(String name) {
    try {
      return DataType.valueOf(name.toUpperCase(Locale.ROOT));
    } catch (IllegalArgumentException e) {
      List<DataType> known = List.of(DataType.values());
      throw invalid("one of the types " + known + " or BYTES", "the type \"" + name + "\"");
    }
  }

  private long[] dims(JsonElement shape) {
    String expected = "a shape of whole numbers from 0 on";
    if (!shape.isJsonArray()) {
      throw invalid(expected, JsonNumbers.describe(shape));
    }
    long[] dims = new long[shape.getAsJsonArray().size()];
    for (int axis = 0; axis < dims.length; axis++) {
      try {
        JsonPrimitive dim = (JsonPrimitive) shape.getAsJsonArray().get(axis);
        dims[axis] = new BigDecimal(dim.isNumber() ? dim.getAsString() : "-1").longValueExact();
      } catch (ArithmeticException | ClassCastException e) {
        dims[axis] = -1;
      }
      if (dims[axis] < 0) {
        throw invalid(expected, JsonNumbers.describe(shape));
      }
    }
    return dims;
  }

  private Tensor tensor(DataType type, long[] dims, NestedLists lists) {
    List<JsonElement> values = lists.values();
    if (type == DataType.STRING) {
      String[] strings = new String[values.size()];
      for (int i = 0; i < strings.length; i++) {
        strings[i] = string(values.get(i), i, dims);
      }
      return Tensor.of(Shape.of(dims), strings);
    }
    return Tensor.fill(
        type,
        Shape.of(dims),
        bytes -> {
          for (int i = 0; i < values.size(); i++) {
            try {
              JsonNumbers.put(bytes, type, values.get(i));
            } catch (NumberFormatException e) {
              String place = NestedLists.place(i, dims);
              throw invalid(
                  JsonNumbers.range(type), JsonNumbers.describe(values.get(i)) + at(place));
            }
          }
        });
  }

  private String string(JsonElement value, int index, long[] dims) {
    if (value instanceof JsonPrimitive primitive && primitive.isString()) {
      return primitive.getAsString();
    }
    throw invalid("a string", JsonNumbers.describe(value) + at(NestedLists.place(index, dims)));
  }

  private static String at(String place) {
    return place.isEmpty() ? "" : " at " + place;
  }

  private InvalidInputException invalid(String expected, String actual) {
    return new InvalidInputException(spec.name(), expected, actual);
  }
}
