package dev.inproc.inference.tf;

import static org.tensorflow.internal.c_api.global.tensorflow.TF_DeleteBuffer;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_DeleteDeviceList;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_DeleteGraph;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_DeleteSessionOptions;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_DeleteStatus;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_DeviceListCount;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_DeviceListType;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_GetCode;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_LoadSessionFromSavedModel;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_Message;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_NewBuffer;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_NewGraph;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_NewSessionOptions;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_NewStatus;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_OK;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_SessionListDevices;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_SetConfig;

import dev.inproc.inference.ModelLoadException;
import dev.inproc.inference.engine.Device;
import dev.inproc.inference.engine.Replica;
import dev.inproc.inference.engine.SessionOptions;
import dev.inproc.inference.internal.files.FileKind;
import dev.inproc.inference.tensor.Signature;
import dev.inproc.inference.tf.SavedModelGraph.SignatureInfo;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicInteger;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.PointerPointer;
import org.jspecify.annotations.Nullable;
import org.tensorflow.internal.c_api.TF_Buffer;
import org.tensorflow.internal.c_api.TF_DeviceList;
import org.tensorflow.internal.c_api.TF_Graph;
import org.tensorflow.internal.c_api.TF_Session;
import org.tensorflow.internal.c_api.TF_SessionOptions;
import org.tensorflow.internal.c_api.TF_Status;

/** Checks a SavedModel and loads replicas of it, each on one device. */
final class SavedModelLoader {
  private static final Logger LOG = System.getLogger(StagedModel.LOGGER);
  private static final int NO_GPU = -1;
  private static final Set<String> VARIABLES = Set.of("VarHandleOp", "VariableV2", "Variable");

  /** TensorFlow makes its GPU devices once a process. */
  private static final AtomicInteger GPU = new AtomicInteger(NO_GPU);

  private final String name;
  private final StagedModel staged;
  private final SessionOptions options;
  private final TensorFlowOptions own;
  private final SavedModelGraph graph;
  private final SignatureInfo signatureInfo;
  private final Set<String> unusedInputs;
  private final Signature signature;
  private final Map<String, String> unreadable = new TreeMap<>();
  private final Set<String> operators;

  SavedModelLoader(String name, StagedModel staged, SessionOptions options, TensorFlowOptions own) {
    this.name = name;
    this.staged = staged;
    this.options = options;
    this.own = own;
    try {
      graph = choose(SavedModelReader.read(staged.graph()));
      Set<String> libraryOperators = loadLibraries();
      if (!own.trusted()) {
        checkSafety(libraryOperators);
      }
      checkVariables();
      signatureInfo = chooseSignature();
      unusedInputs = SafetyCheck.unusedInputs(graph, signatureInfo);
      signature =
          new Signature(
              TensorFlowTypes.inputs(name, signatureInfo.inputs(), unusedInputs),
              TensorFlowTypes.outputs(name, signatureInfo.outputs(), unreadable));
      operators = SafetyCheck.operators(graph, signatureInfo);
    } catch (IllegalArgumentException e) {
      String kind = FileKind.of(staged.directory().resolve("saved_model.pb"));
      throw new ModelLoadException(
          name, "saved_model.pb: " + FileKind.explain(kind, e.getMessage()), e);
    } catch (OutOfMemoryError e) { // of what was read nothing is held any more
      throw new ModelLoadException(
          name,
          "there is no room on the heap to check a graph of " + staged.graph().length + " bytes",
          e);
    }
  }

  private SavedModelGraph choose(List<SavedModelGraph> graphs) {
    for (SavedModelGraph each : graphs) {
      if (each.tags().equals(own.tags())) {
        return each;
      }
    }
    List<Set<String>> tags = graphs.stream().map(SavedModelGraph::tags).toList();
    throw new ModelLoadException(
        name, "no graph has the tags " + own.tags() + "; the graphs have " + tags, null);
  }

  private Set<String> loadLibraries() {
    if (own.operatorLibraries().isEmpty()) {
      return Set.of();
    }
    NativeLibrary.load(name);
    return OperatorLibraries.load(name, own.operatorLibraries());
  }

