package dev.inproc.inference.onnx;

import dev.inproc.inference.engine.ModelSource;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * The digest of a model: the SHA-256 of its file; of a model with external data, the SHA-256 of the
 * digests of all its files, a line each, the model's first and the others in the order of their
 * locations. A shell computes it by {@code sha256sum model.onnx a.bin b.bin | cut -d' ' -f1 |
 * sha256sum}.
 */
final class ModelDigest {
  private ModelDigest() {}

  static String of(String model, List<String> external) {
    if (external.isEmpty()) {
      return model;
    }
    StringBuilder lines = new StringBuilder(model).append('\n');
    external.forEach(file -> lines.append(file).append('\n'));
    return ModelSource.bytes("digests", lines.toString().getBytes(StandardCharsets.US_ASCII))
        .digest();
  }
}
