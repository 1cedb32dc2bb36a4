package dev.inproc.inference.onnx;

import ai.onnxruntime.OnnxModelMetadata;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtLoraAdapter;
import ai.onnxruntime.OrtSession;
import dev.inproc.inference.EngineException;
import dev.inproc.inference.engine.Device;
import dev.inproc.inference.engine.Frame;
import dev.inproc.inference.engine.FrameRequest;
import dev.inproc.inference.engine.NativeModel;
import dev.inproc.inference.tensor.Signature;
import dev.inproc.inference.tensor.TensorSpec;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;

/** A session of ONNX Runtime. */
final class OnnxModel implements NativeModel {
  private final OrtEnvironment environment;
  private final OrtSession session;
  private final String name;
  private final Device device;
  private final List<OrtLoraAdapter> adapters;
  private final OrtLoggingLevel logLevel;
  private final Signature signature;
  private final Map<String, String> metadata;
  private final String runtime;

  /**
   * Outputs that ONNX Runtime must not be given memory for. It never writes one that is itself an
   * input of the graph: the memory would keep what an earlier run left there. It refuses one whose
   * real shape contradicts the signature, which is found out by a run.
   */
  private final Set<String> unpinned = ConcurrentHashMap.newKeySet();

  OnnxModel(
      OrtEnvironment environment,
      OrtSession session,
      String name,
      Device device,
      List<OrtLoraAdapter> adapters,
      OrtLoggingLevel logLevel,
      Map<String, String> classes,
      String runtime)
      throws OrtException {
    this.environment = environment;
    this.session = session;
    this.name = name;
    this.device = device;
    this.adapters = adapters;
    this.logLevel = logLevel;
    this.runtime = runtime;
    List<TensorSpec> inputs =
        session.getInputInfo().values().stream().map(n -> OnnxTypes.input(name, n)).toList();
    List<TensorSpec> outputs =
        session.getOutputInfo().values().stream().map(n -> OnnxTypes.output(name, n)).toList();
    signature = new Signature(inputs, outputs);
    inputs.forEach(input -> unpinned.add(input.name()));
    metadata = readMetadata(session.getMetadata(), classes);
  }

  private static Map<String, String> readMetadata(
      OnnxModelMetadata model, Map<String, String> classes) {
    Map<String, String> all = new TreeMap<>(model.getCustomMetadata());
    all.putAll(classes);
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
  public Device device() {
    return device;
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
  public Frame open(FrameRequest request) {
    try {
      return new OnnxFrame(this, request);
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

  /** Run options for a frame of its own: they carry its termination. */
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
  public void close() {
    try {
      session.close();
    } catch (OrtException e) {
      throw failure(e);
    } finally {
      adapters.forEach(OrtLoraAdapter::close);
    }
  }
}
