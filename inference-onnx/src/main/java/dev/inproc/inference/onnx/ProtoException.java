package dev.inproc.inference.onnx;

/** Bytes are not the protobuf message that they should be, or exceed a limit; says why. */
final class ProtoException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  ProtoException(String reason) {
    super(reason);
  }
}
