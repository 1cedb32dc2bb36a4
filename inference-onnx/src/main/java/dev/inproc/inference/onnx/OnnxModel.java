package dev.inproc.inference.onnx;

import ai.onnxruntime.NodeInfo;
import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxModelMetadata;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtLoraAdapter;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.SequenceInfo;
import dev.inproc.inference.EngineException;
import dev.inproc.inference.InvalidInputException;
import dev.inproc.inference.ModelLoadException;
import dev.inproc.inference.onnx.format.GraphInputs;
import dev.inproc.inference.spi.BindingSpec;
import dev.inproc.inference.spi.IoBinding;
import dev.inproc.inference.spi.NativeModel;
import dev.inproc.inference.spi.Statefulness;
import dev.inproc.inference.tensor.Signature;
import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.TensorSpec;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** A session of ONNX Runtime. */
final class OnnxModel implements NativeModel {
  private static final String WRONG_TYPE = "it is of a type that " + OnnxTypes.CANNOT_PASS;

  private final OrtEnvironment environment;
  private final OrtSession session;
  private final String name;
  private final List<OrtLoraAdapter> adapters;
  private final OrtLoggingLevel logLevel;
  private final ServableModel servable;
  private final Signature signature;
  private final List<String> nativeInputs;
  private final Map<String, String> nativeOutputs;
  private final Map<String, String> unreadableOutputs;
  private final Set<String> unusedInputs;
  private final Map<String, String> metadata;
  private final String runtime;
  private final Statefulness statefulness;

  /**
   * Outputs that ONNX Runtime must not be given memory for. It never writes one that is itself an
   * input of the graph: the memory would keep what an earlier run left there. It refuses one whose
   * real shape contradicts the signature, which is found out by a run.
   */
  private final Set<String> unpinned = ConcurrentHashMap.newKeySet();

  private @Nullable ExactText exactText; // guarded by this; made when it is first needed

  OnnxModel(
      OrtEnvironment environment,
      OrtSession session,
      String name,
      GraphInputs graphInputs,
      List<OrtLoraAdapter> adapters,
      OrtLoggingLevel logLevel,
      ServableModel servable,
      Map<String, List<String>> classes,
      String runtime,
      Statefulness statefulness)
      throws OrtException {
    this.environment = environment;
    this.session = session;
    this.name = name;
    this.adapters = adapters;
    this.logLevel = logLevel;
    this.runtime = runtime;
    this.statefulness = statefulness;
    this.servable = servable;
    InterfaceRewrite.Result rewrite = servable.rewrite();
    List<String> used = new ArrayList<>();
    List<TensorSpec> inputs = new ArrayList<>();
    Set<String> unused = new HashSet<>();
    session
        .getInputInfo()
        .forEach(
            (input, node) -> {
              if (graphInputs.isUnused(rewrite.ownName(input))) {
                unused.add(rewrite.ownName(input));
              } else {
                used.add(input);
                inputs.add(
                    OnnxTypes.input(
                        name,
                        rewrite.ownName(input),
                        node,
                        rewrite.unsigned().get(input),
                        graphInputs.isScalar(rewrite.ownName(input))));
              }
            });
    nativeInputs = List.copyOf(used);
    unusedInputs = Set.copyOf(unused);
    Map<String, String> unreadable = new LinkedHashMap<>(rewrite.leftOut());
    Map<String, String> natives = new HashMap<>();
    List<TensorSpec> outputs = new ArrayList<>();
    for (NodeInfo node : session.getOutputInfo().values()) {
      String output = rewrite.ownName(node.getName());
      natives.put(output, node.getName());
      String reason = unreadable(node);
      TensorSpec spec = reason == null ? OnnxTypes.output(output, node) : null;
      if (spec == null) {
        unreadable.put(output, reason == null ? WRONG_TYPE + node.getInfo() : reason);
      } else {
        outputs.add(spec.withLabels(classes.getOrDefault(output, List.of())));
      }
    }
    if (outputs.isEmpty()) {
      throw new ModelLoadException(name, "no output can be read: " + unreadable, null);
    }
    signature = new Signature(inputs, outputs);
    inputs.forEach(input -> unpinned.add(input.name()));
    nativeOutputs = natives;
    unreadableOutputs = Collections.unmodifiableMap(unreadable);
    Map<String, String> own = servable.metadata();
    metadata = own != null ? own : readMetadata(session.getMetadata());
  }

