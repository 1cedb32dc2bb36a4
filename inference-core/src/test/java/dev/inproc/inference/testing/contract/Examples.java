package dev.inproc.inference.testing.contract;

import dev.inproc.inference.tensor.DataType;
import dev.inproc.inference.tensor.Shape;
import dev.inproc.inference.tensor.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** Tensors of four elements with the values that a sloppy conversion changes. */
final class Examples {
  private static final Shape FOUR = Shape.of(4);

  private Examples() {}

  /** Extremes, negative zero, subnormals, infinities and a NaN with a payload. */
  static Tensor of(DataType type) {
    return switch (type) {
      case FLOAT32 ->
          Tensor.of(Float.intBitsToFloat(0x7fc0_1234), -0f, Float.MIN_VALUE, Float.MAX_VALUE);
      case FLOAT64 ->
          Tensor.of(
              FOUR, Double.longBitsToDouble(0x7ff8_0000_0000_1234L), -0.0, Double.MIN_VALUE, 1e300);
      case FLOAT16 -> Tensor.ofFloat16(FOUR, 65504, 6e-8f, Float.NEGATIVE_INFINITY, -0f);
      case BFLOAT16 -> Tensor.ofBfloat16(FOUR, 3e38f, 1e-40f, -1, Float.POSITIVE_INFINITY);
      case INT8 -> Tensor.of(FOUR, (byte) -128, (byte) 0, (byte) 127, (byte) -1);
      case UINT8 -> Tensor.ofUint8(FOUR, (byte) 255, (byte) 0, (byte) 1, (byte) 128);
      case INT16 -> Tensor.of(FOUR, Short.MIN_VALUE, (short) 0, Short.MAX_VALUE, (short) -1);
      case INT32 -> Tensor.of(FOUR, Integer.MIN_VALUE, 0, Integer.MAX_VALUE, -1);
      case INT64 -> Tensor.of(Long.MIN_VALUE, (1L << 53) + 1, Long.MAX_VALUE, -1);
      case UINT16 -> Tensor.ofUint16(FOUR, (short) -1, (short) 0, Short.MIN_VALUE, (short) 1);
      case UINT32 -> Tensor.ofUint32(FOUR, -1, 0, Integer.MIN_VALUE, 1);
      case UINT64 -> Tensor.ofUint64(FOUR, -1, 0, Long.MIN_VALUE, (1L << 53) + 1);
      case BOOL -> Tensor.of(FOUR, true, false, false, true);
      case STRING -> Tensor.of(FOUR, "", "naïve", "日本語 \uD83D\uDE00", "long ".repeat(1000));
      case SEQUENCE -> throw new IllegalArgumentException("no model is given a sequence");
    };
  }

  /** The same elements from last to first. */
  static Tensor reversed(Tensor tensor) {
    if (tensor.type() == DataType.STRING) {
      List<String> texts = new ArrayList<>(tensor.toStrings());
      Collections.reverse(texts);
      return Tensor.of(tensor.shape(), texts.toArray(String[]::new));
    }
    int size = tensor.type().byteSize();
    ByteBuffer bytes =
        ByteBuffer.allocateDirect(size * tensor.elements()).order(ByteOrder.nativeOrder());
    for (int i = 0; i < tensor.elements(); i++) {
      tensor.copyBytes((tensor.elements() - 1 - i) * size, size, bytes, i * size);
    }
    return Tensor.read(tensor.type(), tensor.shape(), bytes, 0);
  }
}
