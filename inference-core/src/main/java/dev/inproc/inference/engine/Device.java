package dev.inproc.inference.engine;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/**
 * The hardware that a model runs on: its kind, with the library that drives it, and its index.
 * Immutable. A device is <em>required</em> unless {@link #preferred}: where it is missing, loading
 * fails with the reason. In place of a missing preferred device the CPU is used, a warning is
 * logged, and {@link Session#devices} tells it. {@link #auto} is whichever is the fastest.
 */
public final class Device {
  private static final Device CPU = new Device("cpu", 0, false, Map.of());
  private static final String AUTO = "auto";

  private final String kind;
  private final int index;
  private final boolean preferred;
  private final Map<String, String> options;
  private final List<Device> candidates;

  private Device(String kind, int index, boolean preferred, Map<String, String> options) {
    this(kind, index, preferred, options, List.of());
  }

  private Device(
      String kind,
      int index,
      boolean preferred,
      Map<String, String> options,
      List<Device> candidates) {
    this.kind = kind;
    this.index = index;
    this.preferred = preferred;
    this.options = options;
    this.candidates = candidates;
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

  /** The first NVIDIA GPU or the CPU, whichever {@link #auto(Device...)} finds the faster. */
  public static Device auto() {
    return auto(cuda(0), cpu());
  }

  /**
   * The fastest of some devices. Each is tried with the model when it is loaded: it runs batches of
   * {@link SessionOptions#warmUpSizes}, else of 1 and of up to 32, and the device that runs the
   * largest of them in the least time is taken. A device that is missing, or that fails, is passed
   * over. {@link Session#devices} tells the choice; the session's description tells the times.
   * Loading takes as long as all devices together.
   *
   * @param candidates the devices, none of which is {@code auto} itself
   * @throws IllegalArgumentException if there are none
   */
  public static Device auto(Device... candidates) {
    List<Device> all = List.of(candidates);
    if (all.isEmpty() || all.stream().anyMatch(Device::isAuto)) {
      throw new IllegalArgumentException("Expected devices to choose from, got " + all);
    }
    return new Device(AUTO, 0, false, Map.of(), all);
  }

  boolean isAuto() {
    return !candidates.isEmpty();
  }

  /** Returns the devices to choose from; none but of {@link #auto}. */
  List<Device> candidates() {
    return candidates;
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
    return new Device(kind, index, true, options, candidates);
  }

  /** Returns this device with an option, passed unchanged to the library that drives it. */
  public Device with(String option, String value) {
    Map<String, String> more = new TreeMap<>(options);
    more.put(Objects.requireNonNull(option, "option"), Objects.requireNonNull(value, "value"));
    return new Device(kind, index, preferred, Map.copyOf(more), candidates);
  }

  /**
   * Returns the kind in lower case: {@code cpu}, {@code cuda}, {@code tensorrt}, {@code auto}...
   */
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
        && options.equals(that.options)
        && candidates.equals(that.candidates);
  }

  @Override
  public int hashCode() {
    return Objects.hash(kind, index, preferred, options, candidates);
  }

  /** Returns kind and index, such as {@code cuda:0}, or {@code cpu}. */
  @Override
  public String toString() {
    if (isAuto()) {
      return AUTO + candidates;
    }
    return kind.equals("cpu") ? kind : kind + ":" + index;
  }
}
