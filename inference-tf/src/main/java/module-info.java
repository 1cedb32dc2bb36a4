/** Serves TensorFlow SavedModels, on CPU or GPU. */
module dev.inproc.inference.tf {
  requires static transitive org.jspecify;
  requires transitive dev.inproc.inference;
  requires tensorflow;
  requires tensorflow.nativelib;
  requires com.google.protobuf;
  requires org.bytedeco.javacpp;

  exports dev.inproc.inference.tf;

  provides dev.inproc.inference.engine.Engine with
      dev.inproc.inference.tf.TensorFlowEngine;
}
