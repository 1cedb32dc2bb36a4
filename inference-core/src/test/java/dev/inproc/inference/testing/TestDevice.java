package dev.inproc.inference.testing;

import dev.inproc.inference.engine.Device;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * The device that tests and benchmarks run on: the system property {@code inproc.device}, such as
 * {@code cuda:0}; without it, the CPU.
 */
public final class TestDevice {
  private static final Device SELECTED = parse(System.getProperty("inproc.device", "cpu"));

  private TestDevice() {}

  /** Returns the device. */
  public static Device selected() {
    return SELECTED;
  }

  /** Reads {@code kind} or {@code kind:index}. */
  static Device parse(String text) {
    String[] parts = text.strip().split(":", 2);
    int index = parts.length == 1 ? 0 : Integer.parseInt(parts[1]);
    return parts[0].equals("cpu") ? Device.cpu() : Device.of(parts[0], index);
  }

  /**
   * Returns why this machine does not have the device, or null. Only the hardware's absence counts:
   * a library that is missing on a machine with a GPU is a failure, not a reason to skip.
   */
  public static @Nullable String whyAbsent() {
    return whyAbsent(SELECTED, Path.of("/dev"));
  }

  static @Nullable String whyAbsent(Device device, Path devices) {
    boolean nvidia = device.kind().equals("cuda") || device.kind().equals("tensorrt");
    Path node = devices.resolve("nvidia" + device.index());
    if (nvidia && !Files.exists(node)) {
      return "device " + device + " is not in this machine: there is no " + node;
    }
    return null;
  }

  /** Returns whether there is any NVIDIA GPU in this machine. */
  public static boolean hasNvidia() {
    return whyAbsent(Device.cuda(0), Path.of("/dev")) == null;
  }
}
