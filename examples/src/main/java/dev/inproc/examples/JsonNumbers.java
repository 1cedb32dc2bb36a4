package dev.inproc.examples;

import com.google.gson.JsonElement;
import com.google.gson.JsonPrimitive;
import dev.inproc.inference.tensor.DataType;
import dev.inproc.inference.tensor.HalfPrecision;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;

/**
 * JSON values as elements of a tensor. Each is rounded once, from its decimal digits to the type;
 * integers never are. NaN and infinities are strings, since JSON has no numbers for them.
 */
final class JsonNumbers {
  private static final int MOST_DIGITS = 20; // of a 64-bit integer
  private static final int LONGEST = 60; // characters of a value in a message

  private JsonNumbers() {}

  /**
   * Writes a value at the buffer's position.
   *
   * @throws NumberFormatException if the value is none of the type; the message tells what came
   */
  static void put(ByteBuffer out, DataType type, JsonElement value) {
    if (type == DataType.BOOL) {
      out.put((byte) (bool(value) ? 1 : 0));
      return;
    }
    if (type.isFloatingPoint()) {
      putFloat(out, type, floating(value));
      return;
    }
    BigInteger whole = integer(type, number(value));
    switch (type.byteSize()) {
      case Byte.BYTES -> out.put(whole.byteValue());
      case Short.BYTES -> out.putShort(whole.shortValue());
      case Integer.BYTES -> out.putInt(whole.intValue());
      default -> out.putLong(whole.longValue());
    }
  }

  private static boolean bool(JsonElement value) {
    if (value instanceof JsonPrimitive primitive && primitive.isBoolean()) {
      return primitive.getAsBoolean();
    }
    throw new NumberFormatException(describe(value));
  }

  private static BigDecimal number(JsonElement value) {
    if (value instanceof JsonPrimitive primitive && primitive.isNumber()) {
      return new BigDecimal(primitive.getAsString());
    }
    throw new NumberFormatException(describe(value));
  }

  /** The digits of a number, or the name of a value that is no number. */
  private static String floating(JsonElement value) {
    if (value instanceof JsonPrimitive primitive) {
      String text = primitive.getAsString();
      boolean named = text.equals("NaN") || text.equals("Infinity") || text.equals("-Infinity");
      if (primitive.isNumber() || (primitive.isString() && named)) {
        return text;
      }
    }
    throw new NumberFormatException(describe(value));
  }

  private static void putFloat(ByteBuffer out, DataType type, String text) {
    if (type == DataType.FLOAT64) {
      double value = Double.parseDouble(text);
      requireRange(Double.isInfinite(value), text);
      out.putDouble(value);
      return;
    }
    float value = Float.parseFloat(text);
    if (type == DataType.FLOAT32) {
      requireRange(Float.isInfinite(value), text);
      out.putFloat(value);
      return;
    }
    boolean half = type == DataType.FLOAT16;
    float odd = roundedToOdd(text, value);
    short bits = half ? HalfPrecision.floatToFloat16(odd) : HalfPrecision.floatToBfloat16(odd);
    float back = half ? HalfPrecision.float16ToFloat(bits) : HalfPrecision.bfloat16ToFloat(bits);
    requireRange(Float.isInfinite(back), text);
    out.putShort(bits);
  }

  /** Rounds to one of the two nearest floats such that rounding on to 16 bits is exact. */
  private static float roundedToOdd(String text, float nearest) {
    if (!Float.isFinite(nearest)) {
      return nearest;
    }
    int side;
    try {
      side = new BigDecimal(text).compareTo(new BigDecimal(nearest));
    } catch (NumberFormatException e) {
      return nearest; // an exponent below -2^31: zero
    }
    boolean odd = (Float.floatToRawIntBits(nearest) & 1) != 0;
    if (side == 0 || odd) {
      return nearest;
    }
    return side > 0 ? Math.nextUp(nearest) : Math.nextDown(nearest);
  }

  private static void requireRange(boolean infinite, String text) {
    if (infinite && !text.endsWith("Infinity")) {
      throw new NumberFormatException(text);
    }
  }

  private static BigInteger integer(DataType type, BigDecimal value) {
    // Digits are counted before they are written out: 1e999999999 has a gigabyte of them.
    boolean small = value.precision() - (long) value.scale() <= MOST_DIGITS;
    BigDecimal plain = value.signum() == 0 ? BigDecimal.ZERO : value.stripTrailingZeros();
    if ((!small && value.signum() != 0) || plain.scale() > 0) {
      throw new NumberFormatException(value.toString());
    }
    BigInteger whole = plain.toBigIntegerExact();
    if (whole.compareTo(least(type)) < 0 || whole.compareTo(most(type)) > 0) {
      throw new NumberFormatException(value.toString());
    }
    return whole;
  }

  /** Returns what a type takes, in words. */
  static String range(DataType type) {
    if (type == DataType.BOOL) {
      return "true or false";
    }
    if (type.isFloatingPoint()) {
      return "a number of " + type + ", \"NaN\", \"Infinity\" or \"-Infinity\"";
    }
    return "a whole number from " + least(type) + " to " + most(type);
  }

  static boolean isUnsigned(DataType type) {
    return type.name().startsWith("UINT");
  }

  private static BigInteger least(DataType type) {
    int bits = type.byteSize() * Byte.SIZE;
    return isUnsigned(type) ? BigInteger.ZERO : BigInteger.ONE.shiftLeft(bits - 1).negate();
  }

  private static BigInteger most(DataType type) {
    int bits = type.byteSize() * Byte.SIZE - (isUnsigned(type) ? 0 : 1);
    return BigInteger.ONE.shiftLeft(bits).subtract(BigInteger.ONE);
  }

  /** Returns a JSON value as a message shows it: what it is, or its text, cut where it is long. */
  static String describe(JsonElement value) {
    if (value.isJsonArray()) {
      return "a list of " + value.getAsJsonArray().size();
    }
    if (value.isJsonObject()) {
      return "an object";
    }
    String text = value.toString();
    return text.length() <= LONGEST ? text : text.substring(0, LONGEST) + "...";
  }
}
