package dev.inproc.inference.onnx;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtSession;
import dev.inproc.inference.ModelLoadException;
import java.lang.System.Logger.Level;

/** ONNX Runtime's one environment of the process. */
final class OnnxRuntime {
  private OnnxRuntime() {}

  /** The environment; the first call loads the native library, which can fail. */
  static OrtEnvironment environment(String model) {
    try {
      return Holder.ENVIRONMENT;
    } catch (LinkageError e) {
      throw new ModelLoadException(
          model,
          "ONNX Runtime's native library does not load on "
              + System.getProperty("os.name")
              + " "
              + System.getProperty("os.arch")
              + " (on Linux it needs glibc 2.28 or later): "
              + e,
          e);
    }
  }

  private static final class Holder {
    static final OrtEnvironment ENVIRONMENT = create();

    private static OrtEnvironment create() {
      OrtEnvironment environment =
          OrtEnvironment.getEnvironment(OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL, "inproc");
      try {
        environment.setTelemetry(false);
      } catch (OrtException e) {
        throw new IllegalStateException("ONNX Runtime's telemetry cannot be switched off", e);
      }
      String objection = RuntimeVersions.objection(environment.getVersion());
      if (objection != null) {
        System.getLogger(OnnxEngine.class.getName()).log(Level.WARNING, objection);
      }
      return environment;
    }
  }

  static OrtSession.SessionOptions.OptLevel level(OnnxOptions.Optimization optimization) {
    return switch (optimization) {
      case NONE -> OrtSession.SessionOptions.OptLevel.NO_OPT;
      case BASIC -> OrtSession.SessionOptions.OptLevel.BASIC_OPT;
      case EXTENDED -> OrtSession.SessionOptions.OptLevel.EXTENDED_OPT;
      case ALL -> OrtSession.SessionOptions.OptLevel.ALL_OPT;
    };
  }
}
