package dev.inproc.benchmarks.peers;

import dev.inproc.benchmarks.MiniLm;
import dev.inproc.benchmarks.TextLengths;
import dev.inproc.inference.onnx.testing.Models;
import dev.inproc.inference.tensor.Shape;
import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.Tensors;
import java.util.List;
import java.util.Random;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** A model, and requests to it that are the same in every run. */
@SuppressWarnings("ImmutableEnumChecker") // nobody gets the array or the supplier
public enum Workload {
  /** A network of 16-8-1: a run costs microseconds, so what surrounds it decides. */
  TINY("tiny MLP 16-8-1", Models::tinyMlp, "y", "x", 16),
  /** 7 million weights: reading them is the cost, and a batch reads them once. */
  WIDE("MLP 1024-2048-2048-512", () -> Models.mlp(1024, 2048, 2048, 512), "y", "x", 1024),
  /** A random forest of three classes. */
  TREES("tree ensemble", () -> Models.treeEnsemble(false, false), "probabilities", "x", 4),
  /** 28 x 28 pixels to ten classes. */
  CONV("convolutional network", Models::convNet, "logits", "image", 1, 28, 28),
  /** Sentences of 16 tokens. */
  MINILM("MiniLM FP32", () -> MiniLm.model("all-minilm-l6-v2.onnx"), MiniLm.OUTPUT, "", 16),
  /** The same, dynamically quantized. */
  MINILM_INT8("MiniLM INT8", () -> MiniLm.model("all-minilm-l6-v2-q.onnx"), MiniLm.OUTPUT, "", 16);

  private static final int EXAMPLES = 64;

  private final String title;
  private final Supplier<byte[]> model;
  private final String output;
  private final String input;
  private final long[] shape;

  Workload(String title, Supplier<byte[]> model, String output, String input, long... shape) {
    this.title = title;
    this.model = model;
    this.output = output;
    this.input = input;
    this.shape = shape;
  }

  /** What a reader calls it. */
  public String title() {
    return title;
  }

  /** The model's bytes. */
  public byte[] model() {
    return model.get();
  }

  /** The output that is asked for. */
  public String output() {
    return output;
  }

  /** Whether it takes texts. */
  public boolean isText() {
    return input.isEmpty();
  }

  /** How long its texts are; null where it takes none. */
  public @Nullable TextLengths textLengths() {
    return isText() ? TextLengths.of(MiniLm.texts(EXAMPLES, (int) shape[0])) : null;
  }

  /** The requests, without a batch axis. */
  public List<Tensors> examples() {
    if (isText()) {
      return MiniLm.texts(EXAMPLES, (int) shape[0]).stream().map(MiniLm::encode).toList();
    }
    Random random = new Random(64);
    Shape one = Shape.of(shape);
    return IntStream.range(0, EXAMPLES)
        .mapToObj(i -> Tensors.of(input, Tensor.of(one, values(random, one))))
        .toList();
  }

  private static float[] values(Random random, Shape shape) {
    int size = 1;
    for (int axis = 0; axis < shape.rank(); axis++) {
      size *= (int) shape.dim(axis);
    }
    float[] values = new float[size];
    for (int i = 0; i < size; i++) {
      values[i] = random.nextFloat() * 2 - 1;
    }
    return values;
  }
}
