package dev.inproc.benchmarks;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.providers.OrtCUDAProviderOptions;
import dev.inproc.inference.engine.Device;
import dev.inproc.inference.engine.ModelSource;
import dev.inproc.inference.engine.Session;
import dev.inproc.inference.engine.SessionOptions;
import dev.inproc.inference.onnx.OnnxEngine;
import dev.inproc.inference.onnx.OnnxOptions;
import dev.inproc.inference.testing.TestDevice;

/**
 * One setting of ONNX Runtime for all sides of a comparison: all processors within a run, or as
 * many threads as the system property {@code inproc.benchmark.threads} says, nodes in sequence,
 * threads that do not spin, every optimization. These are the library's defaults too, but set by
 * hand here, so that a change of defaults cannot make a comparison unfair. The device is that of
 * the system property {@code inproc.device}, such as {@code cuda:0}, on both sides with products in
 * full precision (no TF32), so that answers can be compared.
 */
public final class Setting {
  public static final int INTRA_OP_THREADS =
      Integer.getInteger("inproc.benchmark.threads", Runtime.getRuntime().availableProcessors());
  static final boolean SPINNING = false;

  private static final String TF32 = "use_tf32";
  private static final Device DEVICE = device(TestDevice.selected());

  private Setting() {}

  private static Device device(Device selected) {
    return switch (selected.kind()) {
      case "cpu" -> selected;
      case "cuda" -> selected.with(TF32, "0");
      default -> throw new IllegalArgumentException("No bare counterpart on " + selected);
    };
  }

  public static OrtEnvironment environment() {
    return OrtEnvironment.getEnvironment(OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL, "inproc");
  }

  public static OrtSession.SessionOptions bareOptions() throws OrtException {
    OrtSession.SessionOptions options = new OrtSession.SessionOptions();
    options.setOptimizationLevel(OrtSession.SessionOptions.OptLevel.ALL_OPT);
    options.setExecutionMode(OrtSession.SessionOptions.ExecutionMode.SEQUENTIAL);
    options.setIntraOpNumThreads(INTRA_OP_THREADS);
    options.setInterOpNumThreads(1);
    if (DEVICE.kind().equals("cuda")) {
      try (OrtCUDAProviderOptions cuda = new OrtCUDAProviderOptions(DEVICE.index())) {
        cuda.add(TF32, "0");
        options.addCUDA(cuda);
      }
    }
    options.addConfigEntry("session.intra_op.allow_spinning", SPINNING ? "1" : "0");
    return options;
  }

  public static OrtSession bareSession(byte[] model) throws OrtException {
    try (OrtSession.SessionOptions options = bareOptions()) {
      return environment().createSession(model, options);
    }
  }

  /** Loads a model with this library. */
  public static Session session(byte[] model, SessionOptions.Builder options) {
    return session(model, options, INTRA_OP_THREADS);
  }

  /** Loads a model with this library and so many threads for one run. */
  static Session session(byte[] model, SessionOptions.Builder options, int threads) {
    OnnxOptions onnx = OnnxOptions.builder().spinning(SPINNING).build();
    SessionOptions built = options.devices(DEVICE).intraOpThreads(threads).build();
    return new OnnxEngine(onnx).load(ModelSource.bytes("benchmark", model), built);
  }
}
