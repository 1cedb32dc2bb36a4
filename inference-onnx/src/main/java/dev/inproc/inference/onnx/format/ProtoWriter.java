package dev.inproc.inference.onnx.format;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/** Writes a protobuf message, field by field. */
public final class ProtoWriter {
  private static final int CHUNK = 1 << 16;

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();

  public ProtoWriter varint(int number, long value) {
    raw((long) number << 3);
    raw(value);
    return this;
  }

  public ProtoWriter bytes(int number, byte[] value) {
    raw((long) number << 3 | 2);
    raw(value.length);
    out.writeBytes(value);
    return this;
  }

  public ProtoWriter string(int number, String value) {
    return bytes(number, value.getBytes(StandardCharsets.UTF_8));
  }

  /** Copies a field as it stands. */
  public void copy(ProtoField field) {
    byte[] chunk = new byte[(int) Math.min(CHUNK, field.end() - field.start())];
    for (long at = field.start(); at < field.end(); at += chunk.length) {
      int length = (int) Math.min(chunk.length, field.end() - at);
      field.source().copy(at, chunk, 0, length);
      out.write(chunk, 0, length);
    }
  }

  /** Copies all fields of another. */
  public ProtoWriter copyAll(ProtoWriter other) {
    out.writeBytes(other.toByteArray());
    return this;
  }

  private void raw(long value) {
    long rest = value;
    while ((rest & ~0x7fL) != 0) {
      out.write((int) ((rest & 0x7f) | 0x80));
      rest >>>= 7;
    }
    out.write((int) rest);
  }

  public byte[] toByteArray() {
    return out.toByteArray();
  }
}
