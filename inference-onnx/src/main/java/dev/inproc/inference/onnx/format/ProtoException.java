package dev.inproc.inference.onnx.format;

/** Bytes are not the protobuf message that they should be, or exceed a limit; says why. */
public final class ProtoException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public ProtoException(String reason) {
    super(reason);
  }
}
