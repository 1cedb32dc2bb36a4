package dev.inproc.inference.onnx;

/** The log of everything about ONNX models: one name for users to configure. */
final class OnnxLog {
  /** Named as {@link OnnxEngine}, which this class must not use. */
  static final System.Logger LOG = System.getLogger("dev.inproc.inference.onnx.OnnxEngine");

  private OnnxLog() {}
}
