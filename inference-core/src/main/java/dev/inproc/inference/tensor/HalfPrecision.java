package dev.inproc.inference.tensor;

/**
 * Converts between {@code float} and the two 16-bit formats. Both directions follow IEEE 754:
 * narrowing rounds to nearest, ties to even, overflows to infinity and keeps subnormals and the
 * sign of zero; widening is exact. A NaN stays a NaN: its payload is cut to the bits that fit and
 * it becomes quiet.
 */
public final class HalfPrecision {
  private static final int FLOAT_SIGN = 0x8000_0000;
  private static final int FLOAT_INFINITY = 0x7f80_0000;

  private HalfPrecision() {}

  /** Widens a binary16, given as its bits. Exact. */
  public static float float16ToFloat(short bits) {
    int sign = (bits & 0x8000) << 16;
    int exponent = (bits >>> 10) & 0x1f;
    int fraction = bits & 0x3ff;
    if (exponent == 0x1f) {
      int quiet = fraction == 0 ? 0 : 0x40_0000;
      return Float.intBitsToFloat(sign | FLOAT_INFINITY | quiet | fraction << 13);
    }
    if (exponent == 0) {
      float magnitude = fraction * 0x1p-24f; // subnormal or zero: fraction units of 2^-24
      return sign == 0 ? magnitude : -magnitude;
    }
    return Float.intBitsToFloat(sign | (exponent + 127 - 15) << 23 | fraction << 13);
  }

  /** Narrows to a binary16 and returns its bits. */
  public static short floatToFloat16(float value) {
    int bits = Float.floatToRawIntBits(value);
    int sign = (bits & FLOAT_SIGN) >>> 16;
    int magnitude = bits & ~FLOAT_SIGN;
    if (magnitude > FLOAT_INFINITY) {
      return (short) (sign | 0x7e00 | (magnitude >>> 13 & 0x3ff));
    }
    if (magnitude >= 0x4780_0000) { // 2^16 and above, infinity included
      return (short) (sign | 0x7c00);
    }
    if (magnitude < 0x3880_0000) { // below 2^-14: a subnormal in units of 2^-24
      // Scaling by a power of two is exact here, and rint rounds ties to even.
      float units = Float.intBitsToFloat(magnitude) * 0x1p24f;
      return (short) (sign | (int) Math.rint(units));
    }
    // Rounding may carry into the exponent, up to infinity; the encoding makes that come out right.
    int rounded = magnitude + 0xfff + (magnitude >>> 13 & 1);
    return (short) (sign | (rounded - ((127 - 15) << 23)) >>> 13);
  }

  /** Widens a bfloat16, given as its bits. Exact. */
  public static float bfloat16ToFloat(short bits) {
    return Float.intBitsToFloat(bits << 16);
  }

  /** Narrows to a bfloat16 and returns its bits. */
  public static short floatToBfloat16(float value) {
    int bits = Float.floatToRawIntBits(value);
    if ((bits & ~FLOAT_SIGN) > FLOAT_INFINITY) {
      return (short) (bits >>> 16 | 0x40);
    }
    return (short) ((bits + 0x7fff + (bits >>> 16 & 1)) >>> 16);
  }
}
