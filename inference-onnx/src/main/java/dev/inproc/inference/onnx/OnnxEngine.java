package dev.inproc.inference.onnx;

import dev.inproc.inference.ModelLoadException;
import dev.inproc.inference.engine.Device;
import dev.inproc.inference.engine.Engine;
import dev.inproc.inference.engine.ModelSource;
import dev.inproc.inference.engine.Session;
import dev.inproc.inference.engine.SessionOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
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
 * Session#metadata} lists the classes in order under the output's name and {@code .classes}.
 *
 * <p>ONNX Runtime itself is the user's dependency to choose: {@code onnxruntime} (the default) for
 * the CPU, or {@code onnxruntime_gpu} in its place for CUDA and TensorRT.
 */
public final class OnnxEngine implements Engine {
  private final OnnxOptions onnxOptions;

  /** Creates an engine with the default options. */
  public OnnxEngine() {
    this(OnnxOptions.DEFAULT);
  }

  /** Creates an engine that loads every model with these options. */
  public OnnxEngine(OnnxOptions options) {
    onnxOptions = Objects.requireNonNull(options, "options");
  }

  @Override
  public String name() {
    return "onnx";
  }

  @Override
  public Session load(ModelSource source, SessionOptions options) {
    checkReadable(source);
    List<OnnxModel> copies = new ArrayList<>();
    boolean loaded = false;
    try {
      for (Device device : options.devices()) {
        copies.add(OnnxLoader.load(source, device, options, onnxOptions));
      }
      loaded = true;
    } finally {
      if (!loaded) {
        copies.forEach(OnnxModel::close);
      }
    }
    return Session.of("onnx:" + stem(source.name()), source, copies, options);
  }

  private static String stem(String name) {
    return name.endsWith(".onnx") ? name.substring(0, name.length() - 5) : name;
  }

  /** What ONNX Runtime says of these is misleading. */
  private static void checkReadable(ModelSource source) {
    Path path = source.path();
    byte[] bytes = source.bytes();
    if (bytes != null && bytes.length == 0) {
      throw new ModelLoadException(source.describe(), "the model is empty", null);
    }
    if (path == null) {
      return;
    }
    if (!Files.exists(path)) {
      throw new ModelLoadException(source.describe(), "no such file", null);
    }
    if (Files.isDirectory(path)) {
      throw new ModelLoadException(
          source.describe(), "is a directory; an ONNX model is a file", null);
    }
    try {
      if (Files.size(path) == 0) {
        throw new ModelLoadException(source.describe(), "the file is empty", null);
      }
    } catch (IOException e) {
      throw new ModelLoadException(source.describe(), e.toString(), e);
    }
  }

  @Override
  public String toString() {
    return "onnx";
  }
}
