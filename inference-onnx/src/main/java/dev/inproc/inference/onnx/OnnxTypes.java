package dev.inproc.inference.onnx;

import ai.onnxruntime.MapInfo;
import ai.onnxruntime.NodeInfo;
import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.SequenceInfo;
import ai.onnxruntime.TensorInfo;
import dev.inproc.inference.ModelLoadException;
import dev.inproc.inference.onnx.format.GraphInputs;
import dev.inproc.inference.tensor.DataType;
import dev.inproc.inference.tensor.TensorSpec;
import org.jspecify.annotations.Nullable;

/** ONNX Runtime's descriptions in our words. */
final class OnnxTypes {
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
      case BOOL -> OnnxJavaType.BOOL;
      case STRING -> OnnxJavaType.STRING;
    };
  }

  /** By the ONNX type: the Java type calls UINT32 an INT32. */
  private static @Nullable DataType fromOnnx(TensorInfo info) {
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
      case ONNX_TENSOR_ELEMENT_DATA_TYPE_BOOL -> DataType.BOOL;
      case ONNX_TENSOR_ELEMENT_DATA_TYPE_STRING -> DataType.STRING;
      default -> null;
    };
  }

  static TensorSpec input(String model, NodeInfo node, GraphInputs graph) {
    if (!(node.getInfo() instanceof TensorInfo info)) {
      throw unsupported(model, "input", node);
    }
    return info.getShape().length == 0 && !graph.isScalar(node.getName())
        ? TensorSpec.unknownRank(node.getName(), type(model, "input", node, info))
        : tensor(model, "input", node, info);
  }

  static TensorSpec output(String model, NodeInfo node) {
    if (node.getInfo() instanceof SequenceInfo sequence && sequence.isSequenceOfMaps()) {
      // One map for each example: a row of values, as many as there are keys.
      DataType type = mapValues(sequence.mapInfo);
      if (type != null) {
        long[] dims = {TensorSpec.DYNAMIC, TensorSpec.DYNAMIC};
        return TensorSpec.of(node.getName(), type, dims, null, null);
      }
    }
    if (!(node.getInfo() instanceof TensorInfo info)) {
      throw unsupported(model, "output", node);
    }
    // ONNX Runtime reports "no shape given" as rank 0, so a rank of 0 says nothing.
    return info.getShape().length == 0
        ? TensorSpec.unknownRank(node.getName(), type(model, "output", node, info))
        : tensor(model, "output", node, info);
  }

  static @Nullable DataType mapValues(MapInfo info) {
    return switch (info.valueType) {
      case FLOAT -> DataType.FLOAT32;
      case DOUBLE -> DataType.FLOAT64;
      default -> null;
    };
  }

  @SuppressWarnings("NullAway") // it loses the elements' annotation where an array is a vararg
  private static TensorSpec tensor(String model, String kind, NodeInfo node, TensorInfo info) {
    long[] dims = info.getShape();
    String[] names = info.getDimensionNames();
    @Nullable String[] symbols = new @Nullable String[dims.length];
    for (int i = 0; i < dims.length; i++) {
      dims[i] = Math.max(dims[i], TensorSpec.DYNAMIC);
      symbols[i] = i < names.length && !names[i].isEmpty() ? names[i] : null;
    }
    return TensorSpec.of(node.getName(), type(model, kind, node, info), dims, symbols);
  }

  private static DataType type(String model, String kind, NodeInfo node, TensorInfo info) {
    DataType type = fromOnnx(info);
    if (type == null) {
      throw unsupported(model, kind, node);
    }
    return type;
  }

  private static ModelLoadException unsupported(String model, String kind, NodeInfo node) {
    return new ModelLoadException(
        model,
        kind
            + " \""
            + node.getName()
            + "\" is of a type that the Java binding cannot pass: "
            + node.getInfo(),
        null);
  }
}
