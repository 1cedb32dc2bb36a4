package dev.inproc.inference.tensor;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * The named tensors of one call or one answer, in order. Immutable. A few names are scanned, which
 * allocates nothing; many are looked up by their hashes.
 *
 * <p>Most calls and answers hold one tensor, and there are two of these objects for each: one alone
 * needs no array, and its list of names is shared.
 */
public final class Tensors {
  /** Lists of one name, by its hash. Races are harmless: a list that is made again is equal. */
  private static final @Nullable List<String>[] SINGLE_NAMES = newLists(256);

  private final List<String> names;
  private final @Nullable NameIndex index; // of many names
  private final Object content; // a Tensor, or a Tensor[] of none or several

  private Tensors(List<String> names, @Nullable NameIndex index, Object content) {
    this.names = names;
    this.index = index;
    this.content = content;
  }

  @SuppressWarnings({"unchecked", "rawtypes"})
  private static @Nullable List<String>[] newLists(int count) {
    return new @Nullable List[count];
  }

  /** Returns the one tensor under this name. */
  public static Tensors of(String name, Tensor tensor) {
    return new Tensors(listOf(name), null, Objects.requireNonNull(tensor, name));
  }

  private static List<String> listOf(String name) {
    int slot = name.hashCode() & SINGLE_NAMES.length - 1;
    List<String> list = SINGLE_NAMES[slot];
    if (list == null || !list.get(0).equals(name)) {
      list = List.of(name);
      SINGLE_NAMES[slot] = list;
    }
    return list;
  }

  /** Returns these two tensors. */
  public static Tensors of(String name1, Tensor tensor1, String name2, Tensor tensor2) {
    return of(List.of(name1, name2), tensor1, tensor2);
  }

  /** Returns these three tensors. */
  public static Tensors of(
      String name1, Tensor tensor1, String name2, Tensor tensor2, String name3, Tensor tensor3) {
    return of(List.of(name1, name2, name3), tensor1, tensor2, tensor3);
  }

  /** Returns the map's tensors in its iteration order. */
  public static Tensors copyOf(Map<String, Tensor> tensors) {
    return of(List.copyOf(tensors.keySet()), tensors.values().toArray(new Tensor[0]));
  }

  /**
   * Returns the tensors under these names, in this order.
   *
   * @throws IllegalArgumentException if the numbers differ or a name occurs twice
   */
  public static Tensors of(List<String> names, Tensor... tensors) {
    if (names.size() != tensors.length) {
      throw new IllegalArgumentException(names.size() + " names, " + tensors.length + " tensors");
    }
    return of(names, i -> tensors[i]);
  }

  /**
   * Returns the tensors under these names, each asked for once by its position, in order.
   *
   * @throws IllegalArgumentException if a name occurs twice
   */
  public static Tensors of(List<String> names, IntFunction<Tensor> tensors) {
    List<String> kept = List.copyOf(names);
    if (kept.size() == 1) {
      Tensor tensor = Objects.requireNonNull(tensors.apply(0), kept.get(0));
      return new Tensors(kept, null, tensor);
    }
    NameIndex index = NameIndex.of(kept);
    Tensor[] values = new Tensor[kept.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = Objects.requireNonNull(tensors.apply(i), kept.get(i));
    }
    return new Tensors(kept, index, values);
  }

  /**
   * Returns tensors of one shape, each under this name, copied from a buffer in the machine's byte
   * order, where they follow each other from position 0. For code that cuts batches: a small tensor
   * costs about half of what {@link Tensor#read} and {@code of} cost.
   *
   * @param shape of each tensor
   * @throws IllegalArgumentException for STRING and SEQUENCE, or if a tensor is too large
   * @throws IndexOutOfBoundsException if the buffer holds too few bytes
   */
  public static Tensors[] readRows(
      String name, DataType type, Shape shape, ByteBuffer source, int count) {
    List<String> names = listOf(name);
    int size = Tensor.byteSize(type, shape);
    Tensors[] rows = new Tensors[count];
    // Each tensor goes into its Tensors at once: an array of tensors in between costs more than
    // reading them.
    for (int row = 0; row < count; row++) {
      rows[row] = new Tensors(names, null, Tensor.read(type, shape, source, row * size, size));
    }
    return rows;
  }

  /** Returns a builder, for more tensors than {@code of} takes. */
  public static Builder builder() {
    return new Builder();
  }

  /** Collects named tensors. Not thread-safe. */
  public static final class Builder {
    private final Map<String, Tensor> tensors = new LinkedHashMap<>();

    private Builder() {}

    /**
     * Adds a tensor.
     *
     * @throws IllegalArgumentException if the name was added before
     */
    public Builder add(String name, Tensor tensor) {
      Objects.requireNonNull(name, "name");
      if (tensors.putIfAbsent(name, Objects.requireNonNull(tensor, name)) != null) {
        throw new IllegalArgumentException("\"" + name + "\" was added before");
      }
      return this;
    }

    /** Returns the tensors in the order they were added. */
    public Tensors build() {
      return copyOf(tensors);
    }
  }

  /** Returns the number of tensors. */
  public int size() {
    return content instanceof Tensor ? 1 : several().length;
  }

  /** Returns the names in order. */
  public List<String> names() {
    return names;
  }

  /** Returns the tensor at a position. */
  public Tensor at(int index) {
    if (content instanceof Tensor alone) {
      Objects.checkIndex(index, 1);
      return alone;
    }
    return several()[index];
  }

  private Tensor[] several() {
    return (Tensor[]) content;
  }

  /**
   * Returns the tensor of this name.
   *
   * @throws IllegalArgumentException if there is none; the message lists the names
   */
  public Tensor get(String name) {
    Tensor tensor = find(name);
    if (tensor == null) {
      throw new IllegalArgumentException("No tensor named \"" + name + "\"; there are " + names);
    }
    return tensor;
  }

  /** Returns the tensor of this name, or null. */
  public @Nullable Tensor find(String name) {
    if (index != null) {
      int found = index.find(name);
      return found < 0 ? null : several()[found];
    }
    for (int i = 0; i < size(); i++) {
      if (names.get(i).equals(name)) {
        return at(i);
      }
    }
    return null;
  }

  /**
   * Returns the tensor of a call or answer that has just one.
   *
   * @throws IllegalStateException if there are none or several
   */
  public Tensor only() {
    if (content instanceof Tensor alone) {
      return alone;
    }
    throw new IllegalStateException("Expected one tensor, there are " + names);
  }

  /** Returns the tensors by name, in order, as an unmodifiable copy. */
  public Map<String, Tensor> asMap() {
    Map<String, Tensor> map = new LinkedHashMap<>();
    for (int i = 0; i < size(); i++) {
      map.put(names.get(i), at(i));
    }
    return Collections.unmodifiableMap(map);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Tensors that
        && names.equals(that.names)
        && Objects.deepEquals(content, that.content);
  }

  @Override
  public int hashCode() {
    int tensors = content instanceof Tensor ? content.hashCode() : Arrays.hashCode(several());
    return names.hashCode() * 31 + tensors;
  }

  /** Returns names, types and shapes, without the values. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder("{");
    for (int i = 0; i < size(); i++) {
      text.append(i == 0 ? "" : ", ").append(names.get(i)).append(": ").append(at(i));
    }
    return text.append('}').toString();
  }
}
