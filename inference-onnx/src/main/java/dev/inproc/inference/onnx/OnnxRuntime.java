package dev.inproc.inference.onnx;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtSession;
import dev.inproc.inference.ModelLoadException;
import dev.inproc.inference.internal.files.TemporaryDirectory;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import org.jspecify.annotations.Nullable;

/** ONNX Runtime's one environment of the process. */
final class OnnxRuntime {
  private static final Logger LOG = OnnxLog.LOG;

  private static final String NAME = "inproc";

  private static @Nullable OrtEnvironment environment; // guarded by the class
  private static int
      pool; // threads of the shared engine pool, 0 if there is none; guarded likewise

  private static @Nullable LinkageError failure; // the first, which says more; guarded likewise

  private OnnxRuntime() {}

  /**
   * The environment; the first call loads the native library, which can fail, and makes the shared
   * engine pool if the options ask for one.
   */
  @SuppressWarnings("StaticAssignmentOfThrowable") // the JVM does not load the library twice
  static synchronized OrtEnvironment environment(String model, OnnxOptions options) {
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
      existing = create(options);
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
            ? temporary
                + ", or unpack its libraries yourself and name their directory with"
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

  /**
   * Returns how many threads the shared engine pool has for a model with these options, or 0 if the
   * model has a pool of its own. Warns where that is not what the options ask for.
   */
  static synchronized int sharedThreads(String model, OnnxOptions options) {
    int wanted = options.sharedThreads();
    if (wanted == 0) {
      return 0;
    }
    if (pool == 0) {
      LOG.log(
          Level.WARNING,
          "{0} has an engine pool of its own: ONNX Runtime was in use before the first load with"
              + " sharedThreads, and a shared pool can only be made first",
          model);
    } else if (pool != wanted) {
      LOG.log(
          Level.WARNING,
          "{0} shares the engine pool of {1} threads; sharedThreads({2}) came too late",
          model,
          pool,
          wanted);
    }
    return pool;
  }

  private static OrtEnvironment create(OnnxOptions options) {
    OrtEnvironment environment = open(options);
    try {
      environment.setTelemetry(false);
    } catch (OrtException e) {
      throw new IllegalStateException("ONNX Runtime's telemetry cannot be switched off", e);
    }
    String objection = RuntimeVersions.objection(environment.getVersion());
    if (objection != null) {
      LOG.log(Level.WARNING, objection);
    }
    keep(environment);
    return environment;
  }

  private static OrtEnvironment open(OnnxOptions options) {
    OrtLoggingLevel level = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL;
    int threads = options.sharedThreads();
    if (threads > 0) {
      try (OrtEnvironment.ThreadingOptions threading = new OrtEnvironment.ThreadingOptions()) {
        threading.setGlobalIntraOpNumThreads(threads);
        threading.setGlobalInterOpNumThreads(1);
        threading.setGlobalSpinControl(ThreadDefaults.spinning(options));
        OrtEnvironment environment = OrtEnvironment.getEnvironment(level, NAME, threading);
        pool = threads;
        return environment;
      } catch (OrtException e) {
        throw new IllegalArgumentException("sharedThreads(" + threads + "): " + e.getMessage(), e);
      } catch (IllegalStateException e) {
        LOG.log(Level.DEBUG, "ONNX Runtime''s environment exists already: {0}", e.getMessage());
      }
    }
    return OrtEnvironment.getEnvironment(level, NAME);
  }

  /**
   * Has the native environment outlive the binding's shutdown hook. The hook gives the binding's
   * one reference to the environment back, whatever thread is loading, running or closing a model,
   * and that aborts the JVM (microsoft/onnxruntime#31352). The native environment counts
   * references; this takes one that is never given back. The binding has no public way to take one.
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
          null, api.getLong(null), OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL.getValue(), NAME);
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
