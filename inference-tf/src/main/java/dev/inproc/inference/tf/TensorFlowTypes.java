package dev.inproc.inference.tf;

import dev.inproc.inference.ModelLoadException;
import dev.inproc.inference.tensor.DataType;
import dev.inproc.inference.tensor.TensorSpec;
import dev.inproc.inference.tf.SavedModelGraph.TensorInfo;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** TensorFlow's descriptions in our words. Numbers are those of its {@code types.proto}. */
final class TensorFlowTypes {
  private static final String[] NAMES = {
    "",
    "FLOAT",
    "DOUBLE",
    "INT32",
    "UINT8",
    "INT16",
    "INT8",
    "STRING",
    "COMPLEX64",
    "INT64",
    "BOOL",
    "QINT8",
    "QUINT8",
    "QINT32",
    "BFLOAT16",
    "QINT16",
    "QUINT16",
    "UINT16",
    "COMPLEX128",
    "HALF",
    "RESOURCE",
    "VARIANT",
    "UINT32",
    "UINT64"
  };

  private TensorFlowTypes() {}

  static int toTensorFlow(DataType type) {
    return switch (type) {
      case FLOAT32 -> 1;
      case FLOAT64 -> 2;
      case INT32 -> 3;
      case UINT8 -> 4;
      case INT16 -> 5;
      case INT8 -> 6;
      case STRING -> 7;
      case INT64 -> 9;
      case BOOL -> 10;
      case BFLOAT16 -> 14;
      case FLOAT16 -> 19;
    };
  }

  static @Nullable DataType fromTensorFlow(int type) {
    for (DataType each : DataType.values()) {
      if (toTensorFlow(each) == type) {
        return each;
      }
    }
    return null;
  }

  /** The specs of a signature's inputs, or of those among them that are used. */
  static List<TensorSpec> inputs(String model, Map<String, TensorInfo> infos, Set<String> unused) {
    return infos.entrySet().stream()
        .filter(input -> !unused.contains(input.getKey()))
        .map(input -> spec(model, "input", input.getKey(), input.getValue()))
        .toList();
  }

  static List<TensorSpec> outputs(String model, Map<String, TensorInfo> infos) {
    return infos.entrySet().stream()
        .map(output -> spec(model, "output", output.getKey(), output.getValue()))
        .toList();
  }

  @SuppressWarnings("NullAway") // it loses the elements' annotation where an array is a vararg
  private static TensorSpec spec(String model, String kind, String name, TensorInfo info) {
    DataType type = fromTensorFlow(info.type());
    if (info.tensor().isEmpty() || type == null) {
      boolean known = info.type() > 0 && info.type() < NAMES.length;
      throw new ModelLoadException(
          model,
          kind
              + " \""
              + name
              + "\" is "
              + (info.tensor().isEmpty()
                  ? "sparse or made of several tensors"
                  : "of TensorFlow's type " + (known ? NAMES[info.type()] : info.type()))
              + ", which has no counterpart here",
          null);
    }
    if (!info.hasRank()) {
      return TensorSpec.unknownRank(name, type);
    }
    long[] dims = info.dims().stream().mapToLong(Long::longValue).toArray();
    @Nullable String[] symbols = new @Nullable String[dims.length];
    for (int i = 0; i < dims.length; i++) {
      String symbol = info.symbols().get(i);
      symbols[i] = symbol.isEmpty() ? null : symbol;
    }
    return TensorSpec.of(name, type, dims, symbols);
  }
}
