package dev.inproc.benchmarks;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtSession;
import dev.inproc.inference.engine.ModelSource;
import dev.inproc.inference.engine.Session;
import dev.inproc.inference.engine.SessionOptions;
import dev.inproc.inference.onnx.OnnxEngine;
import dev.inproc.inference.onnx.OnnxOptions;

/**
 * One setting of ONNX Runtime for all sides of a comparison: all processors within a run, nodes in
 * sequence, threads that do not spin, every optimization. These are the library's defaults too, but
 * set by hand here, so that a change of defaults cannot make a comparison unfair.
 */
final class Setting {
  static final int INTRA_OP_THREADS = Runtime.getRuntime().availableProcessors();
  static final boolean SPINNING = false;

  private Setting() {}

  static OrtEnvironment environment() {
    return OrtEnvironment.getEnvironment(OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL, "inproc");
  }

  static OrtSession.SessionOptions bareOptions() throws OrtException {
    OrtSession.SessionOptions options = new OrtSession.SessionOptions();
    options.setOptimizationLevel(OrtSession.SessionOptions.OptLevel.ALL_OPT);
    options.setExecutionMode(OrtSession.SessionOptions.ExecutionMode.SEQUENTIAL);
    options.setIntraOpNumThreads(INTRA_OP_THREADS);
    options.setInterOpNumThreads(1);
    options.addConfigEntry("session.intra_op.allow_spinning", SPINNING ? "1" : "0");
    return options;
  }

  static OrtSession bareSession(byte[] model) throws OrtException {
    try (OrtSession.SessionOptions options = bareOptions()) {
      return environment().createSession(model, options);
    }
  }

  /** Loads a model with this library. */
  static Session session(byte[] model, SessionOptions.Builder options) {
    OnnxOptions onnx = OnnxOptions.builder().spinning(SPINNING).build();
    SessionOptions built = options.intraOpThreads(INTRA_OP_THREADS).build();
    return new OnnxEngine(onnx).load(ModelSource.bytes("benchmark", model), built);
  }
}
