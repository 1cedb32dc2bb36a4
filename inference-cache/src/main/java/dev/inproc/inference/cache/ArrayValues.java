package dev.inproc.inference.cache;

import java.lang.reflect.Array;
import java.util.Arrays;

/** Arrays as values: of primitives, of immutable values, or of such arrays, to any depth. */
final class ArrayValues {
  private static final long ODD = 0x9e3779b97f4a7c15L; // 2^64 by the golden ratio

  private ArrayValues() {}

  /** Returns a copy that shares nothing that could be changed. */
  static Object copy(Object array) {
    if (array instanceof float[] floats) {
      return floats.clone();
    }
    int length = Array.getLength(array);
    Object copy = Array.newInstance(array.getClass().getComponentType(), length);
    System.arraycopy(array, 0, copy, 0, length);
    if (copy instanceof Object[] elements) {
      for (int i = 0; i < length; i++) {
        elements[i] = copyElement(elements[i]);
      }
    }
    return copy;
  }

  @SuppressWarnings("NullAway") // what was null stays null
  private static Object copyElement(Object element) {
    return element != null && element.getClass().isArray() ? copy(element) : element;
  }

  /** Whether two arrays are of one type and hold the same. */
  static boolean same(Object one, Object other) {
    if (one.getClass() != other.getClass()) {
      return false;
    }
    // The JDK's comparisons run over vectors; all NaNs count as equal here, but hash apart.
    if (one instanceof float[] a) {
      return Arrays.equals(a, (float[]) other);
    } else if (one instanceof long[] a) {
      return Arrays.equals(a, (long[]) other);
    } else if (one instanceof int[] a) {
      return Arrays.equals(a, (int[]) other);
    } else if (one instanceof byte[] a) {
      return Arrays.equals(a, (byte[]) other);
    } else if (one instanceof double[] a) {
      return Arrays.equals(a, (double[]) other);
    } else if (one instanceof Object[] a) {
      return Arrays.deepEquals(a, (Object[]) other);
    }
    return Arrays.deepEquals(new Object[] {one}, new Object[] {other});
  }

  /** Returns 64 bits over all elements' bits; four lanes, so that multiplications overlap. */
  static long hash(Object array) {
    long seed = array.getClass().hashCode();
    if (array instanceof float[] a) {
      return hash(a, seed);
    } else if (array instanceof long[] a) {
      return hash(a, seed);
    } else if (array instanceof int[] a) {
      return hash(a, seed);
    } else if (array instanceof double[] a) {
      return hash(a, seed);
    } else if (array instanceof Object[] a) {
      long lane = seed;
      for (Object each : a) {
        boolean nested = each != null && each.getClass().isArray();
        lane = mix(lane, nested ? hash(each) : each == null ? 0 : each.hashCode());
      }
      return finish(lane, a.length);
    }
    return finish(seed, Arrays.deepHashCode(new Object[] {array}));
  }

  private static long hash(float[] x, long seed) {
    long a = seed;
    long b = ~seed;
    long c = seed + ODD;
    long d = seed * ODD;
    int i = 0;
    for (; i <= x.length - 8; i += 8) {
      a = mix(a, pair(x[i], x[i + 1]));
      b = mix(b, pair(x[i + 2], x[i + 3]));
      c = mix(c, pair(x[i + 4], x[i + 5]));
      d = mix(d, pair(x[i + 6], x[i + 7]));
    }
    for (; i < x.length; i++) {
      a = mix(a, Float.floatToRawIntBits(x[i]));
    }
    return finish(mix(mix(mix(a, b), c), d), x.length);
  }

  private static long pair(float low, float high) {
    return pair(Float.floatToRawIntBits(low), Float.floatToRawIntBits(high));
  }

  private static long pair(int low, int high) {
    return ((long) high << 32) | (low & 0xffffffffL);
  }

  private static long hash(int[] x, long seed) {
    long a = seed;
    long b = ~seed;
    int i = 0;
    for (; i <= x.length - 4; i += 4) {
      a = mix(a, pair(x[i], x[i + 1]));
      b = mix(b, pair(x[i + 2], x[i + 3]));
    }
    for (; i < x.length; i++) {
      a = mix(a, x[i]);
    }
    return finish(mix(a, b), x.length);
  }

  private static long hash(long[] x, long seed) {
    long a = seed;
    long b = ~seed;
    int i = 0;
    for (; i <= x.length - 2; i += 2) {
      a = mix(a, x[i]);
      b = mix(b, x[i + 1]);
    }
    for (; i < x.length; i++) {
      a = mix(a, x[i]);
    }
    return finish(mix(a, b), x.length);
  }

  private static long hash(double[] x, long seed) {
    long a = seed;
    long b = ~seed;
    int i = 0;
    for (; i <= x.length - 2; i += 2) {
      a = mix(a, Double.doubleToRawLongBits(x[i]));
      b = mix(b, Double.doubleToRawLongBits(x[i + 1]));
    }
    for (; i < x.length; i++) {
      a = mix(a, Double.doubleToRawLongBits(x[i]));
    }
    return finish(mix(a, b), x.length);
  }

  private static long mix(long lane, long word) {
    return Long.rotateLeft((lane ^ word) * ODD, 29);
  }

  private static long finish(long lane, int length) {
    long z = (lane ^ (lane >>> 32) ^ length) * ODD;
    return z ^ (z >>> 32);
  }
}
