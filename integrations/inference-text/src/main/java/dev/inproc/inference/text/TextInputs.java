package dev.inproc.inference.text;

import dev.inproc.inference.ModelLoadException;
import dev.inproc.inference.tensor.DataType;
import dev.inproc.inference.tensor.Signature;
import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.TensorSpec;
import dev.inproc.inference.tensor.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * Makes a model's inputs of tokens. Thread-safe. A mask, types that are all zero and positions
 * depend on nothing but the number of tokens: they are made once for each number and shared.
 */
final class TextInputs {
  static final String IDS = "input_ids";
  static final String MASK = "attention_mask";
  static final String TYPES = "token_type_ids";
  static final String POSITIONS = "position_ids";
  private static final Set<String> KNOWN = Set.of(IDS, MASK, TYPES, POSITIONS);
  private static final int MOST_SHARED = 1024;

  private final List<String> names;
  private final DataType[] dataTypes;
  private final int fixedLength; // 0 if the model takes any length
  private final long padId;
  private final AtomicReferenceArray<Tensor @Nullable []> shared =
      new AtomicReferenceArray<>(MOST_SHARED);

  private TextInputs(List<TensorSpec> specs, int fixedLength, long padId) {
    names = specs.stream().map(TensorSpec::name).toList();
    dataTypes = specs.stream().map(TensorSpec::type).toArray(DataType[]::new);
    this.fixedLength = fixedLength;
    this.padId = padId;
  }

  /**
   * Returns the inputs of a model.
   *
   * @param signature of one example
   * @throws ModelLoadException if it has an input that is not made of tokens
   */
  static TextInputs of(String model, Signature signature, long padId) {
    int fixedLength = 0;
    boolean hasIds = false;
    for (TensorSpec spec : signature.inputs()) {
      boolean fits =
          KNOWN.contains(spec.name())
              && (spec.type() == DataType.INT64 || spec.type() == DataType.INT32)
              && spec.hasRank()
              && spec.rank() == 1;
      if (!fits) {
        throw new ModelLoadException(
            model,
            "expected inputs "
                + List.of(IDS, MASK, TYPES, POSITIONS)
                + " of INT64 or INT32[batch, tokens], got "
                + spec
                + " (one example's shape)",
            null);
      }
      hasIds |= spec.name().equals(IDS);
      if (spec.dim(0) > 0) {
        fixedLength = Math.toIntExact(spec.dim(0));
      }
    }
    if (!hasIds) {
      throw new ModelLoadException(
          model, "expected an input " + IDS + ", got " + signature.inputs(), null);
    }
    return new TextInputs(signature.inputs(), fixedLength, padId);
  }

  /** Returns how many tokens the model takes in each run, or 0 if any number. */
  int fixedLength() {
    return fixedLength;
  }

  /** Returns the inputs of one run. */
  Tensors of(Tokens tokens) {
    int count = tokens.ids.length;
    Tensor[] plain = plain(count);
    Tensor[] all = new Tensor[names.size()];
    for (int i = 0; i < all.length; i++) {
      long[] values =
          switch (names.get(i)) {
            case IDS -> tokens.ids;
            case TYPES -> tokens.types;
            default -> null;
          };
      all[i] = values == null ? plain[i] : tensor(values, i);
    }
    return Tensors.of(names, all);
  }

  private Tensor[] plain(int count) {
    Tensor[] made = count < MOST_SHARED ? shared.get(count) : null;
    if (made == null) {
      made = new Tensor[names.size()];
      for (int i = 0; i < made.length; i++) {
        long[] values = new long[count];
        if (names.get(i).equals(MASK)) {
          Arrays.fill(values, 1);
        } else if (names.get(i).equals(POSITIONS)) {
          Arrays.setAll(values, at -> at);
        }
        made[i] = tensor(values, i);
      }
      if (count < MOST_SHARED) {
        shared.set(count, made);
      }
    }
    return made;
  }

  private Tensor tensor(long[] values, int input) {
    long[] all = values;
    if (fixedLength > values.length) {
      all = Arrays.copyOf(values, fixedLength);
      if (names.get(input).equals(IDS)) {
        Arrays.fill(all, values.length, fixedLength, padId);
      }
    }
    if (dataTypes[input] == DataType.INT64) {
      return Tensor.of(all);
    }
    int[] ints = new int[all.length];
    for (int i = 0; i < ints.length; i++) {
      ints[i] = Math.toIntExact(all[i]);
    }
    return Tensor.of(ints);
  }

  /** Returns the names of the inputs. */
  List<String> names() {
    return new ArrayList<>(names);
  }
}
