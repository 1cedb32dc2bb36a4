package dev.inproc.inference.cache;

import java.util.AbstractMap.SimpleImmutableEntry;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Copies requests of records, lists, sets, maps and optionals, to any depth, so that nothing that
 * the owner changes afterwards is seen in the copy. Looks at the actual values, since declared
 * types such as {@code Object}, {@code List} or a type variable say nothing. A copy is of the class
 * of its original and equals it; what nothing can change is not copied. What can be changed and
 * cannot be copied so is refused.
 */
final class Snapshots {
  /** Deeper than what people write, and short of the stack of a thread; a cycle ends here. */
  private static final int MAX_DEPTH = 500;

  private Snapshots() {}

  /**
   * Returns a request that equals this one and that its owner cannot change.
   *
   * @throws IllegalArgumentException if there is no such copy; the message names the part
   */
  static Object of(Object request) {
    try {
      return copy(request, 0);
    } catch (Refusal e) {
      throw e.of(request);
    }
  }

  /** Returns the same as a key, which may be of another class than the request. */
  static Object key(Object request) {
    try {
      KeyType.Kind kind = KeyType.of(request.getClass()).kind();
      return CollectionCopy.isCollection(kind)
          ? CollectionCopy.key(request, kind, Snapshots::copyAt)
          : copy(request, 0);
    } catch (Refusal e) {
      throw e.of(request);
    }
  }

  static Object copy(Object value, int depth) {
    KeyType type = KeyType.of(value.getClass());
    KeyType.Kind kind = type.kind();
    if (kind == KeyType.Kind.IMMUTABLE || kind == KeyType.Kind.OWN) {
      return value;
    }
    if (depth > MAX_DEPTH) {
      throw new Refusal("it is nested more than " + MAX_DEPTH + " deep, or holds itself");
    }
    try {
      return switch (kind) {
        case RECORD -> copyRecord(value, shape(type), depth);
        case LIST, SET, MAP -> CollectionCopy.copy(value, kind, depth, Snapshots::copyAt);
        case OPTIONAL -> copyOptional((Optional<?>) value, depth);
        case ENTRY -> copyEntry((Map.Entry<?, ?>) value, depth);
        case ARRAY -> throw new Refusal("arrays compare by identity here");
        default -> throw new Refusal(String.valueOf(type.refusal()));
      };
    } catch (Refusal e) {
      throw e.of(value.getClass());
    }
  }

  @SuppressWarnings("NullAway") // each record has a shape
  private static RecordShape shape(KeyType type) {
    return type.shape();
  }

  private static Object copyRecord(Object value, RecordShape shape, int depth) {
    @Nullable Object[] parts = new @Nullable Object[shape.size()];
    boolean changed = !shape.readsFields();
    int array = -1;
    for (int i = 0; i < parts.length; i++) {
      Object part = shape.read(value, i);
      parts[i] = part;
      if (part == null) {
        continue;
      }
      try {
        if (KeyType.of(part.getClass()).kind() == KeyType.Kind.ARRAY) {
          parts[i] = ArrayValues.copy(part);
          array = i;
        } else {
          parts[i] = copy(part, depth + 1);
        }
      } catch (Refusal e) {
        throw e.at("." + shape.name(i));
      }
      changed |= parts[i] != part;
    }
    return changed ? rebuild(value, shape, parts, array) : value;
  }

  private static Object rebuild(
      Object value, RecordShape shape, @Nullable Object[] parts, int array) {
    Object copy = shape.build(parts);
    if (copy.equals(value)) {
      return copy;
    }
    if (array < 0) {
      throw new Refusal("it does not equal a record made of copies of its components");
    }
    throw new Refusal("it is an array, which its record compares by identity")
        .of(Objects.requireNonNull(parts[array]).getClass())
        .at("." + shape.name(array));
  }

  private static Object copyOptional(Optional<?> value, int depth) {
    if (value.isEmpty()) {
      return value;
    }
    Object content = value.get();
    Object copy = copyAt(content, ".get()", depth);
    return copy == content ? value : Optional.of(copy);
  }

  private static Object copyEntry(Map.Entry<?, ?> value, int depth) {
    return new SimpleImmutableEntry<>(
        copyAt(value.getKey(), ".getKey()", depth), copyAt(value.getValue(), ".getValue()", depth));
  }

  @SuppressWarnings("NullAway") // what was null stays null
  static Object copyAt(@Nullable Object part, String step, int depth) {
    try {
      return part == null ? null : copy(part, depth + 1);
    } catch (Refusal e) {
      throw e.at(step);
    }
  }
}
