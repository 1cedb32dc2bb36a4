package dev.inproc.inference.engine;

import dev.inproc.inference.spi.NativeModel;
import java.util.Objects;

/**
 * A model as an engine loaded it on one device. Authors of engines give {@link Session#load} one
 * replica for each of {@link SessionOptions#devices}.
 *
 * @param model the native model
 * @param device the device that the model really runs on: the CPU where a preferred device is
 *     missing
 */
public record Replica(NativeModel model, Device device) {
  /** Checks that nothing is missing. */
  public Replica {
    Objects.requireNonNull(model, "model");
    Objects.requireNonNull(device, "device");
  }
}