  private void checkSafety(Set<String> libraryOperators) {
    String refusal = SafetyCheck.refusal(graph, libraryOperators);
    if (refusal != null) {
      throw new ModelLoadException(
          name,
          refusal
              + ". A SavedModel is a program; if you trust it as you trust code, load it with"
              + " TensorFlowOptions.builder().trusted(true). If the operator comes from a native"
              + " library, name that by operatorLibrary(path)",
          null);
    }
    for (SavedModelGraph.Asset asset : graph.assets()) {
      boolean inside = !asset.file().isEmpty() && !asset.file().contains("\\");
      Path file = Path.of(asset.file().replace('\0', '?'));
      inside &= !file.isAbsolute() && file.equals(file.normalize()) && !file.startsWith("..");
      if (!inside) {
        throw new ModelLoadException(
            name, "the asset \"" + asset.file() + "\" lies outside the model", null);
      }
    }
  }

  /** TensorFlow loads a model without its variables in silence; every run would fail. */
  private void checkVariables() {
    boolean hasVariables =
        graph.nodes().stream().anyMatch(node -> VARIABLES.contains(node.op()))
            && !graph.saver().restore().isEmpty();
    Path index = Path.of("variables", "variables.index");
    if (hasVariables && !Files.isRegularFile(staged.directory().resolve(index.toString()))) {
      throw new ModelLoadException(name, index + " is missing: the model's variables", null);
    }
  }

  private SignatureInfo chooseSignature() {
    SignatureInfo chosen = graph.signatures().get(own.signature());
    if (chosen == null) {
      Set<String> others = new TreeSet<>(graph.signatures().keySet());
      others.remove("__saved_model_init_op");
      throw new ModelLoadException(
          name, "no signature \"" + own.signature() + "\"; the model has " + others, null);
    }
    if (chosen.outputs().isEmpty()) {
      throw new ModelLoadException(
          name, "signature \"" + own.signature() + "\" has no outputs", null);
    }
    return chosen;
  }

  /** Loads the model on this device, or on the CPU if the device is missing and only preferred. */
  Replica load(Device device) {
    if (device.isRequired()) {
      return replica(device);
    }
    try {
      return replica(device);
    } catch (ModelLoadException e) {
      LOG.log(Level.WARNING, "{0} runs on the CPU: {1}", name, e.getMessage());
      return replica(Device.cpu());
    }
  }

  private Replica replica(Device device) {
    return new Replica(open(device), device);
  }

  private TensorFlowModel open(Device device) {
    String version = NativeLibrary.load(name);
    switch (device.kind()) {
      case "cpu" -> {}
      case "cuda" -> claimGpu(device);
      default -> throw failure(device, "TensorFlow here runs on cpu and cuda alone");
    }
    TF_Graph nativeGraph = TF_NewGraph();
    TF_Session session = null;
    TensorFlowModel model = null;
    try {
      session = openSession(nativeGraph, device);
      checkDevice(session, device);
      model =
          new TensorFlowModel(
              name,
              nativeGraph,
              session,
              signature,
              unusedInputs,
              signatureInfo,
              metadata(),
              runtime(version),
              operators,
              Map.copyOf(unreadable));
      return model;
    } finally {
      if (model == null) {
        if (session != null) {
          TensorFlowModel.delete(session);
        }
        TF_DeleteGraph(nativeGraph);
      }
    }
  }

  private TF_Session openSession(TF_Graph nativeGraph, Device device) {
    TF_Status status = TF_NewStatus();
    TF_SessionOptions sessionOptions = TF_NewSessionOptions();
    TF_Buffer meta = TF_NewBuffer();
    byte[] config = SessionConfig.session(device, options, own);
    byte[] path = staged.directory().toString().getBytes(StandardCharsets.UTF_8);
    try (BytePointer configBytes = new BytePointer(config);
        BytePointer directory = new BytePointer(Arrays.copyOf(path, path.length + 1));
        NativeTags tags = new NativeTags(own.tags())) {
      TF_SetConfig(sessionOptions, configBytes, config.length, status);
      check(status, device);
      TF_Session session =
          TF_LoadSessionFromSavedModel(
              sessionOptions,
              null,
              directory,
              tags.pointers,
              own.tags().size(),
              nativeGraph,
              meta,
              status);
      check(status, device);
      return session;
    } finally {
      TF_DeleteBuffer(meta);
      TF_DeleteSessionOptions(sessionOptions);
      TF_DeleteStatus(status);
    }
  }

