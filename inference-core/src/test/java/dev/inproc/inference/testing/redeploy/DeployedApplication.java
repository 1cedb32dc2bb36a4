package dev.inproc.inference.testing.redeploy;

import dev.inproc.inference.CallOptions;
import dev.inproc.inference.Codec;
import dev.inproc.inference.DeadlineExceededException;
import dev.inproc.inference.Predictor;
import dev.inproc.inference.batch.Batching;
import dev.inproc.inference.engine.Session;
import dev.inproc.inference.engine.SessionOptions;
import dev.inproc.inference.tensor.DataType;
import dev.inproc.inference.tensor.Signature;
import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.TensorSpec;
import dev.inproc.inference.tensor.Tensors;
import dev.inproc.inference.testing.ScriptedModel;
import dev.inproc.inference.testing.contract.ContractModels;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * What an application does between its start and its end: it loads a model, calls it in every way,
 * hands over callbacks and timeouts, and closes everything. Its class loader defines this class.
 * The one argument is the name of an engine's {@link ContractModels}, or is empty for a model
 * without native code.
 */
public final class DeployedApplication implements Consumer<String> {
  private static final InheritableThreadLocal<Object> REQUEST = new InheritableThreadLocal<>();

  /** Creates one. */
  public DeployedApplication() {}

  @Override
  public void accept(String models) {
    REQUEST.set(this);
    Tensors input = Tensors.of("x", Tensor.of(new float[16]));
    try (Session session = open(models);
        Predictor<Tensors, Tensors> batched =
            open(models)
                .with(Batching.upTo(8))
                .with(Codec.of(DeployedApplication::same, DeployedApplication::same))) {
      for (Predictor<Tensors, Tensors> each : List.of(session, batched)) {
        call(each, input);
      }
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  private static void call(Predictor<Tensors, Tensors> predictor, Tensors input) throws Exception {
    CallOptions patient = CallOptions.timeout(Duration.ofMinutes(1));
    predictor.predict(input);
    predictor.predict(input, patient);
    predictor.predictAll(Collections.nCopies(20, input), patient);
    CompletableFuture<?> used =
        predictor.submit(input, patient).thenAccept(DeployedApplication::callback);
    used.get(10, TimeUnit.SECONDS);
    try {
      predictor.submit(input, CallOptions.timeout(Duration.ofNanos(1))).join();
    } catch (CompletionException e) {
      if (!(e.getCause() instanceof DeadlineExceededException)) {
        throw e;
      }
    }
  }

  private static Tensors same(Tensors tensors) {
    return tensors;
  }

  /** A callback that leaves its traces on the thread that it runs on. */
  @SuppressWarnings("ThreadPriorityCheck") // hostile on purpose
  private static void callback(Tensors answer) {
    Thread.currentThread().setContextClassLoader(DeployedApplication.class.getClassLoader());
    Thread.currentThread().setPriority(Thread.MIN_PRIORITY);
  }

  static Session open(String models) {
    if (models.isEmpty()) {
      return scripted();
    }
    try {
      ContractModels engine =
          Class.forName(models).asSubclass(ContractModels.class).getConstructor().newInstance();
      return engine.engine().load(engine.tinyMlp());
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(e);
    }
  }

  /** A model whose function is the application's. */
  private static Session scripted() {
    long[] dims = {TensorSpec.DYNAMIC, 16};
    TensorSpec x = TensorSpec.of("x", DataType.FLOAT32, dims, "batch", null);
    TensorSpec y = TensorSpec.of("y", DataType.FLOAT32, dims, "batch", null);
    ScriptedModel model =
        new ScriptedModel(
            new Signature(List.of(x), List.of(y)), inputs -> Tensors.of("y", inputs.get("x")));
    return Session.of("scripted", null, List.of(model.replica()), SessionOptions.DEFAULT);
  }
}
