/**
 * Model serving inside the JVM: the {@code Predictor} API, tensors, and the machinery that every
 * engine shares. It contains no engine and no cache; add {@code inference-onnx} for one.
 *
 * @uses dev.inproc.inference.engine.Engine to find the engines on the module or class path
 */
module dev.inproc.inference {
  requires static transitive org.jspecify;
  requires org.jctools.core.jdk11;
  requires static java.management; // to give freed memory back to the operating system
  requires static jdk.jfr;
  requires jdk.unsupported; // sun.misc.Unsafe.invokeCleaner, to free direct buffers before Java 22

  exports dev.inproc.inference.batch;
  exports dev.inproc.inference.bulk;
  exports dev.inproc.inference.deploy;
  exports dev.inproc.inference.engine;
  exports dev.inproc.inference.events;
  exports dev.inproc.inference.metrics;
  exports dev.inproc.inference.model;
  exports dev.inproc.inference.monitoring;
  exports dev.inproc.inference.spi;
  exports dev.inproc.inference.tensor;
  exports dev.inproc.inference;
  // Building blocks for our own modules; not API.
  exports dev.inproc.inference.internal.calls to
      dev.inproc.inference.cache;
  exports dev.inproc.inference.internal.concurrent to
      dev.inproc.inference.cache,
      dev.inproc.inference.onnx,
      dev.inproc.inference.text,
      dev.inproc.inference.tf;
  exports dev.inproc.inference.internal.files to
      dev.inproc.inference.onnx,
      dev.inproc.inference.tf;
  exports dev.inproc.inference.internal.json to
      dev.inproc.inference.text;
  exports dev.inproc.inference.internal.statistics to
      dev.inproc.inference.cache,
      dev.inproc.inference.onnx;

  uses dev.inproc.inference.engine.Engine;
}
