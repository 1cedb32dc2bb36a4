package dev.inproc.inference.engine;

import dev.inproc.inference.tensor.Signature;
import dev.inproc.inference.tensor.TensorSpec;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Tells whether a signature's first dimensions count examples. Nothing in a model file says so; the
 * rule errs on the side of "no", which costs speed where the other error would cost answers.
 */
final class BatchAxisRule {
  private BatchAxisRule() {}

  static boolean leads(Signature raw) {
    if (raw.inputs().isEmpty() || !raw.inputs().stream().allMatch(TensorSpec::hasRank)) {
      return false;
    }
    return leadsDynamically(raw) || allOnes(raw);
  }

  private static boolean leadsDynamically(Signature raw) {
    @Nullable String common =
        raw.inputs().get(0).rank() == 0 ? null : raw.inputs().get(0).symbol(0);
    for (TensorSpec input : raw.inputs()) {
      if (input.rank() == 0
          || input.dim(0) != TensorSpec.DYNAMIC
          || !Objects.equals(input.symbol(0), common)
          || recurs(input, common)) {
        return false;
      }
    }
    for (TensorSpec output : raw.outputs()) {
      if (!mayAgree(output, common)) {
        return false;
      }
    }
    return true;
  }

  /** An output of unknown shape is given the benefit of the doubt: runs check its rows. */
  private static boolean mayAgree(TensorSpec output, @Nullable String common) {
    if (!output.hasRank() || output.rank() == 0) {
      return !output.hasRank();
    }
    String symbol = output.symbol(0);
    return output.dim(0) == TensorSpec.DYNAMIC
        && (symbol == null || common == null || symbol.equals(common))
        && !recurs(output, common);
  }

  /** Such as similarities [batch, batch]: a row that is as long as the batch depends on it. */
  private static boolean recurs(TensorSpec spec, @Nullable String common) {
    for (int axis = 1; axis < spec.rank(); axis++) {
      if (common != null && common.equals(spec.symbol(axis))) {
        return true;
      }
    }
    return false;
  }

  private static boolean allOnes(Signature raw) {
    for (TensorSpec input : raw.inputs()) {
      if (input.rank() == 0 || input.dim(0) != 1) {
        return false;
      }
    }
    for (TensorSpec output : raw.outputs()) {
      if (!output.hasRank() || output.rank() == 0 || output.dim(0) != 1) {
        return false;
      }
    }
    return true;
  }

  /** Checks that a user's "it leads" can be. */
  static void checkCanLead(Signature raw) {
    for (TensorSpec input : raw.inputs()) {
      if (!input.hasRank()) {
        throw new IllegalArgumentException(
            "BatchAxis.LEADING: input "
                + input
                + " is of unknown rank, it may have no batch axis; SessionOptions.inputShape states"
                + " its shape");
      }
      if (input.rank() == 0) {
        throw new IllegalArgumentException(
            "BatchAxis.LEADING: input " + input + " is a scalar, it has no batch axis");
      }
    }
    fixedSize(raw);
  }

  /** The fixed number of examples in a run, 0 if it is free. */
  static int fixedSize(Signature raw) {
    long size = 0;
    for (TensorSpec input : raw.inputs()) {
      long dim = input.dim(0);
      if (dim != TensorSpec.DYNAMIC) {
        if (size != 0 && size != dim) {
          throw new IllegalArgumentException(
              "BatchAxis.LEADING: the inputs disagree on the batch size: " + raw);
        }
        size = dim;
      }
    }
    return Math.toIntExact(size);
  }
}
