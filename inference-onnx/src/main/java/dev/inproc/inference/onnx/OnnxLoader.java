package dev.inproc.inference.onnx;

import ai.onnxruntime.NodeInfo;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtLoraAdapter;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.SequenceInfo;
import dev.inproc.inference.ModelLoadException;
import dev.inproc.inference.engine.Device;
import dev.inproc.inference.engine.ModelSource;
import dev.inproc.inference.engine.SessionOptions;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Makes one native copy of a model, on one device. */
final class OnnxLoader {
  private static final Logger LOG = System.getLogger(OnnxEngine.class.getName());

  private final ModelSource source;
  private final SessionOptions options;
  private final OnnxOptions onnxOptions;
  private final OrtEnvironment environment;

  private OnnxLoader(ModelSource source, SessionOptions options, OnnxOptions onnxOptions) {
    this.source = source;
    this.options = options;
    this.onnxOptions = onnxOptions;
    environment = OnnxRuntime.environment(source);
  }

  static OnnxModel load(
      ModelSource source, Device device, SessionOptions options, OnnxOptions onnxOptions) {
    OnnxLoader loader = new OnnxLoader(source, options, onnxOptions);
    if (device.isRequired()) {
      return loader.load(device);
    }
    try {
      return loader.load(device);
    } catch (ModelLoadException e) {
      LOG.log(Level.WARNING, "{0} runs on the CPU: {1}", source.describe(), e.getMessage());
      return loader.load(Device.cpu());
    }
  }

  private OnnxModel load(Device device) {
    List<OrtLoraAdapter> adapters = new ArrayList<>();
    try {
      for (Path adapter : onnxOptions.loraAdapters()) {
        adapters.add(open(adapter));
      }
      return withoutMaps(device, open(device), adapters);
    } catch (OrtException | RuntimeException e) {
      adapters.forEach(OrtLoraAdapter::close);
      if (e instanceof ModelLoadException failure) {
        throw failure;
      }
      throw failure(device, e);
    }
  }

  private OrtLoraAdapter open(Path adapter) {
    try {
      return OrtLoraAdapter.create(adapter.toString());
    } catch (OrtException e) {
      String reason = Files.exists(adapter) ? String.valueOf(e.getMessage()) : "no such file";
      throw new ModelLoadException(source.describe(), "LoRA adapter " + adapter + ": " + reason, e);
    }
  }

  private ModelLoadException failure(Device device, Exception cause) {
    String reason = String.valueOf(cause.getMessage()).strip();
    if (!device.kind().equals("cpu")) {
      reason = "device " + device + ": " + reason;
    }
    return new ModelLoadException(source.describe(), reason, cause);
  }

  private OrtSession open(Device device) throws OrtException {
    Path directory = onnxOptions.optimizedModelCache();
    if (directory == null) {
      return open(device, onnxOptions.optimization(), null, source.path(), source.bytes());
    }
    OptimizedModelCache cache = new OptimizedModelCache(directory, source, device, onnxOptions);
    return cache.open(
        new OptimizedModelCache.Opener() {
          @Override
          public OrtSession original() throws OrtException {
            return open(device, onnxOptions.optimization(), null, source.path(), source.bytes());
          }

          @Override
          public OrtSession originalSavingTo(Path file) throws OrtException {
            return open(device, onnxOptions.optimization(), file, source.path(), source.bytes());
          }

          @Override
          public OrtSession optimized(Path file) throws OrtException {
            return open(device, OnnxOptions.Optimization.NONE, null, file, null);
          }
        });
  }

  private OrtSession open(
      Device device,
      OnnxOptions.Optimization optimization,
      @Nullable Path saveTo,
      @Nullable Path path,
      byte @Nullable [] bytes)
      throws OrtException {
    try (OrtSession.SessionOptions ort = new OrtSession.SessionOptions()) {
      ort.setOptimizationLevel(OnnxRuntime.level(optimization));
      ort.setIntraOpNumThreads(ThreadDefaults.intraOpThreads(options));
      ort.setInterOpNumThreads(1); // runs are parallel, nodes of one run are not
      ort.setSessionLogLevel(logLevel());
      boolean spin = ThreadDefaults.spinning(onnxOptions);
      ort.addConfigEntry("session.intra_op.allow_spinning", spin ? "1" : "0");
      for (Map.Entry<String, String> entry : onnxOptions.sessionConfig().entrySet()) {
        ort.addConfigEntry(entry.getKey(), entry.getValue());
      }
      for (Path library : onnxOptions.customOperators()) {
        ort.registerCustomOpLibrary(library.toString());
      }
      if (saveTo != null) {
        ort.setOptimizedModelFilePath(saveTo.toString());
      }
      ExecutionProviders.add(device, ort);
      if (bytes != null) {
        return environment.createSession(bytes, ort);
      }
      return environment.createSession(String.valueOf(path), ort);
    }
  }

  private OrtLoggingLevel logLevel() {
    return onnxOptions.nativeLog()
        ? OrtLoggingLevel.ORT_LOGGING_LEVEL_WARNING
        : OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL;
  }

  /**
   * Loads the model again without the ZipMap at its end, if it has one and can do without: reading
   * maps costs a microsecond and more for each class of each row.
   */
  private OnnxModel withoutMaps(Device device, OrtSession session, List<OrtLoraAdapter> adapters)
      throws OrtException {
    boolean kept = false;
    try {
      if (hasMaps(session)) {
        ZipMapRemoval.Result rewritten = ZipMapRemoval.of(source);
        if (rewritten != null) {
          OrtSession plain = reopen(device, rewritten.model());
          if (plain != null) {
            return model(device, plain, adapters, rewritten.classes());
          }
        }
      }
      OnnxModel model = model(device, session, adapters, Map.of());
      kept = true;
      return model;
    } finally {
      if (!kept) {
        session.close();
      }
    }
  }

  private @Nullable OrtSession reopen(Device device, byte[] model) {
    try {
      return open(device, onnxOptions.optimization(), null, null, model);
    } catch (OrtException e) {
      LOG.log(
          Level.DEBUG, "{0}: its maps are read one by one: {1}", source.describe(), e.getMessage());
      return null;
    }
  }

  private static boolean hasMaps(OrtSession session) throws OrtException {
    for (NodeInfo output : session.getOutputInfo().values()) {
      if (output.getInfo() instanceof SequenceInfo sequence && sequence.isSequenceOfMaps()) {
        return true;
      }
    }
    return false;
  }

  private OnnxModel model(
      Device device, OrtSession session, List<OrtLoraAdapter> adapters, Map<String, String> classes)
      throws OrtException {
    return new OnnxModel(
        environment, session, source.describe(), device, adapters, logLevel(), classes, runtime());
  }

  private String runtime() {
    int threads = ThreadDefaults.intraOpThreads(options);
    return "ONNX Runtime "
        + environment.getVersion()
        + ", optimization "
        + onnxOptions.optimization()
        + ", threads "
        + threads;
  }
}
