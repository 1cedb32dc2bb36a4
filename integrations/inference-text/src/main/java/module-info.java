/** Text models: sentence embeddings, cross-encoders and classifiers, from text to answer. */
module dev.inproc.inference.text {
  requires static transitive org.jspecify;
  requires transitive dev.inproc.inference;
  requires dev.inproc.inference.onnx;
  requires ai.djl.tokenizers;
  requires ai.djl.api;

  exports dev.inproc.inference.text;
}
