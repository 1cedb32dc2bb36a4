/** Serves ONNX models with ONNX Runtime, on CPU or GPU. */
module dev.inproc.inference.onnx {
  requires static transitive org.jspecify;
  requires transitive dev.inproc.inference;
  requires com.microsoft.onnxruntime;
  requires static org.tribuo.util.onnx; // the quantizer's alone
  requires static com.google.protobuf;

  exports dev.inproc.inference.onnx;
  exports dev.inproc.inference.onnx.quantize;

  provides dev.inproc.inference.engine.Engine with
      dev.inproc.inference.onnx.OnnxEngine;
}
