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
import dev.inproc.inference.engine.Replica;
import dev.inproc.inference.engine.SessionOptions;
import dev.inproc.inference.onnx.format.ProtoBytes;
import dev.inproc.inference.spi.Statefulness;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Loads one replica of a model, on one device. */
final class OnnxLoader {
  private static final Logger LOG = System.getLogger(OnnxEngine.class.getName());

  /** Where a model that is loaded from bytes has its external data. */
  static final String EXTERNAL_DIRECTORY = "session.model_external_initializers_file_folder_path";

  private final CheckedModel model;
  private final SessionOptions options;
  private final OnnxOptions onnxOptions;
  private final OrtEnvironment environment;
  private final ServableModel servable;
  private final int sharedThreads;

  private OnnxLoader(CheckedModel model, SessionOptions options, OnnxOptions onnxOptions) {
    this.model = model;
    this.options = options;
    this.onnxOptions = onnxOptions;
    environment = OnnxRuntime.environment(model.describe(), onnxOptions);
    sharedThreads = OnnxRuntime.sharedThreads(model.describe(), onnxOptions);
    servable = ServableModel.of(model, onnxOptions.trustModels());
  }

  /** Loads the model on this device, or on the CPU if the device is missing and only preferred. */
  static Replica load(
      CheckedModel model, Device device, SessionOptions options, OnnxOptions onnxOptions) {
    OnnxLoader loader = new OnnxLoader(model, options, onnxOptions);
    if (device.isRequired()) {
      return loader.replica(device);
    }
    try {
      return loader.replica(device);
    } catch (ModelLoadException e) {
      LOG.log(Level.WARNING, "{0} runs on the CPU: {1}", model.describe(), e.getMessage());
      return loader.replica(Device.cpu());
    }
  }

