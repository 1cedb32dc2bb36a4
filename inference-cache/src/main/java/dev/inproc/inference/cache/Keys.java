package dev.inproc.inference.cache;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Makes keys of requests. A type that says by {@code equals} what is the same is its own key;
 * tensors are, and compare all bytes. Arrays are wrapped. What compares by identity is refused,
 * alone, in a record or in a collection: at best it would never hit, and once its owner changed it
 * in place it would hit wrongly.
 */
final class Keys {
  private enum Kind {
    ITSELF,
    ARRAY,
    COLLECTION
  }

  private record Known(Class<?> type, Kind kind) {}

  /** The type that came last: mostly there is one. Immutable, so that a race does no harm. */
  private @Nullable Known last;

  /** Returns a key for looking up; it may share the caller's memory. */
  Object of(Object input, @Nullable String scope) {
    Object key = input instanceof String ? input : keyOf(input);
    return scope == null ? key : new ScopedKey(scope, key);
  }

  private Object keyOf(Object input) {
    Class<?> type = input.getClass();
    Known known = last;
    if (known == null || known.type != type) {
      known = new Known(type, kindOf(type));
      last = known;
    }
    if (known.kind == Kind.ITSELF) {
      return input;
    }
    if (known.kind == Kind.ARRAY) {
      return new ArrayKey(input);
    }
    checkElements(input);
    return input;
  }

  /** Returns a key for keeping: it shares nothing with the caller that the caller could change. */
  static Object kept(Object key) {
    if (key instanceof ScopedKey scoped) {
      return new ScopedKey(scoped.scope(), kept(scoped.key()));
    }
    if (key instanceof ArrayKey array) {
      return array.kept();
    }
    if (key instanceof List<?> list) {
      return Collections.unmodifiableList(new ArrayList<>(list));
    }
    if (key instanceof Set<?> set) {
      return Collections.unmodifiableSet(new HashSet<>(set));
    }
    return key instanceof Map<?, ?> map ? Collections.unmodifiableMap(new HashMap<>(map)) : key;
  }

  /** Returns the request within a key. */
  static Object input(Object key) {
    Object plain = key instanceof ScopedKey scoped ? scoped.key() : key;
    return plain instanceof ArrayKey array ? array.array() : plain;
  }

  static @Nullable String scope(Object key) {
    return key instanceof ScopedKey scoped ? scoped.scope() : null;
  }

  private static Kind kindOf(Class<?> type) {
    if (type.isArray()) {
      if (!KnownTypes.isPlainArray(type)) {
        throw refusal(type, "nothing is known of its elements");
      }
      return Kind.ARRAY;
    }
    if (List.class.isAssignableFrom(type)
        || Set.class.isAssignableFrom(type)
        || Map.class.isAssignableFrom(type)) {
      return Kind.COLLECTION;
    }
    if (type.isRecord()) {
      for (var component : type.getRecordComponents()) {
        if (component.getType().isArray()) {
          throw refusal(
              type,
              "its component "
                  + component.getName()
                  + " is an array, which a"
                  + " record compares by identity");
        }
      }
    }
    if (comparesByIdentity(type)) {
      throw refusal(type, "it has no equals of its own");
    }
    return Kind.ITSELF;
  }

  private static boolean comparesByIdentity(Class<?> type) {
    try {
      return !type.isEnum()
          && type.getMethod("equals", Object.class).getDeclaringClass() == Object.class;
    } catch (NoSuchMethodException e) {
      throw new AssertionError(e); // every class has one
    }
  }

  private static void checkElements(Object collection) {
    if (collection instanceof Map<?, ?> map) {
      map.keySet().forEach(Keys::checkElement);
      map.values().forEach(Keys::checkElement);
    } else {
      ((Collection<?>) collection).forEach(Keys::checkElement);
    }
  }

  private static void checkElement(@Nullable Object element) {
    if (element == null || KnownTypes.isImmutable(element.getClass())) {
      return;
    }
    if (kindOf(element.getClass()) != Kind.ITSELF) {
      throw refusal(element.getClass(), "it lies in a collection");
    }
  }

  private static IllegalArgumentException refusal(Class<?> type, String reason) {
    return new IllegalArgumentException(
        "Expected requests that can be compared, got "
            + type.getTypeName()
            + ": "
            + reason
            + ". Use a record of values, or an array alone, or put the cache inside the codec, where"
            + " requests are tensors");
  }
}