  /** Tags as C strings. */
  private static final class NativeTags implements AutoCloseable {
    final BytePointer[] strings;
    final PointerPointer<BytePointer> pointers;

    NativeTags(Set<String> tags) {
      Iterator<String> each = tags.iterator();
      strings = new BytePointer[tags.size()];
      for (int i = 0; i < strings.length; i++) {
        byte[] tag = (each.next() + '\0').getBytes(StandardCharsets.UTF_8);
        strings[i] = new BytePointer(tag);
      }
      pointers = new PointerPointer<>(strings);
    }

    @Override
    public void close() {
      pointers.close();
      for (BytePointer string : strings) {
        string.close();
      }
    }
  }

  private void check(TF_Status status, Device device) {
    if (TF_GetCode(status) != TF_OK) {
      throw failure(device, TF_Message(status).getString(StandardCharsets.UTF_8));
    }
  }

  private ModelLoadException failure(Device device, String reason) {
    String where = device.kind().equals("cpu") ? "" : "device " + device + ": ";
    String advice = "";
    if (reason.contains("Op type not registered")) {
      advice = ". TensorFlowOptions.operatorLibrary(path) loads the native library that has it";
    } else {
      String pointer = staged.pointer();
      advice = pointer == null ? "" : ". " + pointer;
    }
    return new ModelLoadException(name, where + reason + advice, null);
  }

  private void claimGpu(Device device) {
    int claimed = GPU.compareAndExchange(NO_GPU, device.index());
    if (claimed != NO_GPU && claimed != device.index()) {
      throw failure(device, "TensorFlow uses one GPU a process, and cuda:" + claimed + " is taken");
    }
  }

  /** TensorFlow is silent where a GPU is missing and runs on the CPU. */
  private void checkDevice(TF_Session session, Device device) {
    if (!device.kind().equals("cuda")) {
      return;
    }
    TF_Status status = TF_NewStatus();
    TF_DeviceList devices = TF_SessionListDevices(session, status);
    try {
      check(status, device);
      for (int i = 0; i < TF_DeviceListCount(devices); i++) {
        @Nullable BytePointer type = TF_DeviceListType(devices, i, status);
        if (type != null && type.getString().equals("GPU")) {
          return;
        }
      }
    } finally {
      TF_DeleteDeviceList(devices);
      TF_DeleteStatus(status);
    }
    GPU.compareAndSet(device.index(), NO_GPU);
    throw failure(
        device,
        "TensorFlow finds no such GPU. It needs tensorflow-core-native with the classifier"
            + " linux-x86_64-gpu in place of any other, an NVIDIA driver, CUDA 12 and cuDNN 9");
  }

  /** Signature and tags too: one model may hold several networks. */
  private String runtime(String version) {
    return "TensorFlow "
        + version
        + ", signature "
        + own.signature()
        + " of "
        + new TreeSet<>(graph.tags())
        + ", threads "
        + SessionConfig.intraOpThreads(options)
        + (own.xla() ? ", XLA" : "")
        + (own.operatorLibraries().isEmpty() ? "" : ", operators of " + own.operatorLibraries());
  }

  private Map<String, String> metadata() {
    Map<String, String> all = new TreeMap<>();
    all.put("producer", "tensorflow");
    all.put("signature", own.signature());
    all.put("tags", String.join(",", new TreeSet<>(graph.tags())));
    if (!graph.version().isEmpty()) {
      all.put("version", graph.version());
    }
    return Map.copyOf(all);
  }
}
