package dev.inproc.inference.tf.testing;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import dev.inproc.inference.tensor.DataType;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32C;
import org.tensorflow.proto.TensorProto;

/** Writes warm-up requests as an exporter does for TensorFlow Serving. */
public final class WarmUpRecords {
  private WarmUpRecords() {}

  /** A PredictionLog of a predict request with one vector of floats. */
  public static byte[] predict(String signature, String input, float... values) {
    TensorProto tensor = GraphWriter.floatTensor(values, values.length);
    byte[] entry = message(1, input.getBytes(StandardCharsets.UTF_8), 2, tensor.toByteArray());
    byte[] spec = message(3, signature.getBytes(StandardCharsets.UTF_8));
    byte[] request = message(1, spec, 2, entry);
    return message(6, message(1, request));
  }

  private static byte[] message(Object... fields) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    CodedOutputStream out = CodedOutputStream.newInstance(bytes);
    try {
      for (int i = 0; i < fields.length; i += 2) {
        out.writeByteArray((Integer) fields[i], (byte[]) fields[i + 1]);
      }
      out.flush();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  /** A TFRecord file of these records. */
  public static byte[] file(byte[]... records) {
    byte[] all = {};
    for (byte[] each : records) {
      all = join(all, record(each));
    }
    return all;
  }

  public static byte[] join(byte[] first, byte[] second) {
    return ByteBuffer.allocate(first.length + second.length).put(first).put(second).array();
  }

  /** One record with its length and checksums. */
  public static byte[] record(byte[] data) {
    ByteBuffer record = ByteBuffer.allocate(data.length + 16).order(ByteOrder.LITTLE_ENDIAN);
    record.position(12);
    record.put(data);
    record.putInt(masked(data, 0, data.length));
    claim(record.array(), data.length);
    return record.array();
  }

  /** Makes a record claim this length, with the right checksum. */
  public static void claim(byte[] record, long length) {
    ByteBuffer buffer = ByteBuffer.wrap(record).order(ByteOrder.LITTLE_ENDIAN);
    buffer.putLong(0, length);
    buffer.putInt(8, masked(record, 0, 8));
  }

  private static int masked(byte[] bytes, int from, int length) {
    CRC32C crc = new CRC32C();
    crc.update(bytes, from, length);
    int value = (int) crc.getValue();
    return ((value >>> 15) | (value << 17)) + 0xa282ead8;
  }

  /** A tensor of ones, given as a single one. */
  public static TensorProto ones(DataType type, long length) {
    TensorProto.Builder tensor =
        TensorProto.newBuilder().setTensorShape(GraphWriter.shapeOf(length));
    switch (type) {
      case FLOAT32 -> tensor.setDtype(org.tensorflow.proto.DataType.DT_FLOAT).addFloatVal(1);
      case FLOAT64 -> tensor.setDtype(org.tensorflow.proto.DataType.DT_DOUBLE).addDoubleVal(1);
      case FLOAT16 -> tensor.setDtype(org.tensorflow.proto.DataType.DT_HALF).addHalfVal(0x3c00);
      case BFLOAT16 ->
          tensor.setDtype(org.tensorflow.proto.DataType.DT_BFLOAT16).addHalfVal(0x3f80);
      case INT8 -> tensor.setDtype(org.tensorflow.proto.DataType.DT_INT8).addIntVal(1);
      case INT16 -> tensor.setDtype(org.tensorflow.proto.DataType.DT_INT16).addIntVal(1);
      case INT32 -> tensor.setDtype(org.tensorflow.proto.DataType.DT_INT32).addIntVal(1);
      case UINT8 -> tensor.setDtype(org.tensorflow.proto.DataType.DT_UINT8).addIntVal(1);
      case UINT16 -> tensor.setDtype(org.tensorflow.proto.DataType.DT_UINT16).addIntVal(1);
      case UINT32 -> tensor.setDtype(org.tensorflow.proto.DataType.DT_UINT32).addUint32Val(1);
      case UINT64 -> tensor.setDtype(org.tensorflow.proto.DataType.DT_UINT64).addUint64Val(1);
      case INT64 -> tensor.setDtype(org.tensorflow.proto.DataType.DT_INT64).addInt64Val(1);
      case BOOL -> tensor.setDtype(org.tensorflow.proto.DataType.DT_BOOL).addBoolVal(true);
      case STRING ->
          tensor
              .setDtype(org.tensorflow.proto.DataType.DT_STRING)
              .addStringVal(ByteString.copyFromUtf8("1"));
      case SEQUENCE -> throw new IllegalArgumentException("no tensor of one type");
    }
    return tensor.build();
  }
}
