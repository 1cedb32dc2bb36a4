package dev.inproc.inference.onnx.format;

/**
 * The bytes of a protobuf message, read by position, so that a file beyond 2 GiB needs no memory.
 * Not thread-safe.
 */
public interface ProtoBytes {
  /** Returns how many bytes there are. */
  long size();

  /** Returns the byte at a position below the size. */
  byte at(long position);

  /** Copies {@code length} bytes, all of them below the size. */
  void copy(long position, byte[] target, int offset, int length);

  /** Bytes in memory, not copied. */
  static ProtoBytes of(byte[] bytes) {
    return new ProtoBytes() {
      @Override
      public long size() {
        return bytes.length;
      }

      @Override
      public byte at(long position) {
        return bytes[(int) position];
      }

      @Override
      public void copy(long position, byte[] target, int offset, int length) {
        System.arraycopy(bytes, (int) position, target, offset, length);
      }
    };
  }
}
