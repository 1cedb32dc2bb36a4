package dev.inproc.inference.tensor;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Numbers as bytes in the machine's order. */
final class Numbers {
  private static final VarHandle FLOATS =
      MethodHandles.byteArrayViewVarHandle(float[].class, ByteOrder.nativeOrder());
  private static final VarHandle INTS =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.nativeOrder());
  private static final VarHandle INT_VALUE =
      MethodHandles.byteBufferViewVarHandle(int[].class, ByteOrder.nativeOrder());
  private static final int SMALL = 32; // up to here a loop is faster than a buffer's bulk copy

  private Numbers() {}

  static ByteBuffer view(byte[] bytes) {
    return ByteBuffer.wrap(bytes).order(ByteOrder.nativeOrder());
  }

  /** Copies four bytes. */
  static void copyWord(byte[] bytes, int from, ByteBuffer target, int position) {
    INT_VALUE.set(target, position, (int) INTS.get(bytes, from));
  }

  /** Copies bytes from an absolute position of a buffer in the machine's order. */
  static byte[] read(ByteBuffer source, int position, int length) {
    byte[] bytes = new byte[length];
    if (length == Integer.BYTES) {
      INTS.set(bytes, 0, (int) INT_VALUE.get(source, position)); // no bulk copy of 4 bytes
    } else {
      source.get(position, bytes);
    }
    return bytes;
  }

  /**
   * Returns the bytes of these values. They are allocated here: where the compiler sees that their
   * length follows from the values', the loop checks no index.
   */
  static byte[] bytes(float[] values) {
    byte[] bytes = new byte[values.length * Float.BYTES];
    if (values.length <= SMALL) {
      for (int i = 0; i < values.length; i++) {
        FLOATS.set(bytes, i * Float.BYTES, values[i]);
      }
    } else {
      view(bytes).asFloatBuffer().put(values);
    }
    return bytes;
  }

  static void put(boolean[] values, byte[] bytes) {
    for (int i = 0; i < values.length; i++) {
      bytes[i] = (byte) (values[i] ? 1 : 0);
    }
  }

  /** Reads FLOAT32 elements. */
  static float[] floats(byte[] bytes) {
    if (bytes.length == Float.BYTES) {
      return new float[] {(float) FLOATS.get(bytes, 0)}; // one score: half of the loop
    }
    float[] values = new float[bytes.length / Float.BYTES];
    if (values.length <= SMALL) {
      for (int i = 0; i < values.length; i++) {
        values[i] = (float) FLOATS.get(bytes, i * Float.BYTES);
      }
    } else {
      view(bytes).asFloatBuffer().get(values);
    }
    return values;
  }

  static boolean[] booleans(byte[] bytes) {
    boolean[] values = new boolean[bytes.length];
    for (int i = 0; i < values.length; i++) {
      values[i] = bytes[i] != 0;
    }
    return values;
  }

  /** Reads an element of any integer type, or of BOOL; of UINT64 its 64 bits. */
  static long integer(DataType type, byte[] bytes, int offset) {
    return switch (type) {
      case INT64, UINT64 -> view(bytes).getLong(offset);
      case INT32 -> view(bytes).getInt(offset);
      case UINT32 -> Integer.toUnsignedLong(view(bytes).getInt(offset));
      case INT16 -> view(bytes).getShort(offset);
      case UINT16 -> Short.toUnsignedLong(view(bytes).getShort(offset));
      case INT8 -> bytes[offset];
      case UINT8, BOOL -> Byte.toUnsignedLong(bytes[offset]);
      default -> throw new IllegalArgumentException(type + " is no integer type");
    };
  }
}
