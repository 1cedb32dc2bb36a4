package dev.inproc.inference.text;

import dev.inproc.inference.ModelLoadException;
import dev.inproc.inference.tensor.Signature;
import dev.inproc.inference.tensor.TensorSpec;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The output of a model that is used.
 *
 * @param name its name
 * @param isPooled whether it is one vector a text, not one a token
 * @param size the last dimension, -1 if the model leaves it open
 */
record TextOutput(String name, boolean isPooled, long size) {
  private static final List<String> OF_TOKENS = List.of("last_hidden_state", "token_embeddings");
  private static final List<String> OF_TEXTS = List.of("sentence_embedding");
  private static final List<String> LOGITS = List.of("logits");

  /**
   * Chooses among the outputs of an encoder: the output that the options name; a sentence's vector,
   * unless the options say how to pool; the tokens' vectors; the only output of either shape.
   *
   * @param signature of one example
   */
  static TextOutput ofEncoder(String model, Signature signature, TextOptions options) {
    TextOutput named = named(model, signature, options);
    if (named != null) {
      return named;
    }
    TensorSpec chosen = options.pooling() == null ? find(signature, OF_TEXTS, 1) : null;
    if (chosen == null) {
      chosen = find(signature, OF_TOKENS, 2);
    }
    if (chosen == null) {
      chosen = only(signature, 2);
    }
    if (chosen == null && signature.outputs().stream().noneMatch(spec -> hasRank(spec, 2))) {
      chosen = only(signature, 1);
    }
    return of(model, signature, chosen);
  }

  /** Chooses among the outputs of a model with a head: the one of one dimension. */
  static TextOutput ofHead(String model, Signature signature, TextOptions options) {
    TextOutput named = named(model, signature, options);
    if (named != null) {
      return named;
    }
    TensorSpec chosen = find(signature, LOGITS, 1);
    return of(model, signature, chosen == null ? only(signature, 1) : chosen);
  }

  private static @Nullable TextOutput named(
      String model, Signature signature, TextOptions options) {
    String name = options.output();
    if (name == null) {
      return null;
    }
    for (TensorSpec spec : signature.outputs()) {
      if (spec.name().equals(name)) {
        if (hasRank(spec, 1) || hasRank(spec, 2)) {
          return of(model, signature, spec);
        }
        throw failure(model, signature, "got TextOptions.output(\"" + name + "\") of other shape");
      }
    }
    throw failure(model, signature, "got TextOptions.output(\"" + name + "\")");
  }

  private static TextOutput of(String model, Signature signature, @Nullable TensorSpec spec) {
    if (spec == null) {
      throw failure(model, signature, "which is not clear; name it with TextOptions.output");
    }
    if (!spec.type().isFloatingPoint()) {
      throw failure(model, signature, "got one of " + spec.type());
    }
    return new TextOutput(spec.name(), spec.rank() == 1, spec.dim(spec.rank() - 1));
  }

  private static ModelLoadException failure(String model, Signature signature, String got) {
    return new ModelLoadException(
        model,
        "expected one output of floating-point numbers, [batch, tokens, size] or [batch, size], "
            + got
            + "; its outputs for one example are "
            + signature.outputs(),
        null);
  }

  private static @Nullable TensorSpec find(Signature signature, List<String> names, int rank) {
    for (String name : names) {
      for (TensorSpec spec : signature.outputs()) {
        if (spec.name().equals(name) && hasRank(spec, rank)) {
          return spec;
        }
      }
    }
    return null;
  }

  private static @Nullable TensorSpec only(Signature signature, int rank) {
    List<TensorSpec> all = signature.outputs().stream().filter(s -> hasRank(s, rank)).toList();
    return all.size() == 1 ? all.get(0) : null;
  }

  private static boolean hasRank(TensorSpec spec, int rank) {
    return spec.hasRank() && spec.rank() == rank;
  }
}
