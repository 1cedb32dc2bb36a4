package dev.inproc.inference.onnx;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtSession;
import dev.inproc.inference.ModelLoadException;
import dev.inproc.inference.files.TemporaryDirectory;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import org.jspecify.annotations.Nullable;

/** ONNX Runtime's one environment of the process. */
final class OnnxRuntime {
  private static final Logger LOG = System.getLogger(OnnxEngine.class.getName());

  private static @Nullable OrtEnvironment environment; // guarded by the class
  private static @Nullable LinkageError failure; // the first, which says more; guarded likewise

  private OnnxRuntime() {}

  /** The environment; the first call loads the native library, which can fail. */
  static synchronized OrtEnvironment environment(String model) {
    OrtEnvironment existing = environment;
    if (existing != null) {
      return existing;
    }
    // The binding unpacks its library there, and a class that failed once fails for ever: before.
    String problem = failure == null ? TemporaryDirectory.problem() : null;
    if (problem != null) {
      throw new ModelLoadException(model, problem, null);
    }
    try {
      existing = create();
      environment = existing;
      return existing;
    } catch (LinkageError e) {
      LinkageError first = failure == null ? e : failure;
      failure = first;
      throw new ModelLoadException(model, explain(first), e);
    }
  }

  private static String explain(LinkageError failure) {
    String temporary = TemporaryDirectory.explainNative(failure);
    String reason =
        temporary != null
            ? temporary + ", or unpack its libraries yourself and name their directory with"
                + " -Donnxruntime.native.path"
            : "on Linux it needs glibc 2.28 or later";
    return "ONNX Runtime's native library does not load on "
        + System.getProperty("os.name")
        + " "
        + System.getProperty("os.arch")
        + " ("
        + reason
        + "); restart the JVM: "
        + failure;
  }

  private static OrtEnvironment create() {
    OrtEnvironment environment =
        OrtEnvironment.getEnvironment(OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL, "inproc");
    try {
      environment.setTelemetry(false);
    } catch (OrtException e) {
      throw new IllegalStateException("ONNX Runtime's telemetry cannot be switched off", e);
    }
    keep(environment);
    return environment;
  }

  /**
   * Has the native environment outlive the binding's shutdown hook. The hook gives the binding's
   * one reference to the environment back, whoever is loading, running or closing a model, and that
   * aborts the JVM (microsoft/onnxruntime#31352). The native environment counts references; this
   * takes one that is never given back. The binding has no public way to take one.
   */
  private static void keep(OrtEnvironment environment) {
    try {
      Class<?> runtime = Class.forName("ai.onnxruntime.OnnxRuntime");
      Field api = runtime.getDeclaredField("ortApiHandle");
      api.setAccessible(true);
      Method create =
          OrtEnvironment.class.getDeclaredMethod(
              "createHandle", long.class, int.class, String.class);
      create.setAccessible(true);
      create.invoke(
          null,
          api.getLong(null),
          OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL.getValue(),
          "inproc");
    } catch (ReflectiveOperationException | RuntimeException e) {
      LOG.log(
          Level.WARNING,
          "ONNX Runtime {0} frees its environment when the JVM ends: close every session before,"
              + " or the JVM may crash then ({1})",
          environment.getVersion(),
          e);
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
