package dev.inproc.inference.cache;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import org.jspecify.annotations.Nullable;

/**
 * Copies lists, sets and maps, with copies of what they hold. A copy is of the class of its
 * original: the JDK's immutable ones stay, the ones with a public {@code clone} are cloned and
 * filled anew. The JDK's wrappers and views, whose classes are private, become unmodifiable ones. A
 * class of the application is cloned if it can be; otherwise it promises not to change.
 */
final class CollectionCopy {
  private static final Set<Class<?>> IMMUTABLE =
      Set.of(
          List.of().getClass(),
          List.of(1).getClass(),
          Set.of().getClass(),
          Set.of(1).getClass(),
          Map.of().getClass(),
          Map.of(1, 1).getClass(),
          Collections.emptyList().getClass(),
          Collections.singletonList(1).getClass(),
          Collections.emptySet().getClass(),
          Collections.singleton(1).getClass(),
          Collections.emptyMap().getClass(),
          Collections.singletonMap(1, 1).getClass());

  private CollectionCopy() {}

  /** Copies what a collection holds. */
  @FunctionalInterface
  interface PartCopier {
    /**
     * Returns a copy, or the part itself if nothing can change it.
     *
     * @param step how the part is reached, for messages
     * @param depth that of the collection
     */
    Object copyAt(@Nullable Object part, String step, int depth);
  }

  static boolean isCollection(KeyType.Kind kind) {
    return kind == KeyType.Kind.LIST || kind == KeyType.Kind.SET || kind == KeyType.Kind.MAP;
  }

  /** Returns a copy of a class of the JDK, which compares as the JDK's collections do. */
  static Object key(Object value, KeyType.Kind kind, PartCopier copier) {
    Object copy = copy(value, kind, 0, copier);
    return KeyType.isOfJdk(value.getClass())
        ? copy
        : unmodifiable(kind, new Parts(copy, kind, 0, copier));
  }

  static Object copy(Object value, KeyType.Kind kind, int depth, PartCopier copier) {
    checkEquals(value);
    Parts parts = new Parts(value, kind, depth, copier);
    Class<?> type = value.getClass();
    if (IMMUTABLE.contains(type) && !parts.changed) {
      return value;
    }
    Method clone = cloneOf(value);
    if (clone != null && KeyType.isOfJdk(clone.getDeclaringClass())) {
      return parts.fill(clear(invoke(clone, value)));
    }
    if (!KeyType.isOfJdk(type)) {
      return ofApplication(value, parts, clone);
    }
    if (Modifier.isPublic(type.getModifiers())) {
      throw new Refusal("its owner can change it, and it has no public clone()");
    }
    return unmodifiable(kind, parts);
  }

  /** A clone is not cleared: it may share with its original. */
  private static Object ofApplication(Object value, Parts parts, @Nullable Method clone) {
    if (parts.changed) {
      throw new Refusal("it is a class of the application and holds what can be changed");
    }
    return clone == null ? value : invoke(clone, value);
  }

  /** Refuses what may equal an unlike one: a comparator may say that elements are the same. */
  private static void checkEquals(Object value) {
    boolean compared =
        (value instanceof SortedSet<?> set && set.comparator() != null)
            || (value instanceof SortedMap<?, ?> map && map.comparator() != null);
    if (compared) {
      throw new Refusal("it compares what it holds by a comparator");
    }
    if (value instanceof Properties own && !own.keySet().containsAll(own.stringPropertyNames())) {
      throw new Refusal("it has defaults, at which its equals does not look");
    }
  }

  private static @Nullable Method cloneOf(Object value) {
    if (!(value instanceof Cloneable)) {
      return null;
    }
    try {
      Method clone = value.getClass().getMethod("clone");
      return clone.canAccess(value) ? clone : null;
    } catch (NoSuchMethodException e) {
      return null;
    }
  }

  private static Object invoke(Method clone, Object value) {
    try {
      return clone.invoke(value);
    } catch (InvocationTargetException e) {
      throw new Refusal("its clone() throws", e.getCause());
    } catch (IllegalAccessException e) {
      throw new AssertionError(e); // it was asked for
    }
  }

  private static Object clear(Object collection) {
    if (collection instanceof Map<?, ?> map) {
      map.clear();
    } else {
      ((Collection<?>) collection).clear();
    }
    return collection;
  }

  private static Object unmodifiable(KeyType.Kind kind, Parts parts) {
    return switch (kind) {
      case LIST -> Collections.unmodifiableList((List<?>) parts.fill(new ArrayList<>()));
      case SET -> Collections.unmodifiableSet((Set<?>) parts.fill(new LinkedHashSet<>()));
      default -> Collections.unmodifiableMap((Map<?, ?>) parts.fill(new LinkedHashMap<>()));
    };
  }

  /** Copies of what a collection holds: the elements, or the keys and the values. */
  private static final class Parts {
    private final Object[] keys;
    private final Object @Nullable [] values;
    private final boolean changed;

    Parts(Object owner, KeyType.Kind kind, int depth, PartCopier copier) {
      boolean other = false;
      if (owner instanceof Map<?, ?> map && kind == KeyType.Kind.MAP) {
        Object[] entries = map.entrySet().toArray();
        keys = new Object[entries.length];
        values = new Object[entries.length];
        for (int i = 0; i < entries.length; i++) {
          Map.Entry<?, ?> entry = (Map.Entry<?, ?>) entries[i];
          keys[i] = copier.copyAt(entry.getKey(), ".key", depth);
          values[i] = copier.copyAt(entry.getValue(), ".value", depth);
          other |= keys[i] != entry.getKey() || values[i] != entry.getValue();
        }
      } else {
        keys = ((Collection<?>) owner).toArray();
        values = null;
        for (int i = 0; i < keys.length; i++) {
          Object element = keys[i];
          keys[i] = copyElement(element, i, depth, copier);
          other |= keys[i] != element;
        }
      }
      changed = other;
    }

    private static Object copyElement(
        @Nullable Object element, int index, int depth, PartCopier copier) {
      try {
        return copier.copyAt(element, "", depth);
      } catch (Refusal e) {
        throw e.at("[" + index + "]");
      }
    }

    @SuppressWarnings("unchecked")
    Object fill(Object empty) {
      Object[] all = values;
      if (all == null) {
        var unused = ((Collection<Object>) empty).addAll(Arrays.asList(keys));
        return empty;
      }
      Map<Object, Object> map = (Map<Object, Object>) empty;
      for (int i = 0; i < keys.length; i++) {
        map.put(keys[i], all[i]);
      }
      return map;
    }
  }
}
