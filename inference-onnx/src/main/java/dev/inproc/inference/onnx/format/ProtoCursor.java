package dev.inproc.inference.onnx.format;

/** A place in the bytes of a protobuf message, at which numbers are read. Never reads beyond it. */
final class ProtoCursor {
  private static final int VARINT_BYTES = 10; // 64 bits, 7 in a byte

  private final ProtoBytes source;
  private final long end;
  private long at;

  ProtoCursor(ProtoBytes source, long start, long end) {
    this.source = source;
    this.at = start;
    this.end = end;
  }

  long position() {
    return at;
  }

  boolean isAtEnd() {
    return at >= end;
  }

  /** Reads an integer. */
  long varint() {
    return varint(VARINT_BYTES);
  }

  long varint(int maxBytes) {
    long value = 0;
    for (int i = 0; i < maxBytes; i++) {
      if (at >= end) {
        throw endsTooEarly();
      }
      byte next = source.at(at++);
      value |= (long) (next & 0x7f) << (7 * i);
      if (next >= 0) {
        return value;
      }
    }
    throw notProtobuf("a number does not end, before byte " + at);
  }

  void skip(long length) {
    if (length < 0 || length > end - at) {
      throw endsTooEarly();
    }
    at += length;
  }

  private ProtoException endsTooEarly() {
    return notProtobuf("it ends too early, at byte " + end);
  }

  static ProtoException notProtobuf(String reason) {
    return new ProtoException("not a protobuf message: " + reason);
  }
}
