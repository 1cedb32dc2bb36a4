package dev.inproc.inference.onnx;

import dev.inproc.inference.engine.Device;
import dev.inproc.inference.engine.Engine;
import dev.inproc.inference.engine.ModelSource;
import dev.inproc.inference.engine.Replica;
import dev.inproc.inference.engine.Session;
import dev.inproc.inference.engine.SessionOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * Loads ONNX models with ONNX Runtime. Thread-safe.
 *
 * <pre>{@code
 * try (Session session = new OnnxEngine().load(ModelSource.file(path))) {
 *   Tensors answer = session.predict(Tensors.of("x", Tensor.of(features)));
 * }
 * }</pre>
 *
 * <p>Classifiers exported from scikit-learn or XGBoost end in a ZipMap operator, which gives a map
 * for each example. Here that output is a FLOAT32 tensor, one probability a class, and {@link
 * dev.inproc.inference.tensor.TensorSpec#labels} of the output lists the classes in order.
 *
 * <p>A sequence of FLOAT32, FLOAT64, INT64, UINT64 or STRING tensors comes as a tensor of type
 * SEQUENCE; a model with such an output has no batch axis. Outputs that the Java binding of ONNX
 * Runtime cannot return, such as optional ones, are left out with a warning, and the others are
 * served.
 *
 * <p>A model is checked before native code sees it: its structure, the files of external data that
 * it names, its digest if {@link ModelSource#withSha256} gives one. That digest is the SHA-256 of
 * the file; of a model with external data, it is the SHA-256 of the hexadecimal digests of all its
 * files, each with a line feed, the model's first, the others in the order of their locations. A
 * shell prints it by {@code sha256sum model.onnx a.bin b.bin | cut -d' ' -f1 | sha256sum}, a failed
 * load as the actual one.
 *
 * <p>ONNX Runtime itself is the user's dependency to choose: {@code onnxruntime} (the default) for
 * the CPU, or {@code onnxruntime_gpu} in its place for CUDA and TensorRT.
 */
public final class OnnxEngine implements Engine {
  private final OnnxOptions onnxOptions;
  private final Runnable afterCheck;

  /** Creates an engine with the default options. */
  public OnnxEngine() {
    this(OnnxOptions.DEFAULT);
  }

  /** Creates an engine that loads every model with these options. */
  public OnnxEngine(OnnxOptions options) {
    this(options, () -> {});
  }

  /** For tests that change a model between its check and its load. */
  OnnxEngine(OnnxOptions options, Runnable afterCheck) {
    onnxOptions = Objects.requireNonNull(options, "options");
    this.afterCheck = afterCheck;
  }

  @Override
  public String name() {
    return "onnx";
  }

  @Override
  public Session load(ModelSource source, SessionOptions options) {
    try (CheckedModel model =
        ModelCheck.check(source, options.maxModelBytes(), onnxOptions.trustModels())) {
      afterCheck.run();
      // Whether a trusted model has external data is not known.
      boolean alone = !model.hasExternalData() && !onnxOptions.trustModels();
      ModelSource whole = alone || source.sha256() != null ? source : null;
      return Session.load(
          "onnx:" + stem(source.name()), whole, own -> replicas(model, own), options);
    }
  }

  private List<Replica> replicas(CheckedModel model, SessionOptions options) {
    List<Replica> replicas = new ArrayList<>();
    boolean loaded = false;
    try {
      for (Device device : options.devices()) {
        replicas.add(OnnxLoader.load(model, device, options, onnxOptions));
      }
      model.requireUnchanged();
      loaded = true;
      return replicas;
    } finally {
      if (!loaded) {
        replicas.forEach(replica -> replica.model().close());
      }
    }
  }

  private static String stem(String name) {
    return name.endsWith(".onnx") ? name.substring(0, name.length() - 5) : name;
  }

  @Override
  public String toString() {
    return "onnx";
  }
}
