package dev.inproc.inference.engine;

import dev.inproc.inference.BatchPredictor;
import dev.inproc.inference.InferenceException;
import dev.inproc.inference.ModelLoadException;
import dev.inproc.inference.tensor.DataType;
import dev.inproc.inference.tensor.Shape;
import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.TensorSpec;
import dev.inproc.inference.tensor.Tensors;
import java.lang.System.Logger.Level;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Runs a model before its first call, so that memory, kernels and compiled code are in place. */
final class WarmUp {
  private static final long MADE_UP_SIZE = 16;
  private static final int ROUNDS = 2; // the first allocates memory, the second reuses it

  private WarmUp() {}

  static void run(BatchPredictor<Tensors, Tensors> session, ReplicaSet replicas) {
    SessionOptions options = replicas.options;
    @Nullable Tensors given = options.warmUpExample();
    for (int size : options.warmUpSizes()) {
      try {
        Tensors example = given != null ? given : madeUp(replicas.layout);
        List<Tensors> batch = Collections.nCopies(size, example);
        for (int round = 0; round < ROUNDS * replicas.size(); round++) {
          session.predictAll(batch);
        }
      } catch (InferenceException e) {
        if (given != null) {
          throw new ModelLoadException(
              session.toString(), "warm-up with a batch of " + size + " failed", e);
        }
        // An example of zeros is a guess, which the model may rightly refuse.
        SessionLog.LOG.log(
            Level.WARNING,
            "{0}: no warm-up, the model refused an example of zeros: {1}",
            session,
            e.getMessage());
        return;
      }
    }
  }

  /** Returns an example of zeros. */
  static Tensors madeUp(Layout layout) {
    long[] sizes = layout.newSizes(MADE_UP_SIZE);
    List<TensorSpec> specs = layout.example().inputs();
    Tensor[] tensors = new Tensor[specs.size()];
    for (int i = 0; i < tensors.length; i++) {
      tensors[i] = zeros(specs.get(i).type(), layout.inputShape(i, sizes));
    }
    return Tensors.of(specs.stream().map(TensorSpec::name).toList(), tensors);
  }

  private static Tensor zeros(DataType type, Shape shape) {
    if (type == DataType.STRING) {
      String[] empty = new String[(int) shape.elements()];
      Arrays.fill(empty, "");
      return Tensor.of(shape, empty);
    }
    return Tensor.fill(type, shape, bytes -> {});
  }
}
