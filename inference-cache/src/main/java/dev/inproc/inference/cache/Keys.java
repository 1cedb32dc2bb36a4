package dev.inproc.inference.cache;

import org.jspecify.annotations.Nullable;

/**
 * Makes keys of requests. An array is wrapped: a key for looking up shares it, one for keeping
 * holds a copy. What holds other things ({@link Snapshots}) is copied for looking up already, since
 * that is how it is found out whether it can be kept. All else is its own key.
 */
final class Keys {
  private enum Kind {
    ITSELF,
    ARRAY,
    COPIED
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
    return Snapshots.key(input);
  }

  /** Returns a key for keeping: it shares nothing with the caller that the caller could change. */
  static Object kept(Object key) {
    if (key instanceof ScopedKey scoped) {
      return new ScopedKey(scoped.scope(), kept(scoped.key()));
    }
    if (key instanceof ArrayKey array) {
      return array.kept();
    }
    return key;
  }

  /**
   * Returns the request that the model is run with. It is a copy: the owner may change the original
   * meanwhile, and what the model does to the copy does not reach the key.
   *
   * @param kept the request's key
   */
  @SuppressWarnings("unchecked")
  static <I> I owned(I input, Object kept) {
    Object plain = kept instanceof ScopedKey scoped ? scoped.key() : kept;
    if (plain instanceof ArrayKey array) {
      return (I) array.array(); // were it changed, its hash would not be this key's
    }
    return plain == input ? input : (I) Snapshots.of(input);
  }

  /** Returns a copy of a request for a caller, which may change it. */
  static <I> I copied(I request, Object kept) {
    return owned(request, kept(kept)); // an array's key is copied with the array
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
    return switch (KeyType.of(type).kind()) {
      case IMMUTABLE, OWN -> Kind.ITSELF;
      case ARRAY -> Kind.ARRAY;
      default -> Kind.COPIED;
    };
  }
}
