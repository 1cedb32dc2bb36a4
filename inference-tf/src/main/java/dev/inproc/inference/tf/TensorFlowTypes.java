package dev.inproc.inference.tf;

import dev.inproc.inference.ModelLoadException;
import dev.inproc.inference.tensor.DataType;
import dev.inproc.inference.tensor.TensorSpec;
import dev.inproc.inference.tf.SavedModelGraph.TensorInfo;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** TensorFlow's descriptions in our words. Numbers come from its {@code types.proto}. */
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
      case UINT16 -> 17;
      case UINT32 -> 22;
      case UINT64 -> 23;
      case INT64 -> 9;
      case BOOL -> 10;
      case BFLOAT16 -> 14;
      case FLOAT16 -> 19;
      case SEQUENCE -> -1; // TensorFlow has none
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

  /** Returns the specs of the inputs of a signature that are used. */
  static List<TensorSpec> inputs(String model, Map<String, TensorInfo> infos, Set<String> unused) {
    return infos.entrySet().stream()
        .filter(input -> !unused.contains(input.getKey()))
        .map(input -> input(model, input.getKey(), input.getValue()))
        .toList();
  }

  /**
   * Returns the outputs that can be read.
   *
   * @param unreadable takes the others, each with the reason
   */
  static List<TensorSpec> outputs(
      String model, Map<String, TensorInfo> infos, Map<String, String> unreadable) {
    List<TensorSpec> specs = new ArrayList<>();
    infos.forEach(
        (name, info) -> {
          String reason = unsupported(info);
          if (reason == null) {
            specs.add(spec(name, info));
          } else {
            unreadable.put(name, "it is " + reason);
          }
        });
    if (specs.isEmpty()) {
      throw new ModelLoadException(model, "no output can be read: " + unreadable, null);
    }
    return specs;
  }

  /** Returns what a tensor is that has no counterpart here; null if it has one. */
  private static @Nullable String unsupported(TensorInfo info) {
    if (info.tensor().isEmpty()) {
      return "sparse or made of several tensors, which has no counterpart here";
    }
    if (fromTensorFlow(info.type()) != null) {
      return null;
    }
    boolean known = info.type() > 0 && info.type() < NAMES.length;
    String type = known ? NAMES[info.type()] : Integer.toString(info.type());
    return "of TensorFlow's type " + type + ", which has no counterpart here";
  }

  private static TensorSpec input(String model, String name, TensorInfo info) {
    String unsupported = unsupported(info);
    if (unsupported != null) {
      throw new ModelLoadException(model, "input \"" + name + "\" is " + unsupported, null);
    }
    return spec(name, info);
  }

  @SuppressWarnings("NullAway") // it loses the elements' annotation where an array is a vararg
  private static TensorSpec spec(String name, TensorInfo info) {
    DataType type = Objects.requireNonNull(fromTensorFlow(info.type()));
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
