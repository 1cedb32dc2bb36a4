package dev.inproc.inference.deploy;

import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.Tensors;
import java.lang.reflect.Array;
import java.lang.reflect.RecordComponent;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.net.URI;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Copies requests and answers, so that what others do to the original does not change the copy.
 * Only classes whose code is known are copied or passed: no code of the application runs.
 */
final class ShadowCopies {
  private static final Set<Class<?>> IMMUTABLE =
      Set.of(
          Boolean.class,
          Character.class,
          Byte.class,
          Short.class,
          Integer.class,
          Long.class,
          Float.class,
          Double.class,
          String.class,
          BigInteger.class,
          BigDecimal.class,
          UUID.class,
          URI.class,
          Class.class,
          Tensor.class,
          Tensors.class);

  /** A record that holds records deeper than this may hold itself. */
  private static final int DEEPEST_RECORD = 8;

  /** Whether a class's objects never change, nor what they hold. */
  private static final ClassValue<Boolean> IS_IMMUTABLE =
      new ClassValue<>() {
        @Override
        protected Boolean computeValue(Class<?> type) {
          return isImmutable(type, 0);
        }
      };

  private ShadowCopies() {}

  /**
   * Returns a copy, or the value itself if nothing can change it.
   *
   * @param option the option that helps with another class
   * @throws IllegalArgumentException if the class is not known
   */
  static @Nullable Object copy(@Nullable Object value, String option) {
    if (value instanceof float[] floats) {
      return floats.clone();
    }
    if (value == null || IS_IMMUTABLE.get(value.getClass())) {
      return value;
    }
    if (value.getClass().isArray()) {
      return copyArray(value, option);
    }
    boolean isOfJdk = value.getClass().getName().startsWith("java.util.");
    if (isOfJdk && value instanceof Optional<?> optional) {
      return Optional.ofNullable(copy(optional.orElse(null), option));
    }
    if (isOfJdk && value instanceof List<?> list) {
      return Collections.unmodifiableList(copyInto(new ArrayList<>(list.size()), list, option));
    }
    if (isOfJdk && value instanceof Set<?> set) {
      return Collections.unmodifiableSet(copyInto(new LinkedHashSet<>(), set, option));
    }
    if (isOfJdk && value instanceof Map<?, ?> map) {
      Map<@Nullable Object, @Nullable Object> all = new LinkedHashMap<>();
      map.forEach((key, held) -> all.put(copy(key, option), copy(held, option)));
      return Collections.unmodifiableMap(all);
    }
    throw new IllegalArgumentException(
        "Cannot copy "
            + value.getClass().getName()
            + " for a shadow: expected an array, a tensor, an immutable value of the JDK, a record"
            + " or a collection of such; set ShadowPlan."
            + option);
  }

  private static <C extends Collection<@Nullable Object>> C copyInto(
      C copy, Collection<?> values, String option) {
    for (Object each : values) {
      copy.add(copy(each, option));
    }
    return copy;
  }

  private static Object copyArray(Object array, String option) {
    int length = Array.getLength(array);
    Object copy = Array.newInstance(array.getClass().getComponentType(), length);
    if (copy instanceof Object[] elements) {
      Object[] originals = (Object[]) array;
      for (int i = 0; i < length; i++) {
        Array.set(elements, i, copy(originals[i], option));
      }
    } else {
      System.arraycopy(array, 0, copy, 0, length);
    }
    return copy;
  }

  private static boolean isImmutable(Class<?> type, int depth) {
    if (type.isPrimitive()
        || IMMUTABLE.contains(type)
        || type.isEnum()
        || (type.getSuperclass() != null && type.getSuperclass().isEnum())
        || (type.getName().startsWith("java.time.") && !type.isInterface())) {
      return true;
    }
    if (!type.isRecord() || depth == DEEPEST_RECORD) {
      return false;
    }
    for (RecordComponent component : type.getRecordComponents()) {
      if (!isImmutable(component.getType(), depth + 1)) {
        return false;
      }
    }
    return true;
  }
}
