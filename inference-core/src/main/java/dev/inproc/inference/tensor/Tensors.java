package dev.inproc.inference.tensor;

import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The named tensors of one call or one answer, in order. Immutable. A model has a handful of
 * inputs, so look-ups scan; they allocate nothing.
 */
public final class Tensors {
  private final List<String> names;
  private final Tensor[] values;

  private Tensors(List<String> names, Tensor[] values) {
    this.names = names;
    this.values = values;
  }

  /** Returns the one tensor under this name. */
  public static Tensors of(String name, Tensor tensor) {
    return of(List.of(name), tensor);
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
    List<String> kept = List.copyOf(names);
    if (kept.size() != tensors.length) {
      throw new IllegalArgumentException(kept.size() + " names, " + tensors.length + " tensors");
    }
    for (int i = 0; i < tensors.length; i++) {
      if (tensors[i] == null) {
        throw new NullPointerException("tensor " + kept.get(i));
      }
      for (int j = 0; j < i; j++) {
        if (kept.get(i).equals(kept.get(j))) {
          throw new IllegalArgumentException("The name \"" + kept.get(i) + "\" occurs twice");
        }
      }
    }
    return new Tensors(kept, tensors.clone());
  }

  /** Returns the number of tensors. */
  public int size() {
    return values.length;
  }

  /** Returns the names in order. */
  public List<String> names() {
    return names;
  }

  /** Returns the tensor at a position. */
  public Tensor at(int index) {
    return values[index];
  }

  /**
   * Returns the tensor of this name.
   *
   * @throws IllegalArgumentException if there is none; the message lists those that exist
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
    for (int i = 0; i < values.length; i++) {
      if (names.get(i).equals(name)) {
        return values[i];
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
    if (values.length != 1) {
      throw new IllegalStateException("Expected one tensor, there are " + names);
    }
    return values[0];
  }

  /** Returns the tensors by name, in order, as an unmodifiable copy. */
  public Map<String, Tensor> asMap() {
    Map<String, Tensor> map = new LinkedHashMap<>();
    for (int i = 0; i < values.length; i++) {
      map.put(names.get(i), values[i]);
    }
    return Collections.unmodifiableMap(map);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Tensors that
        && names.equals(that.names)
        && Arrays.equals(values, that.values);
  }

  @Override
  public int hashCode() {
    return names.hashCode() * 31 + Arrays.hashCode(values);
  }

  /** Returns names, types and shapes, without the values. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder("{");
    for (int i = 0; i < values.length; i++) {
      text.append(i == 0 ? "" : ", ").append(names.get(i)).append(": ").append(values[i]);
    }
    return text.append('}').toString();
  }
}
