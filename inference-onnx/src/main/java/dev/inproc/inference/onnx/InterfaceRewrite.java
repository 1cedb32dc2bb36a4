package dev.inproc.inference.onnx;

import dev.inproc.inference.onnx.format.GraphInputs;
import dev.inproc.inference.onnx.format.ProtoBytes;
import dev.inproc.inference.onnx.format.ProtoException;
import dev.inproc.inference.onnx.format.ProtoField;
import dev.inproc.inference.onnx.format.ProtoFields;
import dev.inproc.inference.onnx.format.ProtoWriter;
import dev.inproc.inference.tensor.DataType;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Changes the inputs and outputs of a model's graph where ONNX Runtime's Java binding could not use
 * them as they are, and nothing else:
 *
 * <ul>
 *   <li>An input or output with a name that the binding would change gets another, and an Identity
 *       node beside it keeps the name inside the graph.
 *   <li>The binding cannot make tensors of unsigned integers beyond UINT8. An input of such a type
 *       becomes signed, and a Cast makes it unsigned again; the bits stay.
 *   <li>An output that the binding cannot describe (the description of all outputs fails with it)
 *       is left out.
 * </ul>
 *
 * <p>Field numbers are as in {@code onnx.proto}.
 */
final class InterfaceRewrite {
  private static final long MAX_BYTES = 1L << 30; // arrays and protobuf end at 2 GiB
  private static final int MAX_NAME_BYTES = 1 << 20;
  private static final int HEAP_SHARE = 8; // it is written three times on its way
  private static final int MODEL_GRAPH = 7;
  private static final int MODEL_OPSET = 8;
  private static final int GRAPH_NODE = 1;
  private static final int GRAPH_INITIALIZER = 5;
  private static final int GRAPH_INPUT = 11;
  private static final int GRAPH_OUTPUT = 12;
  private static final int GRAPH_SPARSE = 15;
  private static final int TENSOR_NAME = 8;
  private static final int VALUE_NAME = 1;
  private static final int VALUE_TYPE = 2;
  private static final int TYPE_TENSOR = 1;
  private static final int TYPE_SEQUENCE = 4;
  private static final int TYPE_MAP = 5;
  private static final int TYPE_SPARSE = 8;
  private static final int TYPE_OPTIONAL = 9;
  private static final int STRING_ELEMENTS = 8;
  private static final int ADDED_OPSET = 13;
  private static final int ATTRIBUTE_INT = 2;

  /**
   * What is to be loaded.
   *
   * @param model the model's bytes; null if nothing needs to change
   * @param names the graph's own names of inputs and outputs, by the names that they got
   * @param unsigned the types of inputs that became signed, by the names that they got
   * @param leftOut the outputs that are left out, each with the reason
   */
  record Result(
      byte @Nullable [] model,
      Map<String, String> names,
      Map<String, DataType> unsigned,
      Map<String, String> leftOut) {
    static final Result UNCHANGED = new Result(null, Map.of(), Map.of(), Map.of());

    /** Returns the graph's own name of an input or output. */
    String ownName(String name) {
      return names.getOrDefault(name, name);
    }
  }

  private final Map<String, String> names = new LinkedHashMap<>();
  private final Map<String, DataType> unsigned = new LinkedHashMap<>();
  private final Map<String, String> leftOut = new LinkedHashMap<>();
  private final Map<Long, byte[]> replaced = new HashMap<>(); // by the field's start; empty: none
  private final ProtoWriter before = new ProtoWriter(); // nodes
  private final ProtoWriter after = new ProtoWriter();

  private InterfaceRewrite() {}

  /**
   * Rewrites a model, if it needs to be.
   *
   * @throws ProtoException if it cannot be
   */
  static Result of(ProtoBytes model) {
    InterfaceRewrite rewrite = new InterfaceRewrite();
    ProtoField graph = null;
    boolean hasOpset = false;
    for (ProtoField field : ProtoFields.of(model)) {
      if (field.number() == MODEL_GRAPH) {
        graph = field;
      } else if (field.number() == MODEL_OPSET) {
        String domain = name(field, 1);
        hasOpset |= domain.isEmpty() || domain.equals("ai.onnx");
      }
    }
    if (graph == null) {
      return Result.UNCHANGED;
    }
    rewrite.plan(model, graph);
    if (rewrite.replaced.isEmpty()) {
      return Result.UNCHANGED;
    }
    if (model.size() > Math.min(MAX_BYTES, Runtime.getRuntime().maxMemory() / HEAP_SHARE)) {
      throw new ProtoException(
          "its inputs or outputs cannot be used as they are "
              + rewrite.names.values()
              + rewrite.leftOut
              + ", and "
              + model.size()
              + " bytes are too many to rewrite");
    }
    return new Result(
        rewrite.write(model, hasOpset), rewrite.names, rewrite.unsigned, rewrite.leftOut);
  }

