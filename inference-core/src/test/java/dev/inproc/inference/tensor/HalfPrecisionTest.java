package dev.inproc.inference.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/**
 * Against references made by other means: widening from the formula in double arithmetic, which is
 * exact; narrowing by choosing the nearer of the two neighbours, found in a table of all values.
 */
class HalfPrecisionTest {
  private interface Widen {
    float apply(short bits);
  }

  private interface Narrow {
    short apply(float value);
  }

  /** The value by the definition of the format. */
  private static double value(int bits, int exponentBits, int fractionBits) {
    double sign = (bits & 0x8000) == 0 ? 1 : -1;
    int exponent = (bits >>> fractionBits) & ((1 << exponentBits) - 1);
    int fraction = bits & ((1 << fractionBits) - 1);
    int bias = (1 << (exponentBits - 1)) - 1;
    if (exponent == (1 << exponentBits) - 1) {
      return fraction == 0 ? sign * Double.POSITIVE_INFINITY : Double.NaN;
    }
    double significand = Math.scalb((double) fraction, -fractionBits);
    return exponent == 0
        ? sign * Math.scalb(significand, 1 - bias)
        : sign * Math.scalb(1 + significand, exponent - bias);
  }

  private static void checkWidening(Widen widen, int exponentBits, int fractionBits) {
    for (int bits = 0; bits < 65_536; bits++) {
      double expected = value(bits, exponentBits, fractionBits);
      // As bits: -0.0 is not 0.0, all NaNs are one.
      assertEquals(
          Double.doubleToLongBits(expected),
          Double.doubleToLongBits(widen.apply((short) bits)),
          "bits " + Integer.toHexString(bits));
    }
  }

  @Test
  void float16_allPatterns_widenExactly() {
    checkWidening(HalfPrecision::float16ToFloat, 5, 10);
  }

  @Test
  void bfloat16_allPatterns_widenExactly() {
    checkWidening(HalfPrecision::bfloat16ToFloat, 8, 7);
  }

  private static void checkRoundTrip(Widen widen, Narrow narrow) {
    for (int bits = 0; bits < 65_536; bits++) {
      float wide = widen.apply((short) bits);
      short back = narrow.apply(wide);
      if (Float.isNaN(wide)) {
        assertTrue(Float.isNaN(widen.apply(back)), "a NaN stays one");
        assertEquals(bits & 0x8000, back & 0x8000, "with its sign");
      } else {
        assertEquals((short) bits, back, "bits " + Integer.toHexString(bits));
      }
    }
  }

  @Test
  void bothFormats_allPatterns_surviveARoundTrip() {
    checkRoundTrip(HalfPrecision::float16ToFloat, HalfPrecision::floatToFloat16);
    checkRoundTrip(HalfPrecision::bfloat16ToFloat, HalfPrecision::floatToBfloat16);
  }

  /**
   * The reference for finite values: positive patterns are ordered as their values are, so the
   * neighbours are found by bisection. The pattern of infinity takes the place of 2^(max+1).
   */
  private static int reference(float value, int exponentBits, int fractionBits) {
    int infinity = ((1 << exponentBits) - 1) << fractionBits;
    double magnitude = Math.abs((double) value);
    int low = 0;
    int high = infinity;
    while (high - low > 1) {
      int middle = (low + high) >>> 1;
      if (value(middle, exponentBits, fractionBits) <= magnitude) {
        low = middle;
      } else {
        high = middle;
      }
    }
    double below = value(low, exponentBits, fractionBits);
    double above =
        high == infinity
            ? Math.scalb(1.0, 1 << (exponentBits - 1))
            : value(high, exponentBits, fractionBits);
    // Exact in double: neighbours are close, or tiny.
    double toLow = magnitude - below;
    double toHigh = above - magnitude;
    int nearest = toLow < toHigh ? low : toLow > toHigh ? high : (low & 1) == 0 ? low : high;
    return (Float.floatToRawIntBits(value) < 0 ? 0x8000 : 0) | Math.min(nearest, infinity);
  }

