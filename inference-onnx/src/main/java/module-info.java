/** Serves ONNX models with ONNX Runtime, on CPU or GPU. */
module dev.inproc.inference.onnx {
  requires static transitive org.jspecify;
  requires transitive dev.inproc.inference;
  requires com.microsoft.onnxruntime;

  exports dev.inproc.inference.onnx;

  provides dev.inproc.inference.engine.Engine with
      dev.inproc.inference.onnx.OnnxEngine;
}