  // ---- what to change ----

  private void plan(ProtoBytes model, ProtoField graph) {
    Set<String> constants = null; // of a large model, not worth reading for nothing
    GraphInputs inputs = null;
    for (ProtoField field : graph.fields()) {
      if (field.number() == GRAPH_OUTPUT) {
        planOutput(field);
      } else if (field.number() == GRAPH_INPUT && needsChange(field)) {
        constants = constants == null ? constants(graph) : constants;
        inputs = inputs == null ? GraphInputs.of(model) : inputs;
        String name = name(field, VALUE_NAME);
        if (!constants.contains(name)) {
          planInput(field, inputs.isUnused(name));
        }
      }
    }
  }

  private static boolean needsChange(ProtoField input) {
    return unsigned(input) != null || !PlainText.isPlain(name(input, VALUE_NAME));
  }

  /** The names of constants: an input that has one is no input of a call. */
  private static Set<String> constants(ProtoField graph) {
    Set<String> constants = new HashSet<>();
    for (ProtoField field : graph.fields()) {
      if (field.number() == GRAPH_INITIALIZER) {
        constants.add(lenientName(field));
      } else if (field.number() == GRAPH_SPARSE) {
        ProtoField values = find(field, 1);
        constants.add(values == null ? "" : lenientName(values));
      }
    }
    return constants;
  }

  /** Whether an output may hold text: unless it is a tensor of numbers, it may. */
  static boolean mayAnswerText(ProtoBytes model) {
    for (ProtoField field : ProtoFields.of(model)) {
      if (field.number() == MODEL_GRAPH) {
        for (ProtoField part : field.fields()) {
          if (part.number() == GRAPH_OUTPUT && !isNumeric(part)) {
            return true;
          }
        }
      }
    }
    return false;
  }

  private static boolean isNumeric(ProtoField output) {
    ProtoField type = find(output, VALUE_TYPE);
    ProtoField tensor = type == null ? null : find(type, TYPE_TENSOR);
    ProtoField element = tensor == null ? null : find(tensor, 1);
    return element != null && element.varint() != STRING_ELEMENTS;
  }

  /** An input that nothing reads gets no node, which would read it. */
  private void planInput(ProtoField input, boolean isUnused) {
    String own = name(input, VALUE_NAME);
    DataType type = unsigned(input);
    if (isUnused && PlainText.isPlain(own)) {
      return;
    }
    String name = "inproc.input." + names.size();
    names.put(name, own);
    if (isUnused) {
      replaced.put(input.start(), renamed(input, name, null));
      return;
    }
    if (type == null) {
      before.bytes(GRAPH_NODE, node("Identity", name, own).toByteArray());
    } else {
      unsigned.put(name, type);
      ProtoWriter to = new ProtoWriter().string(1, "to").varint(3, onnx(type));
      byte[] attribute = to.varint(20, ATTRIBUTE_INT).toByteArray();
      before.bytes(GRAPH_NODE, node("Cast", name, own).bytes(5, attribute).toByteArray());
    }
    replaced.put(input.start(), renamed(input, name, type));
  }

  private void planOutput(ProtoField output) {
    String own = name(output, VALUE_NAME);
    String reason = indescribable(output);
    if (reason != null) {
      leftOut.put(own, reason);
      replaced.put(output.start(), new byte[0]);
    } else if (!PlainText.isPlain(own)) {
      String name = "inproc.output." + names.size();
      names.put(name, own);
      after.bytes(GRAPH_NODE, node("Identity", own, name).toByteArray());
      replaced.put(output.start(), renamed(output, name, null));
    }
  }

  private static ProtoWriter node(String operator, String input, String output) {
    return new ProtoWriter().string(1, input).string(2, output).string(4, operator);
  }

