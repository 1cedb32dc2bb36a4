package dev.inproc.inference.onnx.quantize;

import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataLocation;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Reads and writes the values of constant tensors. */
final class TensorProtos {
  private TensorProtos() {}

  /** Returns the FP32 values, in order; their number is what the shape says. */
  static float[] floats(ModelFile file, TensorProto tensor) throws IOException {
    int count = elements(file, tensor);
    float[] values = new float[count];
    if (tensor.getDataLocation() != DataLocation.EXTERNAL && !tensor.hasRawData()) {
      require(file, tensor, tensor.getFloatDataCount(), count);
      for (int i = 0; i < count; i++) {
        values[i] = tensor.getFloatData(i);
      }
      return values;
    }
    ByteBuffer bytes =
        tensor.getDataLocation() == DataLocation.EXTERNAL
            ? ByteBuffer.wrap(data(file, tensor))
            : tensor.getRawData().asReadOnlyByteBuffer();
    if (bytes.remaining() % Float.BYTES != 0) {
      throw file.failure(
          "tensor \""
              + tensor.getName()
              + "\" has "
              + bytes.remaining()
              + " bytes, no whole number of FP32 values");
    }
    FloatBuffer data = littleEndian(bytes);
    require(file, tensor, data.remaining(), count);
    data.get(values);
    return values;
  }

  /** Returns the bytes of a tensor that has raw or external data. */
  static byte[] data(ModelFile file, TensorProto tensor) throws IOException {
    if (tensor.getDataLocation() != DataLocation.EXTERNAL) {
      return tensor.getRawData().toByteArray();
    }
    Map<String, String> entries = new HashMap<>();
    for (StringStringEntryProto entry : tensor.getExternalDataList()) {
      entries.put(entry.getKey(), entry.getValue());
    }
    long offset = Long.parseLong(entries.getOrDefault("offset", "0"));
    String length = entries.get("length");
    long bytes = length == null ? byteSize(file, tensor) : Long.parseLong(length);
    return file.read(tensor.getName(), entries.get("location"), offset, bytes);
  }

  private static FloatBuffer littleEndian(ByteBuffer bytes) {
    return bytes.order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer();
  }

  private static void require(ModelFile file, TensorProto tensor, int there, int needed) {
    if (there != needed) {
      throw file.failure(
          "tensor \""
              + tensor.getName()
              + "\" has "
              + there
              + " values where its shape "
              + tensor.getDimsList()
              + " needs "
              + needed);
    }
  }

  static int elements(ModelFile file, TensorProto tensor) {
    long product = 1;
    for (long dim : tensor.getDimsList()) {
      if (dim < 0 || (dim > 0 && product > Integer.MAX_VALUE / dim)) {
        throw file.failure(
            "tensor \"" + tensor.getName() + "\" has the shape " + tensor.getDimsList());
      }
      product *= dim;
    }
    return (int) product;
  }

  /** Returns the bytes that the elements take. */
  static long byteSize(ModelFile file, TensorProto tensor) {
    long bits =
        switch (tensor.getDataType()) {
          case DataType.FLOAT_VALUE, DataType.INT32_VALUE, DataType.UINT32_VALUE -> 32;
          case DataType.INT64_VALUE,
              DataType.UINT64_VALUE,
              DataType.DOUBLE_VALUE,
              DataType.COMPLEX64_VALUE ->
              64;
          case DataType.FLOAT16_VALUE,
              DataType.BFLOAT16_VALUE,
              DataType.INT16_VALUE,
              DataType.UINT16_VALUE ->
              16;
          case DataType.INT8_VALUE, DataType.UINT8_VALUE, DataType.BOOL_VALUE -> 8;
          default ->
              throw file.failure(
                  "tensor \""
                      + tensor.getName()
                      + "\" has external data of type "
                      + tensor.getDataType()
                      + " and no length");
        };
    return elements(file, tensor) * bits / 8;
  }

  static byte[] bytes(float... values) {
    ByteBuffer bytes =
        ByteBuffer.allocate(values.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(values);
    return bytes.array();
  }

  static byte[] bytes(List<Long> values) {
    ByteBuffer bytes =
        ByteBuffer.allocate(values.size() * Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    values.forEach(bytes::putLong);
    return bytes.array();
  }
}