  /** Keys of maps that the binding cuts can become equal, and then one is lost. */
  private @Nullable String unreadable(NodeInfo output) {
    boolean cut =
        output.getInfo() instanceof SequenceInfo sequence
            && sequence.isSequenceOfMaps()
            && sequence.mapInfo.keyType == OnnxJavaType.STRING
            && !servable.hasPlainText();
    return cut
        ? "it is a sequence of maps, and a string of the model has a character that ONNX Runtime's"
            + " Java binding cuts out of their keys"
        : null;
  }

  private static Map<String, String> readMetadata(OnnxModelMetadata model) {
    Map<String, String> all = new TreeMap<>(model.getCustomMetadata());
    put(all, "producer", model.getProducerName());
    put(all, "graph", model.getGraphName());
    put(all, "domain", model.getDomain());
    put(all, "description", model.getDescription());
    put(all, "version", model.getVersion() == Long.MAX_VALUE ? "" : model.getVersion() + "");
    return Collections.unmodifiableMap(all);
  }

  private static void put(Map<String, String> all, String key, String value) {
    if (!value.isEmpty()) {
      all.putIfAbsent(key, value);
    }
  }

  @Override
  public Signature signature() {
    return signature;
  }

  @Override
  public Map<String, String> unreadableOutputs() {
    return unreadableOutputs;
  }

  @Override
  public void checkStrings(TensorSpec input, Tensor strings) {
    for (int i = 0; i < strings.elements(); i++) {
      if (!strings.isText(i) || !PlainText.isPlain(strings.getString(i))) {
        Object[] element = new Object[1];
        strings.copyElements(i, 1, element, 0);
        checkPieces(input, strings, i, TextPieces.count(element[0]));
      }
    }
  }

  private void checkPieces(TensorSpec input, Tensor strings, int index, int pieces) {
    String actual = "element " + index + " of " + strings + " with ";
    if (pieces > ExactText.MAX_PIECES) {
      throw new InvalidInputException(
          input.name(),
          "at most "
              + ExactText.MAX_PIECES
              + " bytes in one string that are NUL or part of a character beyond U+FFFF or not text:"
              + " ONNX Runtime's Java binding passes those one by one",
          actual + pieces);
    }
    try {
      exactText();
    } catch (EngineException e) {
      throw new InvalidInputException(
          input.name(),
          "text without NUL and characters beyond U+FFFF, which the Java binding of this ONNX"
              + " Runtime cannot pass ("
              + e.getMessage()
              + ")",
          actual + "such characters");
    }
  }

  /** Returns what passes text that the binding itself would change. */
  synchronized ExactText exactText() {
    ExactText made = exactText;
    if (made == null) {
      try {
        made = new ExactText(environment);
        exactText = made;
      } catch (OrtException e) {
        throw failure(e);
      }
    }
    return made;
  }

  /** Returns whether no string that the model's nodes hold could be changed on its way out. */
  boolean hasPlainText() {
    return servable.hasPlainText();
  }

  String nativeInput(int index) {
    return nativeInputs.get(index);
  }

  String nativeOutput(String output) {
    return nativeOutputs.getOrDefault(output, output);
  }

  @Override
  public Set<String> unusedInputs() {
    return unusedInputs;
  }

  @Override
  public Map<String, String> metadata() {
    return metadata;
  }

  @Override
  public String runtime() {
    return runtime;
  }

  @Override
  public Statefulness statefulness() {
    return statefulness;
  }

  @Override
  public IoBinding open(BindingSpec spec) {
    try {
      return new OnnxBinding(this, spec);
    } catch (OrtException e) {
      throw failure(e);
    }
  }

  OrtEnvironment environment() {
    return environment;
  }

  OrtSession session() {
    return session;
  }

  /** Run options for a binding of its own: they carry its termination. */
  OrtSession.RunOptions newRunOptions() throws OrtException {
    OrtSession.RunOptions options = new OrtSession.RunOptions();
    options.setLogLevel(logLevel);
    for (OrtLoraAdapter adapter : adapters) {
      options.addActiveLoraAdapter(adapter);
    }
    return options;
  }

  boolean mayPin(String output) {
    return !unpinned.contains(output);
  }

  void neverPin(String output) {
    unpinned.add(output);
  }

  EngineException failure(OrtException cause) {
    return new EngineException(name + ": " + cause.getMessage(), cause);
  }

  @Override
  @SuppressWarnings("try") // closes the text's sessions last, whatever the session's close throws
  public void close() {
    ExactText made;
    synchronized (this) {
      made = exactText;
      exactText = null;
    }
    try (ExactText text = made) {
      session.close();
    } catch (OrtException e) {
      throw failure(e);
    } finally {
      adapters.forEach(OrtLoraAdapter::close);
    }
  }
}