  private static void checkNarrowing(Narrow narrow, float value, int exponent, int fraction) {
    for (float signed : new float[] {value, -value}) {
      int actual = narrow.apply(signed) & 0xffff;
      if (reference(signed, exponent, fraction) != actual) {
        throw new AssertionError(
            Float.toHexString(signed)
                + " became "
                + Integer.toHexString(actual)
                + ", expected "
                + Integer.toHexString(reference(signed, exponent, fraction)));
      }
    }
  }

  /** Every value, the tie above it, and the floats on either side of both. */
  private static void checkAround(Widen widen, Narrow narrow, int exponent, int fraction) {
    int infinity = ((1 << exponent) - 1) << fraction;
    for (int bits = 0; bits < infinity; bits++) {
      float low = widen.apply((short) bits);
      double high =
          bits + 1 == infinity
              ? Math.scalb(1.0, 1 << (exponent - 1))
              : value(bits + 1, exponent, fraction);
      float tie = (float) ((low + high) / 2);
      for (float point : new float[] {low, tie}) {
        checkNarrowing(narrow, point, exponent, fraction);
        checkNarrowing(narrow, Math.nextUp(point), exponent, fraction);
        if (point > 0) {
          checkNarrowing(narrow, Math.nextDown(point), exponent, fraction);
        }
      }
    }
  }

  @Test
  void float16_ties_goToEven() {
    checkAround(HalfPrecision::float16ToFloat, HalfPrecision::floatToFloat16, 5, 10);
  }

  @Test
  void bfloat16_ties_goToEven() {
    checkAround(HalfPrecision::bfloat16ToFloat, HalfPrecision::floatToBfloat16, 8, 7);
  }

  @Test
  void bothFormats_randomFloats_areNearest() {
    long seed = System.nanoTime();
    System.out.println("HalfPrecisionTest seed " + seed);
    SplittableRandom random = new SplittableRandom(seed);
    for (int i = 0; i < 300_000; i++) {
      float any = Float.intBitsToFloat(random.nextInt());
      float small = (float) Math.scalb(random.nextDouble(1, 2), random.nextInt(-30, 18));
      for (float value : new float[] {any, small}) {
        if (Float.isFinite(value)) {
          checkNarrowing(HalfPrecision::floatToFloat16, value, 5, 10);
          checkNarrowing(HalfPrecision::floatToBfloat16, value, 8, 7);
        }
      }
    }
  }

  @Test
  void specialValues_narrow_asIeee754Says() {
    assertEquals((short) 0x7c00, HalfPrecision.floatToFloat16(Float.POSITIVE_INFINITY));
    assertEquals((short) 0xfc00, HalfPrecision.floatToFloat16(Float.NEGATIVE_INFINITY));
    assertEquals((short) 0x7bff, HalfPrecision.floatToFloat16(65_519.99f));
    assertEquals((short) 0x7c00, HalfPrecision.floatToFloat16(65_520f));
    assertEquals((short) 0x7c00, HalfPrecision.floatToFloat16(Float.MAX_VALUE));
    assertEquals((short) 0x8000, HalfPrecision.floatToFloat16(-0f));
    assertEquals((short) 0x0000, HalfPrecision.floatToFloat16(0x1p-25f));
    assertEquals((short) 0x0001, HalfPrecision.floatToFloat16(Math.nextUp(0x1p-25f)));
    assertEquals((short) 0x7f80, HalfPrecision.floatToBfloat16(Float.POSITIVE_INFINITY));
    assertEquals((short) 0xff80, HalfPrecision.floatToBfloat16(-Float.MAX_VALUE));
    // A NaN whose payload lies in the bits that are cut off alone must not become infinity.
    float lowPayload = Float.intBitsToFloat(0x7f80_0001);
    assertTrue(Float.isNaN(HalfPrecision.float16ToFloat(HalfPrecision.floatToFloat16(lowPayload))));
    assertTrue(
        Float.isNaN(HalfPrecision.bfloat16ToFloat(HalfPrecision.floatToBfloat16(lowPayload))));
  }
}
