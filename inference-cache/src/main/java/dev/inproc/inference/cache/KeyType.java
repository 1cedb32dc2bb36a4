package dev.inproc.inference.cache;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What the cache knows of a class as a request or as a part of one. Found once for each class.
 *
 * @param refusal why no instance can be kept; null unless the kind is {@code REFUSED}
 * @param shape how to read and to build a record; null for all other kinds
 */
record KeyType(Kind kind, @Nullable String refusal, @Nullable RecordShape shape) {
  private static final Set<Class<?>> NUMBERS = Set.of(BigDecimal.class, BigInteger.class);

  private static final ClassValue<KeyType> TYPES =
      new ClassValue<>() {
        @Override
        protected KeyType computeValue(Class<?> type) {
          return find(type);
        }
      };

  enum Kind {
    /** Nothing changes an instance. */
    IMMUTABLE,
    /** A class of the application with an {@code equals}, which promises not to change. */
    OWN,
    /** Of primitives or immutable values, to any depth. */
    ARRAY,
    /** Its components decide. */
    RECORD,
    LIST,
    SET,
    MAP,
    OPTIONAL,
    ENTRY,
    REFUSED
  }

  static KeyType of(Class<?> type) {
    return TYPES.get(type);
  }

  private static KeyType find(Class<?> type) {
    if (KnownTypes.isImmutable(type)) {
      return of(Kind.IMMUTABLE);
    }
    if (type.isArray()) {
      return KnownTypes.isPlainArray(type)
          ? of(Kind.ARRAY)
          : refused("nothing is known of its elements");
    }
    if (type.isRecord()) {
      return new KeyType(Kind.RECORD, null, RecordShape.of(type));
    }
    if (List.class.isAssignableFrom(type)) {
      return of(Kind.LIST);
    }
    if (Set.class.isAssignableFrom(type)) {
      return of(Kind.SET);
    }
    if (Map.class.isAssignableFrom(type)) {
      return of(Kind.MAP);
    }
    return isOfJdk(type) ? ofJdk(type) : ofApplication(type);
  }

  private static KeyType ofJdk(Class<?> type) {
    if (type == Optional.class) {
      return of(Kind.OPTIONAL);
    }
    if (Map.Entry.class.isAssignableFrom(type)) {
      return of(Kind.ENTRY);
    }
    return NUMBERS.contains(type) || Path.class.isAssignableFrom(type)
        ? of(Kind.IMMUTABLE)
        : refused("its owner can change it, or it has no equals of its own");
  }

  /** An {@code equals} that comes from the JDK looks at what the JDK lets its owner change. */
  private static KeyType ofApplication(Class<?> type) {
    try {
      Class<?> equalsOf = type.getMethod("equals", Object.class).getDeclaringClass();
      return isOfJdk(equalsOf) ? refused("it has no equals of its own") : of(Kind.OWN);
    } catch (NoSuchMethodException e) {
      throw new AssertionError(e); // every class has one
    }
  }

  static boolean isOfJdk(Class<?> type) {
    ClassLoader loader = type.getClassLoader();
    return loader == null || loader == ClassLoader.getPlatformClassLoader();
  }

  private static KeyType of(Kind kind) {
    return new KeyType(kind, null, null);
  }

  private static KeyType refused(String reason) {
    return new KeyType(Kind.REFUSED, reason, null);
  }
}
