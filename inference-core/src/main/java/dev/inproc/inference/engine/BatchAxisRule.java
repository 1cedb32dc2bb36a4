package dev.inproc.inference.engine;

import dev.inproc.inference.tensor.DataType;
import dev.inproc.inference.tensor.Signature;
import dev.inproc.inference.tensor.TensorSpec;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Tells whether a signature's first dimensions count examples. Nothing in a model file says so; the
 * rule errs on the side of "no", which costs speed where the other error would cost answers.
 */
final class BatchAxisRule {
  private static final Pattern MADE_UP =
      Pattern.compile("unk__\\d+|.*_dim_\\d+|(.*_)?dynamic_axes_\\d+|None|\\?|-1|");

  private static final Pattern BATCH = Pattern.compile("bs|.*batch.*", Pattern.CASE_INSENSITIVE);

  private BatchAxisRule() {}

  static boolean leads(Signature raw) {
    if (raw.inputs().isEmpty() || !raw.inputs().stream().allMatch(TensorSpec::hasRank)) {
      return false;
    }
    return !isSequenceFirst(raw) && (leadsDynamically(raw) || allOnes(raw));
  }

  /**
   * Whether first dimensions may count examples although their names do not agree: where all but
   * one name are such as exporters make up. A trial must confirm it.
   */
  static boolean mayLead(Signature raw) {
    List<TensorSpec> all = new ArrayList<>(raw.inputs());
    raw.outputs().stream().filter(TensorSpec::hasRank).forEach(all::add);
    Set<String> names = new HashSet<>();
    for (TensorSpec spec : all) {
      if (!spec.hasRank() || spec.rank() == 0 || spec.dim(0) != TensorSpec.DYNAMIC) {
        return false;
      }
      String symbol = spec.symbol(0);
      if (symbol != null && !isMadeUp(symbol)) {
        names.add(symbol);
      }
    }
    for (TensorSpec spec : all) {
      if (recurs(spec, spec.symbol(0)) || names.stream().anyMatch(name -> recurs(spec, name))) {
        return false;
      }
    }
    return !raw.inputs().isEmpty() && names.size() <= 1 && !isSequenceFirst(raw);
  }

  /** Names that exporters give to dimensions that nobody named. */
  static boolean isMadeUp(String name) {
    return MADE_UP.matcher(name).matches();
  }

  static boolean isNamedBatch(TensorSpec spec) {
    return spec.hasRank() && spec.rank() > 0 && isNamedBatch(spec.symbol(0));
  }

  private static boolean isNamedBatch(@Nullable String name) {
    return name != null && !isMadeUp(name) && BATCH.matcher(name).matches();
  }

  /** Whether an input has its batch axis, by name, in another place than the first. */
  private static boolean isSequenceFirst(Signature raw) {
    for (TensorSpec input : raw.inputs()) {
      for (int axis = 1; input.hasRank() && axis < input.rank(); axis++) {
        if (isNamedBatch(input.symbol(axis)) && !isNamedBatch(input)) {
          return true;
        }
      }
    }
    return false;
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

  /**
   * An output of unknown shape is given the benefit of the doubt: runs check its rows. A sequence
   * has none that could be checked.
   */
  private static boolean mayAgree(TensorSpec output, @Nullable String common) {
    if (output.type() == DataType.SEQUENCE) {
      return false;
    }
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
    for (TensorSpec output : raw.outputs()) {
      if (output.type() == DataType.SEQUENCE) {
        throw new IllegalArgumentException(
            "BatchAxis.LEADING: output "
                + output.name()
                + " is a sequence of tensors, which cannot be cut into one answer for each example;"
                + " load the model with BatchAxis.NONE");
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