  private Replica replica(Device device) {
    return new Replica(load(device), device);
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
      return OrtLoraAdapter.create(passable(adapter));
    } catch (OrtException e) {
      String reason = Files.exists(adapter) ? String.valueOf(e.getMessage()) : "no such file";
      throw new ModelLoadException(model.describe(), "LoRA adapter " + adapter + ": " + reason, e);
    }
  }

  private ModelLoadException failure(Device device, Exception cause) {
    String reason = model.explain(String.valueOf(cause.getMessage()).strip());
    if (!device.kind().equals("cpu")) {
      reason = "device " + device + ": " + reason;
    }
    return new ModelLoadException(model.describe(), reason, cause);
  }

  private OrtSession open(Device device) throws OrtException {
    byte[] rewritten = servable.bytes();
    if (rewritten != null) {
      return reopen(device, rewritten);
    }
    Path directory = onnxOptions.optimizedModelCache();
    // An optimized graph would look for external data beside itself, and that may change by itself;
    // whether a trusted model has any is not known.
    if (directory == null || model.hasExternalData() || onnxOptions.trustModels()) {
      return original(device, null);
    }
    OptimizedModelCache cache =
        new OptimizedModelCache(directory, model.digest(), device, onnxOptions);
    return cache.open(
        new OptimizedModelCache.Opener() {
          @Override
          public OrtSession original() throws OrtException {
            return OnnxLoader.this.original(device, null);
          }

          @Override
          public OrtSession originalSavingTo(Path file) throws OrtException {
            return OnnxLoader.this.original(device, file);
          }

          @Override
          public OrtSession optimized(Path file) throws OrtException {
            return entry(device, file);
          }
        });
  }

  private OrtSession original(Device device, @Nullable Path saveTo) throws OrtException {
    OrtSession session = open(device, onnxOptions.optimization(), saveTo, model);
    return saveTo == null ? session : unchanged(model, session); // before it is kept
  }

  /** Opens an optimized graph: a model file like any other, if one that is already optimized. */
  private OrtSession entry(Device device, Path file) throws OrtException {
    ModelSource source = ModelSource.file(file);
    try (CheckedModel entry = ModelCheck.check(source, Long.MAX_VALUE, false)) {
      if (entry.hasExternalData()) {
        throw new ModelLoadException(source.describe(), "an entry has no external data", null);
      }
      return unchanged(entry, open(device, OnnxOptions.Optimization.NONE, null, entry));
    }
  }

  private static OrtSession unchanged(CheckedModel model, OrtSession session) throws OrtException {
    boolean unchanged = false;
    try {
      model.requireUnchanged();
      unchanged = true;
      return session;
    } finally {
      if (!unchanged) {
        session.close();
      }
    }
  }

  private OrtSession open(
      Device device,
      OnnxOptions.Optimization optimization,
      @Nullable Path saveTo,
      CheckedModel from)
      throws OrtException {
    return open(device, optimization, saveTo, from.path(), from.bytes(), from.externalDirectory());
  }

  private OrtSession open(
      Device device,
      OnnxOptions.Optimization optimization,
      @Nullable Path saveTo,
      @Nullable Path path,
      byte @Nullable [] bytes,
      @Nullable Path externalDirectory)
      throws OrtException {
    try (OrtSession.SessionOptions ort = new OrtSession.SessionOptions()) {
      ort.setOptimizationLevel(OnnxRuntime.level(optimization));
      if (sharedThreads > 0) {
        ort.disablePerSessionThreads();
      } else {
        ort.setIntraOpNumThreads(ThreadDefaults.intraOpThreads(options));
        ort.setInterOpNumThreads(1); // runs are parallel, nodes of one run are not
      }
      ort.setSessionLogLevel(logLevel());
      boolean spin = ThreadDefaults.spinning(onnxOptions);
      ort.addConfigEntry("session.intra_op.allow_spinning", spin ? "1" : "0");
      for (Map.Entry<String, String> entry : onnxOptions.sessionConfig().entrySet()) {
        ort.addConfigEntry(entry.getKey(), entry.getValue());
      }
      for (Path library : onnxOptions.customOperators()) {
        ort.registerCustomOpLibrary(passable(library));
      }
      if (saveTo != null) {
        ort.setOptimizedModelFilePath(passable(saveTo));
      }
      ExecutionProviders.add(device, ort);
      if (bytes != null) {
        if (externalDirectory != null && servable.mayHaveExternalData()) {
          ort.addConfigEntry(EXTERNAL_DIRECTORY, passable(externalDirectory));
        }
        return environment.createSession(bytes, ort);
      }
      return environment.createSession(String.valueOf(path), ort);
    }
  }

  /** Returns a path that native code gets; the binding would change some. */
  private String passable(Path path) {
    String text = path.toString();
    if (!PlainText.isPlain(text)) {
      throw new ModelLoadException(
          model.describe(),
          "the path \""
              + text
              + "\" has the character "
              + PlainText.describe(text)
              + ", which ONNX Runtime's Java binding cannot pass; use another path",
          null);
    }
    return text;
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
        byte[] bytes = servable.bytes();
        ZipMapRemoval.Result rewritten =
            bytes == null ? ZipMapRemoval.of(model) : ZipMapRemoval.of(ProtoBytes.of(bytes));
        OrtSession plain = rewritten == null ? null : tryReopen(device, rewritten.model());
        if (rewritten != null && plain != null) {
          return model(plain, adapters, rewritten.classes());
        }
      }
      OnnxModel model = model(session, adapters, Map.of());
      kept = true;
      return model;
    } finally {
      if (!kept) {
        session.close();
      }
    }
  }

  private OrtSession reopen(Device device, byte[] rewritten) throws OrtException {
    Path directory = model.externalDirectory();
    return open(device, onnxOptions.optimization(), null, null, rewritten, directory);
  }

  private @Nullable OrtSession tryReopen(Device device, byte[] rewritten) {
    try {
      return reopen(device, rewritten);
    } catch (OrtException e) {
      LOG.log(
          Level.DEBUG, "{0}: its maps are read one by one: {1}", model.describe(), e.getMessage());
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
      OrtSession session, List<OrtLoraAdapter> adapters, Map<String, List<String>> classes)
      throws OrtException {
    return new OnnxModel(
        environment,
        session,
        model.describe(),
        model.inputs(),
        adapters,
        logLevel(),
        servable,
        classes,
        runtime(),
        statefulness());
  }

  /** What a custom operator keeps is not known. */
  private Statefulness statefulness() {
    Statefulness told = model.statefulness();
    boolean unknown = !onnxOptions.customOperators().isEmpty();
    return unknown && told != Statefulness.CERTAIN ? Statefulness.POSSIBLE : told;
  }

  private String runtime() {
    return "ONNX Runtime "
        + environment.getVersion()
        + ", optimization "
        + onnxOptions.optimization()
        + ", threads "
        + (sharedThreads > 0 ? sharedThreads : ThreadDefaults.intraOpThreads(options));
  }
}
