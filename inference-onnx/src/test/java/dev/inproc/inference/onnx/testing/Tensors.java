package dev.inproc.inference.onnx.testing;

import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataLocation;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import com.google.protobuf.ByteString;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/** Constant tensors of every element type, for {@link GraphBuilder#initializer}. */
public final class Tensors {
  private Tensors() {}

  public static TensorProto floats(String name, float[] values, long... dims) {
    ByteBuffer data = bytes(values.length, Float.BYTES);
    data.asFloatBuffer().put(values);
    return raw(name, DataType.FLOAT_VALUE, data, dims);
  }

  public static TensorProto doubles(String name, double[] values, long... dims) {
    ByteBuffer data = bytes(values.length, Double.BYTES);
    data.asDoubleBuffer().put(values);
    return raw(name, DataType.DOUBLE_VALUE, data, dims);
  }

  public static TensorProto longs(String name, long[] values, long... dims) {
    ByteBuffer data = bytes(values.length, Long.BYTES);
    data.asLongBuffer().put(values);
    return raw(name, DataType.INT64_VALUE, data, dims);
  }

  public static TensorProto ints(String name, int[] values, long... dims) {
    ByteBuffer data = bytes(values.length, Integer.BYTES);
    data.asIntBuffer().put(values);
    return raw(name, DataType.INT32_VALUE, data, dims);
  }

  /** 16-bit elements: INT16, UINT16, or the bits of FLOAT16 and BFLOAT16. */
  public static TensorProto shorts(String name, int elementType, short[] values, long... dims) {
    ByteBuffer data = bytes(values.length, Short.BYTES);
    data.asShortBuffer().put(values);
    return raw(name, elementType, data, dims);
  }

  /** 8-bit elements: INT8, UINT8, or BOOL as 0 and 1. */
  public static TensorProto bytes(String name, int elementType, byte[] values, long... dims) {
    return raw(name, elementType, ByteBuffer.wrap(values), dims);
  }

  public static TensorProto strings(String name, List<String> values, long... dims) {
    TensorProto.Builder tensor = typed(name, DataType.STRING_VALUE, dims);
    values.forEach(value -> tensor.addStringData(ByteString.copyFromUtf8(value)));
    return tensor.build();
  }

  /** A tensor of any fixed-width type, from its little-endian bytes. */
  public static TensorProto raw(String name, int elementType, ByteBuffer data, long... dims) {
    return typed(name, elementType, dims).setRawData(ByteString.copyFrom(data)).build();
  }

  /** A tensor whose {@code length} bytes lie at the start of the file {@code location}. */
  public static TensorProto external(
      String name, int elementType, String location, long length, long... dims) {
    return typed(name, elementType, dims)
        .setDataLocation(DataLocation.EXTERNAL)
        .addExternalData(entry("location", location))
        .addExternalData(entry("offset", "0"))
        .addExternalData(entry("length", Long.toString(length)))
        .build();
  }

  static StringStringEntryProto entry(String key, String value) {
    return StringStringEntryProto.newBuilder().setKey(key).setValue(value).build();
  }

  private static ByteBuffer bytes(int elements, int width) {
    return ByteBuffer.allocate(Math.multiplyExact(elements, width)).order(ByteOrder.LITTLE_ENDIAN);
  }

  private static TensorProto.Builder typed(String name, int elementType, long... dims) {
    TensorProto.Builder tensor = TensorProto.newBuilder().setName(name).setDataType(elementType);
    for (long dim : dims) {
      tensor.addDims(dim);
    }
    return tensor;
  }
}
