package dev.inproc.inference.engine;

import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/**
 * The hardware that a model runs on: its kind, with the library that drives it, and its index.
 * Immutable. A device is <em>required</em> unless {@link #preferred}: where it is missing, loading
 * fails with the reason. In place of a missing preferred device the CPU is used, a warning is
 * logged, and {@link Session#devices} tells it.
 */
public final class Device {
  private static final Device CPU = new Device("cpu", 0, false, Map.of());

  private final String kind;
  private final int index;
  private final boolean preferred;
  private final Map<String, String> options;

  private Device(String kind, int index, boolean preferred, Map<String, String> options) {
    this.kind = kind;
    this.index = index;
    this.preferred = preferred;
    this.options = options;
  }

  /** The CPU. */
  public static Device cpu() {
    return CPU;
  }

  /** An NVIDIA GPU, by its CUDA ordinal from 0. */
  public static Device cuda(int index) {
    return of("cuda", index);
  }

  /** An NVIDIA GPU through TensorRT, by its CUDA ordinal from 0. */
  public static Device tensorRt(int index) {
    return of("tensorrt", index);
  }

  /**
   * A device of another kind.
   *
   * @param kind the engine's name for it, such as {@code "coreml"}, in any case
   * @param index which one, from 0
   */
  public static Device of(String kind, int index) {
    if (index < 0) {
      throw new IllegalArgumentException("Device index " + index + " is negative");
    }
    return new Device(kind.toLowerCase(Locale.ROOT), index, false, Map.of());
  }

  /** Returns this device as a preferred one: where it is missing, the CPU is used. */
  public Device preferred() {
    return new Device(kind, index, true, options);
  }

  /** Returns this device with an option, passed unchanged to the library that drives it. */
  public Device with(String option, String value) {
    Map<String, String> more = new TreeMap<>(options);
    more.put(Objects.requireNonNull(option, "option"), Objects.requireNonNull(value, "value"));
    return new Device(kind, index, preferred, Map.copyOf(more));
  }

  /** Returns the kind in lower case: {@code cpu}, {@code cuda}, {@code tensorrt}, ... */
  public String kind() {
    return kind;
  }

  /** Returns the index among devices of its kind, from 0. */
  public int index() {
    return index;
  }

  /** Returns whether loading fails where this device is missing. */
  public boolean isRequired() {
    return !preferred;
  }

  /** Returns the library's options, unmodifiable. */
  public Map<String, String> options() {
    return options;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Device that
        && kind.equals(that.kind)
        && index == that.index
        && preferred == that.preferred
        && options.equals(that.options);
  }

  @Override
  public int hashCode() {
    return Objects.hash(kind, index, preferred, options);
  }

  /** Returns kind and index, such as {@code cuda:0}, or {@code cpu}. */
  @Override
  public String toString() {
    return kind.equals("cpu") ? kind : kind + ":" + index;
  }
}
