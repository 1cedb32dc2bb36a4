package dev.inproc.inference.tf;

import com.google.protobuf.ByteString;
import dev.inproc.inference.tensor.DataType;
import dev.inproc.inference.tensor.Shape;
import dev.inproc.inference.tensor.Tensor;
import java.nio.ByteBuffer;
import java.util.List;
import org.tensorflow.proto.TensorProto;
import org.tensorflow.proto.TensorShapeProto;

/**
 * Reads a {@code TensorProto}. Values are bytes, or numbers of which the last is repeated to fill
 * the shape, which is how a few bytes can claim gigabytes: there is a limit.
 */
final class TensorProtoReader {
  private static final long MOST_BYTES = 64L << 20;
  private static final long MOST_REPEATED_BYTES = 4L << 20;

  private TensorProtoReader() {}

  /**
   * Reads a tensor.
   *
   * @throws IllegalArgumentException if it is malformed, too large or of a type unknown here
   */
  static Tensor read(TensorProto proto) {
    DataType type = TensorFlowTypes.fromTensorFlow(proto.getDtypeValue());
    if (type == null || proto.getTensorShape().getUnknownRank()) {
      throw new IllegalArgumentException("a tensor of type " + proto.getDtypeValue());
    }
    Shape shape = shape(proto.getTensorShape());
    long size = shape.elements() * Math.max(Integer.BYTES, type.byteSize());
    boolean repeats = proto.getTensorContent().isEmpty();
    long most = repeats ? MOST_REPEATED_BYTES : MOST_BYTES;
    if (shape.elements() > most || size > most) {
      throw new IllegalArgumentException("a tensor " + type + shape + " is too large");
    }
    if (type == DataType.STRING) {
      return strings(proto.getStringValList(), shape);
    }
    ByteString content = proto.getTensorContent();
    if (!content.isEmpty()) {
      if (content.size() != shape.elements() * type.byteSize()) {
        throw new IllegalArgumentException(content.size() + " bytes for " + type + shape);
      }
      return Tensor.fill(type, shape, bytes -> bytes.put(content.asReadOnlyByteBuffer()));
    }
    return Tensor.fill(type, shape, bytes -> numbers(proto, type, (int) shape.elements(), bytes));
  }

  private static Shape shape(TensorShapeProto proto) {
    long[] dims = new long[proto.getDimCount()];
    for (int i = 0; i < dims.length; i++) {
      dims[i] = proto.getDim(i).getSize();
    }
    return Shape.of(dims);
  }

  private static Tensor strings(List<ByteString> values, Shape shape) {
    byte[][] strings = new byte[(int) shape.elements()][];
    byte[] last = {};
    for (int i = 0; i < strings.length; i++) {
      last = i < values.size() ? values.get(i).toByteArray() : last;
      strings[i] = last;
    }
    return Tensor.ofBytes(shape, strings);
  }

  private static int index(int element, int values) {
    return Math.min(element, values - 1);
  }

  private static void numbers(TensorProto proto, DataType type, int elements, ByteBuffer bytes) {
    int values =
        switch (type) {
          case FLOAT32 -> proto.getFloatValCount();
          case FLOAT64 -> proto.getDoubleValCount();
          case INT64 -> proto.getInt64ValCount();
          case BOOL -> proto.getBoolValCount();
          case FLOAT16, BFLOAT16 -> proto.getHalfValCount();
          case UINT32 -> proto.getUint32ValCount();
          case UINT64 -> proto.getUint64ValCount();
          default -> proto.getIntValCount();
        };
    for (int i = 0; values > 0 && i < elements; i++) {
      int at = index(i, values);
      switch (type) {
        case FLOAT32 -> bytes.putFloat(proto.getFloatVal(at));
        case FLOAT64 -> bytes.putDouble(proto.getDoubleVal(at));
        case INT64 -> bytes.putLong(proto.getInt64Val(at));
        case INT32 -> bytes.putInt(proto.getIntVal(at));
        case UINT64 -> bytes.putLong(proto.getUint64Val(at));
        case UINT32 -> bytes.putInt(proto.getUint32Val(at));
        case INT16, UINT16 -> bytes.putShort((short) proto.getIntVal(at));
        case INT8, UINT8 -> bytes.put((byte) proto.getIntVal(at));
        case BOOL -> bytes.put((byte) (proto.getBoolVal(at) ? 1 : 0));
        case FLOAT16, BFLOAT16 -> bytes.putShort((short) proto.getHalfVal(at));
        case STRING, SEQUENCE -> throw new AssertionError("not numbers");
      }
    }
  }
}