  /** Why the binding cannot describe an output; null if it can. */
  private static @Nullable String indescribable(ProtoField output) {
    ProtoField type = find(output, VALUE_TYPE);
    if (type == null) {
      return null;
    }
    if (find(type, TYPE_OPTIONAL) != null) {
      return "it is an optional value, and ONNX Runtime's Java binding crashes on an empty one";
    }
    if (find(type, TYPE_SPARSE) != null) {
      return "it is a sparse tensor, which ONNX Runtime's Java binding cannot describe";
    }
    ProtoField sequence = find(type, TYPE_SEQUENCE);
    ProtoField element = sequence == null ? null : find(sequence, 1);
    boolean odd =
        element != null && find(element, TYPE_TENSOR) == null && find(element, TYPE_MAP) == null;
    return odd
        ? "it is a sequence of neither tensors nor maps, which ONNX Runtime's Java binding cannot"
            + " describe"
        : null;
  }

  private static @Nullable DataType unsigned(ProtoField input) {
    ProtoField type = find(input, VALUE_TYPE);
    ProtoField tensor = type == null ? null : find(type, TYPE_TENSOR);
    ProtoField element = tensor == null ? null : find(tensor, 1);
    if (element == null) {
      return null;
    }
    return switch ((int) element.varint()) {
      case 4 -> DataType.UINT16;
      case 12 -> DataType.UINT32;
      case 13 -> DataType.UINT64;
      default -> null;
    };
  }

  private static int onnx(DataType type) {
    return switch (type) {
      case UINT16 -> 4;
      case UINT32 -> 12;
      case UINT64 -> 13;
      default -> throw new IllegalArgumentException(type.toString());
    };
  }

  private static int signed(DataType type) {
    return switch (type) {
      case UINT16 -> 5;
      case UINT32 -> 6;
      case UINT64 -> 7;
      default -> throw new IllegalArgumentException(type.toString());
    };
  }

  /** A ValueInfoProto under another name, of the signed type if it is unsigned. */
  private static byte[] renamed(ProtoField value, String name, @Nullable DataType type) {
    ProtoWriter renamed = new ProtoWriter();
    for (ProtoField field : value.fields()) {
      if (field.number() == VALUE_NAME) {
        renamed.string(VALUE_NAME, name);
      } else if (field.number() == VALUE_TYPE && type != null) {
        renamed.bytes(VALUE_TYPE, signed(field, type));
      } else {
        renamed.copy(field);
      }
    }
    return renamed.toByteArray();
  }

  private static byte[] signed(ProtoField typeProto, DataType type) {
    ProtoWriter tensor = new ProtoWriter().varint(1, signed(type));
    ProtoField old = find(typeProto, TYPE_TENSOR);
    if (old != null) {
      for (ProtoField field : old.fields()) {
        if (field.number() != 1) {
          tensor.copy(field);
        }
      }
    }
    return new ProtoWriter().bytes(TYPE_TENSOR, tensor.toByteArray()).toByteArray();
  }

  // ---- writing ----

  private byte[] write(ProtoBytes model, boolean hasOpset) {
    ProtoWriter written = new ProtoWriter();
    for (ProtoField field : ProtoFields.of(model)) {
      if (field.number() == MODEL_GRAPH) {
        written.bytes(MODEL_GRAPH, graph(field));
      } else {
        written.copy(field);
      }
    }
    if (!hasOpset) {
      written.bytes(MODEL_OPSET, new ProtoWriter().varint(2, ADDED_OPSET).toByteArray());
    }
    return written.toByteArray();
  }

  private byte[] graph(ProtoField graph) {
    ProtoWriter written = new ProtoWriter();
    written.copyAll(before);
    for (ProtoField field : graph.fields()) {
      byte[] value = replaced.get(field.start());
      if (value == null) {
        written.copy(field);
      } else if (value.length > 0) {
        written.bytes(field.number(), value);
      }
    }
    return written.copyAll(after).toByteArray();
  }

  /** The name of a constant, which need not be UTF-8: it goes nowhere. */
  private static String lenientName(ProtoField tensor) {
    ProtoField found = find(tensor, TENSOR_NAME);
    byte[] bytes = new byte[found == null ? 0 : (int) Math.min(MAX_NAME_BYTES, found.length())];
    if (found != null) {
      found.source().copy(found.payload(), bytes, 0, bytes.length);
    }
    return new String(bytes, StandardCharsets.UTF_8);
  }

  private static @Nullable ProtoField find(ProtoField message, int number) {
    ProtoField found = null;
    for (ProtoField field : message.fields()) {
      found = field.number() == number ? field : found;
    }
    return found;
  }

  private static String name(ProtoField message, int number) {
    ProtoField found = find(message, number);
    return found == null ? "" : found.string();
  }
}
