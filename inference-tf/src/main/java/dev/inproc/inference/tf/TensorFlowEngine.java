package dev.inproc.inference.tf;

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
 * Loads TensorFlow SavedModels, which are directories. Thread-safe.
 *
 * <pre>{@code
 * try (Session session = new TensorFlowEngine().load(ModelSource.file(directory))) {
 *   Tensors answer = session.predict(Tensors.of("x", Tensor.of(features)));
 * }
 * }</pre>
 *
 * <p>A SavedModel is a program. One with operators that touch files, sockets or host code, or that
 * are not known to be harmless, is refused, see {@link TensorFlowOptions.Builder#trusted}. The
 * digest of {@link ModelSource#withSha256} is {@link ModelSource#digest}, over the whole directory.
 *
 * <p>TensorFlow cannot stop a run. A caller with a timeout is released on time all the same; the
 * run keeps its worker and its memory until it ends.
 *
 * <p>The native library is the user's dependency to choose: {@code tensorflow-core-native} with the
 * classifier of the platform.
 */
public final class TensorFlowEngine implements Engine {
  private final TensorFlowOptions tensorFlowOptions;
  private final Runnable afterCheck;

  /** Creates an engine with the default options. */
  public TensorFlowEngine() {
    this(TensorFlowOptions.DEFAULT);
  }

  /** Creates an engine that loads every model with these options. */
  public TensorFlowEngine(TensorFlowOptions options) {
    this(options, () -> {});
  }

  /** For tests that change a model between its check and its load. */
  TensorFlowEngine(TensorFlowOptions options, Runnable afterCheck) {
    tensorFlowOptions = Objects.requireNonNull(options, "options");
    this.afterCheck = afterCheck;
  }

  @Override
  public String name() {
    return "tensorflow";
  }

  @Override
  public Session load(ModelSource source, SessionOptions options) {
    try (StagedModel staged = StagedModel.of(source, options.maxModelBytes(), tensorFlowOptions)) {
      SavedModelLoader loader =
          new SavedModelLoader(source.describe(), staged, options, tensorFlowOptions);
      afterCheck.run();
      Session session =
          Session.load(
              "tensorflow:" + source.name(), source, own -> replicas(staged, loader, own), options);
      if (tensorFlowOptions.servingWarmUp()) {
        ServingWarmUp.run(session, staged.directory(), tensorFlowOptions.signature());
      }
      return session;
    }
  }

  private static List<Replica> replicas(
      StagedModel staged, SavedModelLoader loader, SessionOptions options) {
    List<Replica> replicas = new ArrayList<>();
    boolean loaded = false;
    try {
      for (Device device : options.devices()) {
        replicas.add(loader.load(device));
      }
      staged.requireUnchanged();
      loaded = true;
      return replicas;
    } finally {
      if (!loaded) {
        replicas.forEach(replica -> replica.model().close());
      }
    }
  }

  @Override
  public String toString() {
    return "tensorflow";
  }
}
