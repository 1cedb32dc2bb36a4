package dev.inproc.inference.cache;

import dev.inproc.inference.tensor.Shape;
import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.Tensors;
import java.lang.reflect.Modifier;
import java.lang.reflect.RecordComponent;
import java.net.URI;
import java.time.Clock;
import java.util.Currency;
import java.util.HashSet;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.UUID;

/** What can be said of a type from its class alone. */
final class KnownTypes {
  private static final Set<Class<?>> IMMUTABLE =
      Set.of(
          String.class,
          Boolean.class,
          Character.class,
          Byte.class,
          Short.class,
          Integer.class,
          Long.class,
          Float.class,
          Double.class,
          Void.class,
          Class.class,
          Currency.class,
          Locale.class,
          OptionalDouble.class,
          OptionalInt.class,
          OptionalLong.class,
          URI.class,
          UUID.class,
          Tensor.class,
          Tensors.class,
          Shape.class);

  private KnownTypes() {}

  /** Whether nothing can change an instance: of known final types, and of records of these. */
  static boolean isImmutable(Class<?> type) {
    return isImmutable(type, new HashSet<>());
  }

  private static boolean isImmutable(Class<?> type, Set<Class<?>> underWay) {
    if (type.isPrimitive() || isEnum(type) || IMMUTABLE.contains(type) || isTime(type)) {
      return true;
    }
    if (!type.isRecord()) {
      return false;
    }
    if (underWay.add(type)) { // else the record holds itself
      for (RecordComponent component : type.getRecordComponents()) {
        if (!isImmutable(component.getType(), underWay)) {
          return false;
        }
      }
    }
    return true;
  }

  /** A constant with a body has a class of its own, for which {@code isEnum} is false. */
  private static boolean isEnum(Class<?> type) {
    return Enum.class.isAssignableFrom(type);
  }

  private static boolean isTime(Class<?> type) {
    return type.getPackageName().equals("java.time")
        && Modifier.isFinal(type.getModifiers())
        && !Clock.class.isAssignableFrom(type);
  }

  /** Whether an array holds primitives, immutable values, or arrays of these. */
  static boolean isPlainArray(Class<?> type) {
    Class<?> component = type.getComponentType();
    return component != null && (isImmutable(component) || isPlainArray(component));
  }
}
