package dev.inproc.inference.cache;

import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.Tensors;
import java.lang.reflect.Array;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * Estimates what an entry occupies on the heap: of known types from what they hold, of others as
 * declared.
 *
 * @param declared bytes of an instance, by its class
 */
record Weigher(Map<Class<?>, ToLongFunction<Object>> declared) {
  static final Weigher KNOWN = new Weigher(Map.of());

  /** An entry's node, keys and table slots, and the object that holds the answer. */
  private static final long ENTRY = 160;

  /** The header of an object or an array. */
  private static final long HEADER = 16;

  /** An object with a few fields. */
  private static final long SMALL = 32;

  @SuppressWarnings("unchecked") // looked up by the very class of what it is given
  <T> Weigher with(Class<T> type, ToLongFunction<? super T> bytes) {
    Map<Class<?>, ToLongFunction<Object>> more = new HashMap<>(declared);
    more.put(type, (ToLongFunction<Object>) (ToLongFunction<?>) bytes);
    return new Weigher(Map.copyOf(more));
  }

  /** Returns whether instances of a class can be sized. */
  boolean knows(Class<?> type) {
    return declared.containsKey(type)
        || (KnownTypes.isImmutable(type) && !type.isRecord())
        || KnownTypes.isPlainArray(type);
  }

  /** Returns the weight of an entry, as the store counts it. */
  int weigh(Object key, @Nullable Object answer) {
    String scope = Keys.scope(key);
    long bytes = ENTRY + of(Keys.input(key)) + of(answer) + (scope == null ? 0 : SMALL);
    return (int) Math.min(bytes, Integer.MAX_VALUE);
  }

  private long of(@Nullable Object value) {
    if (value == null) {
      return 0;
    }
    ToLongFunction<Object> own = declared.get(value.getClass());
    if (own != null) {
      return Math.max(0, Math.min(own.applyAsLong(value), Integer.MAX_VALUE)); // sums stay longs
    }
    if (value instanceof String text) {
      return 2 * HEADER + SMALL + 2L * text.length();
    }
    if (value instanceof Tensor tensor) {
      return 2 * SMALL + HEADER + tensor.byteSize();
    }
    if (value instanceof Tensors tensors) {
      long bytes = SMALL;
      for (int i = 0; i < tensors.size(); i++) {
        bytes += of(tensors.at(i));
      }
      return bytes;
    }
    if (value.getClass().isArray()) {
      return ofArray(value);
    }
    if (value instanceof Collection<?> all) {
      long bytes = SMALL;
      for (Object each : all) {
        bytes += HEADER + of(each);
      }
      return bytes;
    }
    if (KnownTypes.isImmutable(value.getClass()) && !value.getClass().isRecord()) {
      return SMALL;
    }
    throw new IllegalStateException(
        "Expected to know the bytes of a "
            + value.getClass().getTypeName()
            + "; a cache that is bounded in bytes needs withSizes("
            + value.getClass().getSimpleName()
            + ".class, bytes)");
  }

  private long ofArray(Object array) {
    int length = Array.getLength(array);
    if (array instanceof Object[] elements) {
      long bytes = HEADER + 4L * length;
      for (Object each : elements) {
        bytes += of(each);
      }
      return bytes;
    }
    return HEADER + width(array.getClass().getComponentType()) * length;
  }

  private static long width(Class<?> primitive) {
    if (primitive == long.class || primitive == double.class) {
      return Long.BYTES;
    }
    if (primitive == byte.class || primitive == boolean.class) {
      return 1;
    }
    return primitive == int.class || primitive == float.class ? Integer.BYTES : Short.BYTES;
  }

  /** Returns the names of the classes whose bytes were declared. */
  @Override
  public String toString() {
    return declared.keySet().stream().map(Class::getTypeName).sorted().toList().toString();
  }
}
