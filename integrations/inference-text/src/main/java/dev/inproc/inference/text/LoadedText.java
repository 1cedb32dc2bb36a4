package dev.inproc.inference.text;

import dev.inproc.inference.EngineException;
import dev.inproc.inference.ModelLoadException;
import dev.inproc.inference.Predictor;
import dev.inproc.inference.batch.Batching;
import dev.inproc.inference.engine.Engine;
import dev.inproc.inference.engine.ModelSource;
import dev.inproc.inference.engine.Session;
import dev.inproc.inference.engine.SessionOptions;
import dev.inproc.inference.onnx.OnnxEngine;
import dev.inproc.inference.tensor.Signature;
import dev.inproc.inference.tensor.Tensors;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.function.Function;

/**
 * A model that has been loaded with its tokenizer, and what was found out about it.
 *
 * @param inner the model
 * @param output the output that is used
 * @param maxTokens the most tokens of one run, and where that number is from
 */
record LoadedText(
    TextModel model,
    TextOptions options,
    ModelConfig config,
    NativeTokenizer tokenizer,
    Predictor<Tensors, Tensors> inner,
    TextOutput output,
    TextInputs inputs,
    TokenLimit maxTokens) {
  private static final int MAX_BATCH_SIZE = 32;

  /** Returns the model's name. */
  String name() {
    return model.name();
  }

  /** Returns what makes tokens of texts. */
  TextTokenizer texts() {
    return tokenizer(TokenTemplate.single(tokenizer, name()));
  }

  /** Returns what makes tokens of pairs of texts. */
  TextTokenizer pairs() {
    return tokenizer(TokenTemplate.pair(tokenizer, name()));
  }

  private TextTokenizer tokenizer(TokenTemplate template) {
    maxTokens.checkRoom(name(), template.length());
    return new TextTokenizer(
        tokenizer, template, maxTokens.tokens(), options.longTexts(), config.isLowerCased());
  }

  /**
   * Loads a model and makes something of it, which owns the model and the tokenizer; if that fails,
   * both are closed.
   *
   * @param isEncoder whether the model gives vectors, and not scores
   */
  static <P> P load(
      TextModel model, TextOptions options, boolean isEncoder, Function<LoadedText, P> build) {
    return withTokenizer(
        model,
        options,
        isEncoder,
        (config, tokenizer) -> {
          long padId = padId(config, tokenizer);
          Engine engine = options.engine() == null ? new OnnxEngine() : options.engine();
          Session session = engine.load(model.model(), sessionOptions(options, padId));
          boolean isDone = false;
          try {
            TextOutput output = output(model, session.signature(), options, isEncoder);
            Session used =
                session.signature().outputs().size() == 1
                    ? session
                    : session.outputs(output.name());
            P made =
                build.apply(
                    of(
                        model,
                        options,
                        config,
                        tokenizer,
                        used.with(batching(options)),
                        output,
                        session.signature()));
            isDone = true;
            return made;
          } finally {
            if (!isDone) {
              session.close();
            }
          }
        });
  }

  /** Makes the same of a session that was loaded by itself. */
  static <P> P adapt(
      TextModel model,
      TextOptions options,
      boolean isEncoder,
      Predictor<Tensors, Tensors> inner,
      Function<LoadedText, P> build) {
    Signature signature =
        inner
            .find(Session.class)
            .orElseThrow(
                () ->
                    new IllegalArgumentException(
                        "Expected a predictor around a session, got " + inner))
            .signature();
    return withTokenizer(
        model,
        options,
        isEncoder,
        (config, tokenizer) ->
            build.apply(
                of(
                    model,
                    options,
                    config,
                    tokenizer,
                    inner,
                    output(model, signature, options, isEncoder),
                    signature)));
  }

  private interface WithTokenizer<P> {
    P make(ModelConfig config, NativeTokenizer tokenizer);
  }

  private static <P> P withTokenizer(
      TextModel model, TextOptions options, boolean isEncoder, WithTokenizer<P> body) {
    if (!isEncoder && options.longTexts() == LongTexts.SPLIT_AND_AVERAGE) {
      throw new ModelLoadException(
          model.name(),
          "expected TextOptions.longTexts of TRUNCATE or REFUSE for a model of scores, got "
              + options.longTexts()
              + ": scores are not averaged",
          null);
    }
    ModelConfig config = ModelConfig.read(model, options, isEncoder);
    ModelSource file = model.files().find(ModelFiles.TOKENIZER);
    if (file == null) {
      throw new ModelLoadException(
          model.name(), "no " + ModelFiles.TOKENIZER + " in " + model.files(), null);
    }
    String json = new String(ConfigFile.bytes(model, file), StandardCharsets.UTF_8);
    NativeTokenizer tokenizer = NativeTokenizer.open(model.name(), json);
    boolean isDone = false;
    try {
      P made = body.make(config, tokenizer);
      isDone = true;
      return made;
    } finally {
      if (!isDone) {
        tokenizer.close();
      }
    }
  }

  private static LoadedText of(
      TextModel model,
      TextOptions options,
      ModelConfig config,
      NativeTokenizer tokenizer,
      Predictor<Tensors, Tensors> inner,
      TextOutput output,
      Signature signature) {
    TextInputs inputs = TextInputs.of(model.name(), signature, padId(config, tokenizer));
    TokenLimit limit = TokenLimit.of(model.name(), options, config, inputs.fixedLength());
    LoadedText loaded =
        new LoadedText(model, options, config, tokenizer, inner, output, inputs, limit);
    if (!limit.isKnownToFit()) {
      loaded.tryLongest();
    }
    return loaded;
  }

  /** Runs the model on as many tokens as a text may have. */
  private void tryLongest() {
    long[] ids = new long[maxTokens.tokens()];
    Arrays.fill(ids, tokenizer.ids("a")[0]);
    try {
      inner.predict(inputs.of(new Tokens(ids, null, ids.length)));
    } catch (EngineException e) {
      throw new ModelLoadException(
          name(),
          "expected TextOptions.maxTokens of at most the positions that the model has, got "
              + maxTokens.tokens()
              + ", and a run of so many tokens failed: "
              + e.getMessage(),
          e);
    }
  }

  private static TextOutput output(
      TextModel model, Signature signature, TextOptions options, boolean isEncoder) {
    return isEncoder
        ? TextOutput.ofEncoder(model.name(), signature, options)
        : TextOutput.ofHead(model.name(), signature, options);
  }

  /** The options given; each of them that is not given has the parallelism of the other. */
  static Batching batching(TextOptions options) {
    Batching batching = options.batching();
    if (batching != null) {
      return batching;
    }
    SessionOptions session = options.session();
    return Batching.upTo(MAX_BATCH_SIZE)
        .withParallelism(
            session == null ? TextOptions.defaultParallelism() : session.parallelism());
  }

  static SessionOptions sessionOptions(TextOptions options, long padId) {
    SessionOptions.Builder builder =
        options.session() == null
            ? SessionOptions.builder().parallelism(batching(options).parallelism())
            : options.session().toBuilder();
    return builder
        .padIfPresent(TextInputs.IDS, (double) padId)
        .padIfPresent(TextInputs.MASK, 0)
        .padIfPresent(TextInputs.TYPES, 0)
        .padIfPresent(TextInputs.POSITIONS, 0)
        .build();
  }

  /** The mask hides padding, but a model may count positions by the padding token's number. */
  private static long padId(ModelConfig config, NativeTokenizer tokenizer) {
    if (config.padId() >= 0) {
      return config.padId();
    }
    String stated = config.padToken();
    String[] candidates = stated == null ? new String[] {"[PAD]", "<pad>"} : new String[] {stated};
    for (String candidate : candidates) {
      long[] ids = tokenizer.ids(candidate);
      if (ids.length == 1) {
        return ids[0];
      }
    }
    return 0;
  }
}
