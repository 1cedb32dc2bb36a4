package dev.inproc.inference.tensor;

/** The type of a tensor's elements. Sizes are in bytes; strings have none of their own. */
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
  /** One byte, 0 or 1. */
  BOOL(1),
  /** Unicode text. Not a fixed number of bytes. */
  STRING(0);

  private final int byteSize;

  DataType(int byteSize) {
    this.byteSize = byteSize;
  }

  /** Returns the bytes of one element; 0 for {@link #STRING}. */
  public int byteSize() {
    return byteSize;
  }

  /** Returns whether the elements are floating-point numbers of any width. */
  public boolean isFloatingPoint() {
    return this == FLOAT32 || this == FLOAT64 || this == FLOAT16 || this == BFLOAT16;
  }

  /** Returns whether the elements are integers of any width; a boolean is none. */
  public boolean isInteger() {
    return this == INT8 || this == INT16 || this == INT32 || this == INT64 || this == UINT8;
  }
}
