package dev.inproc.inference.onnx;

import dev.inproc.inference.ModelLoadException;
import dev.inproc.inference.engine.ModelSource;
import java.io.IOException;
import java.io.InputStream;
import java.util.function.LongConsumer;

/** Reads a resource into an array of just its size. */
final class HeapBytes {
  private static final int CHUNK = 1 << 16;

  private HeapBytes() {}

  /**
   * Reads a resource, twice: an array that grows as it is read exists twice at its end.
   *
   * @param checkSize is told the size as it grows, and throws if it is too much
   */
  static byte[] read(ModelSource source, LongConsumer checkSize) throws IOException {
    long size = 0;
    byte[] chunk = new byte[CHUNK];
    try (InputStream in = source.open()) {
      for (int n = in.read(chunk); n >= 0; n = in.read(chunk)) {
        size += n;
        checkSize.accept(size);
      }
    }
    if (size > Integer.MAX_VALUE - 8) {
      throw new ModelLoadException(
          source.describe(), "has " + size + " bytes; an ONNX file ends at 2 GiB", null);
    }
    byte[] bytes = new byte[(int) size];
    try (InputStream in = source.open()) {
      int read = in.readNBytes(bytes, 0, bytes.length);
      if (read < bytes.length) {
        throw new IOException("the resource became shorter while it was read");
      }
    }
    return bytes;
  }
}
