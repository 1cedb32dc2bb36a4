package dev.inproc.inference.testing;

import dev.inproc.inference.tensor.DataType;
import dev.inproc.inference.tensor.Shape;
import dev.inproc.inference.tensor.Signature;
import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.TensorSpec;
import dev.inproc.inference.tensor.Tensors;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;

/**
 * Models that answer f(id) for each id, where f scatters ids over all 64 bits: an answer that
 * reaches another's caller, or that was cut at the wrong place, shows.
 */
public final class LedgerModel {
  /** Where the mask is nought; must never be seen by a caller. */
  public static final long GARBAGE = 0xdead_dead_dead_deadL;

  private LedgerModel() {}

  /** Returns what the model answers for an id. */
  public static long f(long id) {
    long z = id + 0x9e3779b97f4a7c15L; // SplitMix64: a bijection
    z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
    z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
    return z ^ (z >>> 31);
  }

  /** Returns {@code (id INT64[batch]) -> (answer INT64[batch])}. */
  public static ScriptedModel scalars() {
    return scalars(ids -> {});
  }

  /**
   * Returns the model of {@link #scalars()}.
   *
   * @param check sees the ids of a run, and may throw
   */
  public static ScriptedModel scalars(Consumer<long[]> check) {
    Signature signature =
        new Signature(
            List.of(TensorSpec.of("id", DataType.INT64, new long[] {TensorSpec.DYNAMIC}, "batch")),
            List.of(
                TensorSpec.of("answer", DataType.INT64, new long[] {TensorSpec.DYNAMIC}, "batch")));
    return new ScriptedModel(
        signature,
        inputs -> {
          Tensor ids = inputs.get("id");
          check.accept(ids.toLongs());
          return Tensors.of("answer", Tensor.of(ids.shape(), map(ids.toLongs())));
        });
  }

  /**
   * Returns {@code (ids INT64[batch, length], mask INT64[batch, length]) -> (each INT64[batch,
   * length], sum INT64[batch])}: f of every id and the sum of those; garbage where the mask is
   * nought.
   */
  public static ScriptedModel sequences() {
    long[] open = {TensorSpec.DYNAMIC, TensorSpec.DYNAMIC};
    Signature signature =
        new Signature(
            List.of(
                TensorSpec.of("ids", DataType.INT64, open, "batch", "length"),
                TensorSpec.of("mask", DataType.INT64, open, "batch", "length")),
            List.of(
                TensorSpec.of("each", DataType.INT64, open, "batch", "length"),
                TensorSpec.of("sum", DataType.INT64, new long[] {TensorSpec.DYNAMIC}, "batch")));
    return new ScriptedModel(signature, LedgerModel::answerSequences);
  }

  private static Tensors answerSequences(Tensors inputs) {
    Shape shape = inputs.get("ids").shape();
    int rows = (int) shape.dim(0);
    int length = (int) shape.dim(1);
    long[] ids = inputs.get("ids").toLongs();
    long[] mask = inputs.get("mask").toLongs();
    long[] each = new long[ids.length];
    long[] sums = new long[rows];
    for (int i = 0; i < ids.length; i++) {
      each[i] = mask[i] == 0 ? GARBAGE : f(ids[i]);
      sums[i / length] += mask[i] == 0 ? 0 : each[i];
    }
    return Tensors.of("each", Tensor.of(shape, each), "sum", Tensor.of(Shape.of(rows), sums));
  }

  private static long[] map(long[] ids) {
    return Arrays.stream(ids).map(LedgerModel::f).toArray();
  }

  /** Returns a request of {@link #scalars}. */
  public static Tensors request(long id) {
    return Tensors.of("id", Tensor.of(Shape.scalar(), id));
  }

  /** Throws unless this is the answer of {@link #scalars} to this id. */
  public static void check(long id, Tensors answer) {
    long actual = answer.get("answer").getLong(0);
    if (actual != f(id) || !answer.get("answer").shape().equals(Shape.scalar())) {
      throw new AssertionError("Id " + id + ": expected " + f(id) + ", got " + actual);
    }
  }

  /** Returns a request of {@link #sequences}: so many consecutive ids from this one. */
  public static Tensors sequence(long first, int length) {
    long[] ids = new long[length];
    long[] mask = new long[length];
    Arrays.setAll(ids, i -> first + i);
    Arrays.fill(mask, 1);
    Shape shape = Shape.of(length);
    return Tensors.of("ids", Tensor.of(shape, ids), "mask", Tensor.of(shape, mask));
  }

  /** Throws unless this is the answer of {@link #sequences} to that request. */
  public static void checkSequence(long first, int length, Tensors answer) {
    long[] each = new long[length];
    long sum = 0;
    for (int i = 0; i < length; i++) {
      each[i] = f(first + i);
      sum += each[i];
    }
    Tensors expected =
        Tensors.of(
            "each", Tensor.of(Shape.of(length), each), "sum", Tensor.of(Shape.scalar(), sum));
    if (!expected.equals(answer)) {
      throw new AssertionError(
          "From "
              + first
              + ", "
              + length
              + " ids: expected "
              + Arrays.toString(each)
              + ", got "
              + answer
              + Arrays.toString(answer.get("each").toLongs()));
    }
  }
}
