package dev.inproc.inference.onnx;

import ai.onnxruntime.MapInfo;
import ai.onnxruntime.NodeInfo;
import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.SequenceInfo;
import ai.onnxruntime.TensorInfo;
import dev.inproc.inference.ModelLoadException;
import dev.inproc.inference.tensor.DataType;
import dev.inproc.inference.tensor.TensorSpec;
import org.jspecify.annotations.Nullable;

/** ONNX Runtime's descriptions in our words. */
final class OnnxTypes {
  static final String CANNOT_PASS = "ONNX Runtime's Java binding cannot pass: ";

  private OnnxTypes() {}

  static OnnxJavaType toOnnx(DataType type) {
    return switch (type) {
      case FLOAT32 -> OnnxJavaType.FLOAT;
      case FLOAT64 -> OnnxJavaType.DOUBLE;
      case FLOAT16 -> OnnxJavaType.FLOAT16;
      case BFLOAT16 -> OnnxJavaType.BFLOAT16;
      case INT8 -> OnnxJavaType.INT8;
      case INT16 -> OnnxJavaType.INT16;
      case INT32 -> OnnxJavaType.INT32;
      case INT64 -> OnnxJavaType.INT64;
      case UINT8 -> OnnxJavaType.UINT8;
      // Of inputs that were made signed; see InterfaceRewrite.
      case UINT16 -> OnnxJavaType.INT16;
      case UINT32 -> OnnxJavaType.INT32;
      case UINT64 -> OnnxJavaType.INT64;
      case BOOL -> OnnxJavaType.BOOL;
      case STRING -> OnnxJavaType.STRING;
      case SEQUENCE -> throw new IllegalArgumentException("no tensor is a sequence");
    };
  }

  /** Whether the binding makes tensors of a type, over memory that is given. */
  static boolean isMade(DataType type) {
    return switch (type) {
      case UINT16, UINT32, UINT64, STRING, SEQUENCE -> false;
      default -> true;
    };
  }

  /** By the ONNX type: the Java type calls UINT32 an INT32. */
  static @Nullable DataType fromOnnx(TensorInfo info) {
    return switch (info.onnxType) {
      case ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT -> DataType.FLOAT32;
      case ONNX_TENSOR_ELEMENT_DATA_TYPE_DOUBLE -> DataType.FLOAT64;
      case ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT16 -> DataType.FLOAT16;
      case ONNX_TENSOR_ELEMENT_DATA_TYPE_BFLOAT16 -> DataType.BFLOAT16;
      case ONNX_TENSOR_ELEMENT_DATA_TYPE_INT8 -> DataType.INT8;
      case ONNX_TENSOR_ELEMENT_DATA_TYPE_INT16 -> DataType.INT16;
      case ONNX_TENSOR_ELEMENT_DATA_TYPE_INT32 -> DataType.INT32;
      case ONNX_TENSOR_ELEMENT_DATA_TYPE_INT64 -> DataType.INT64;
      case ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT8 -> DataType.UINT8;
      case ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT16 -> DataType.UINT16;
      case ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT32 -> DataType.UINT32;
      case ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT64 -> DataType.UINT64;
      case ONNX_TENSOR_ELEMENT_DATA_TYPE_BOOL -> DataType.BOOL;
      case ONNX_TENSOR_ELEMENT_DATA_TYPE_STRING -> DataType.STRING;
      default -> null;
    };
  }

  /**
   * Describes an input.
   *
   * @param unsigned the type that the graph makes of it, null for its own
   * @param scalar whether the model states a shape without dimensions
   */
  static TensorSpec input(
      String model, String name, NodeInfo node, @Nullable DataType unsigned, boolean scalar) {
    DataType type = node.getInfo() instanceof TensorInfo info ? fromOnnx(info) : null;
    if (type == null) {
      throw new ModelLoadException(
          model, "input \"" + name + "\" is of a type that " + CANNOT_PASS + node.getInfo(), null);
    }
    TensorInfo info = (TensorInfo) node.getInfo();
    DataType own = unsigned == null ? type : unsigned;
    return info.getShape().length == 0 && !scalar
        ? TensorSpec.unknownRank(name, own)
        : tensor(name, info, own);
  }

  /** Describes an output; null if it cannot be read. */
  static @Nullable TensorSpec output(String name, NodeInfo node) {
    if (node.getInfo() instanceof SequenceInfo sequence) {
      return sequence(name, sequence);
    }
    if (!(node.getInfo() instanceof TensorInfo info)) {
      return null;
    }
    DataType type = fromOnnx(info);
    if (type == null) {
      return null;
    }
    // ONNX Runtime reports "no shape given" as rank 0, so a rank of 0 says nothing.
    return info.getShape().length == 0
        ? TensorSpec.unknownRank(name, type)
        : tensor(name, info, type);
  }

  /** Whether the binding reads sequences of a type. */
  private static boolean isRead(OnnxJavaType elements) {
    return switch (elements) {
      case FLOAT, DOUBLE, INT64, STRING -> true;
      default -> false;
    };
  }

  private static @Nullable TensorSpec sequence(String name, SequenceInfo sequence) {
    if (!sequence.isSequenceOfMaps()) {
      return isRead(sequence.sequenceType) ? TensorSpec.unknownRank(name, DataType.SEQUENCE) : null;
    }
    // One map for each example: a row of values, as many as there are keys.
    DataType type = mapValues(sequence.mapInfo);
    long[] dims = {TensorSpec.DYNAMIC, TensorSpec.DYNAMIC};
    return type == null ? null : TensorSpec.of(name, type, dims, null, null);
  }

  static @Nullable DataType mapValues(MapInfo info) {
    return switch (info.valueType) {
      case FLOAT -> DataType.FLOAT32;
      case DOUBLE -> DataType.FLOAT64;
      default -> null;
    };
  }

  @SuppressWarnings("NullAway") // it loses the elements' annotation where an array is a vararg
  private static TensorSpec tensor(String name, TensorInfo info, DataType type) {
    long[] dims = info.getShape();
    String[] names = info.getDimensionNames();
    @Nullable String[] symbols = new @Nullable String[dims.length];
    for (int i = 0; i < dims.length; i++) {
      dims[i] = Math.max(dims[i], TensorSpec.DYNAMIC);
      symbols[i] = i < names.length && !names[i].isEmpty() ? names[i] : null;
    }
    return TensorSpec.of(name, type, dims, symbols);
  }
}
