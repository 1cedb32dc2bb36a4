package dev.inproc.inference.onnx;

import dev.inproc.inference.onnx.format.ExternalData;
import dev.inproc.inference.onnx.format.Locations;
import dev.inproc.inference.onnx.format.ModelStructure;
import dev.inproc.inference.onnx.format.ProtoBytes;
import dev.inproc.inference.onnx.format.ProtoException;
import java.nio.file.Path;

/** What must hold of each reader for any bytes at all; nothing but its refusal may be thrown. */
final class ReaderProperties {
  private static final Path DIRECTORY = Path.of("/models/mine");

  private ReaderProperties() {}

  /** Returns whether the bytes are accepted. */
  static boolean structure(byte[] bytes) {
    try {
      for (ExternalData data : ModelStructure.of(ProtoBytes.of(bytes)).external()) {
        if (data.end() < 0) {
          throw new AssertionError("negative: " + data);
        }
        location(data.location());
      }
      return true;
    } catch (ProtoException e) {
      return false;
    }
  }

  /**
   * Returns whether ZipMaps were removed: then none are left, and the rest is as sound as before.
   */
  static boolean zipMapRemoval(byte[] bytes) {
    ZipMapRemoval.Result result = ZipMapRemoval.of(ProtoBytes.of(bytes));
    if (result == null) {
      return false;
    }
    if (structure(bytes) && !structure(result.model())) {
      throw new AssertionError("was sound, is no longer");
    }
    return true;
  }

  /** Returns whether the location is accepted: then it is inside. */
  static boolean location(String location) {
    try {
      Path file = Locations.resolve(DIRECTORY, new ExternalData(location, "w", 0));
      if (!file.normalize().startsWith(DIRECTORY) || file.normalize().equals(DIRECTORY)) {
        throw new AssertionError(location + " leads to " + file);
      }
      return true;
    } catch (ProtoException e) {
      return false;
    }
  }
}
