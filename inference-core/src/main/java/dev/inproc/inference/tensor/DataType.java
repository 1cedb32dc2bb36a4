package dev.inproc.inference.tensor;

/** The type of a tensor's elements. Sizes are in bytes; strings and sequences have none. */
public enum DataType {
  /** IEEE 754 binary32; {@code float} in Java. */
  FLOAT32(4),
  /** IEEE 754 binary64; {@code double} in Java. */
  FLOAT64(8),
  /** IEEE 754 binary16; read and written as {@code float}, see {@link HalfPrecision}. */
  FLOAT16(2),
  /** The upper half of a binary32; read and written as {@code float}, see {@link HalfPrecision}. */
  BFLOAT16(2),
  /** Signed 8-bit integer. */
  INT8(1),
  /** Signed 16-bit integer. */
  INT16(2),
  /** Signed 32-bit integer. */
  INT32(4),
  /** Signed 64-bit integer. */
  INT64(8),
  /** Unsigned 8-bit integer; reads give 0 to 255. */
  UINT8(1),
  /** Unsigned 16-bit integer; reads give 0 to 65,535. */
  UINT16(2),
  /** Unsigned 32-bit integer; reads as {@code long} give 0 to 2^32 - 1. */
  UINT32(4),
  /** Unsigned 64-bit integer; reads give the 64 bits, see {@link Long#toUnsignedString(long)}. */
  UINT64(8),
  /** One byte, 0 or 1. */
  BOOL(1),
  /** Unicode text, or bytes that are not text. Not a fixed number of bytes. */
  STRING(0),
  /**
   * A list of tensors of one element type, each of a shape of its own; see {@link
   * Tensor#toTensors}. Some models answer so; no model is given one.
   */
  SEQUENCE(0);

  private final int byteSize;

  DataType(int byteSize) {
    this.byteSize = byteSize;
  }

  /** Returns the bytes of one element; 0 for {@link #STRING} and {@link #SEQUENCE}. */
  public int byteSize() {
    return byteSize;
  }

  /** Returns whether all elements have the same number of bytes: numbers and booleans do. */
  public boolean hasFixedSize() {
    return byteSize > 0;
  }

  /** Returns whether the elements are floating-point numbers of any width. */
  public boolean isFloatingPoint() {
    return this == FLOAT32 || this == FLOAT64 || this == FLOAT16 || this == BFLOAT16;
  }

  /** Returns whether the elements are integers of any width, signed or not; a boolean is none. */
  boolean isInteger() {
    return switch (this) {
      case INT8, INT16, INT32, INT64, UINT8, UINT16, UINT32, UINT64 -> true;
      default -> false;
    };
  }
}
