package dev.inproc.inference.onnx.format;

/**
 * The fields of one protobuf message, in order, read as they are asked for. Never reads beyond the
 * message, never recurses and keeps nothing, so hostile bytes cost at most a {@link
 * ProtoException}. Stricter than protobuf: groups and numbers longer than they may be are refused,
 * since an attack lives on bytes that two readers take differently.
 */
public final class ProtoFields {
  private ProtoFields() {}

  public static Iterable<ProtoField> of(ProtoBytes message) {
    return ProtoField.in(message, 0, message.size());
  }
}
