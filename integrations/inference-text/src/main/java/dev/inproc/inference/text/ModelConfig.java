package dev.inproc.inference.text;

import dev.inproc.inference.ModelLoadException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What a model's files say of its use, in the layout of sentence-transformers and of Hugging Face.
 *
 * @param pooling null if no file says it
 * @param normalized null if no file says it
 * @param maxTokens 0 if no file says it
 * @param maxTokensSource which file says it
 * @param positions the most tokens that the model can read; 0 if no file says it
 * @param isLowerCased whether texts are made lower case before they are tokenized
 * @param prompts prefixes by their names
 * @param defaultPrompt the name of the prompt that is used where none is named, or null
 * @param padToken the padding token's text, or null
 * @param padId the padding token's number; -1 if no file says it
 */
record ModelConfig(
    @Nullable Pooling pooling,
    @Nullable Boolean normalized,
    int maxTokens,
    String maxTokensSource,
    int positions,
    boolean isLowerCased,
    Map<String, String> prompts,
    @Nullable String defaultPrompt,
    @Nullable String padToken,
    long padId) {
  static final String CONFIG = "config.json";
  static final String POOLING = "1_Pooling/config.json";
  static final String MODULES = "modules.json";
  private static final String POOL_AS =
      "; to pool in another way than the file says, set TextOptions.pooling";
  private static final String SENTENCE_BERT = "sentence_bert_config.json";
  private static final String SENTENCE_TRANSFORMERS = "config_sentence_transformers.json";
  private static final String TOKENIZER_CONFIG = "tokenizer_config.json";

  /** Tokenizers whose maker set no limit state one of about 1e30. */
  private static final long MOST_TOKENS = 1_000_000;

  /** Their positions count from behind the padding token's number. */
  private static final Set<String> OFFSET_TYPES =
      Set.of(
          "roberta",
          "roberta-prelayernorm",
          "xlm-roberta",
          "xlm-roberta-xl",
          "camembert",
          "data2vec-text",
          "ibert",
          "luke",
          "mpnet",
          "longformer");

  /**
   * Reads the files of a model.
   *
   * @param options what they say is not read from the files
   * @param isEncoder whether the model gives vectors
   */
  static ModelConfig read(TextModel model, TextOptions options, boolean isEncoder) {
    ConfigFile config = ConfigFile.read(model, CONFIG);
    ConfigFile sentenceBert = ConfigFile.read(model, SENTENCE_BERT);
    ConfigFile prompts = ConfigFile.read(model, SENTENCE_TRANSFORMERS);
    ConfigFile tokenizer = ConfigFile.read(model, TOKENIZER_CONFIG);
    Long padId = config.whole("pad_token_id", -1, Integer.MAX_VALUE);
    int maxTokens = sentenceLimit(sentenceBert);
    String source = SENTENCE_BERT;
    if (maxTokens == 0) {
      Number stated = tokenizer.number("model_max_length");
      source = TOKENIZER_CONFIG;
      if (stated != null && stated.doubleValue() >= 1 && stated.doubleValue() <= MOST_TOKENS) {
        maxTokens = stated.intValue();
      }
    }
    Boolean lower = sentenceBert.truth("do_lower_case");
    Map<String, String> stated = prompts(prompts);
    return new ModelConfig(
        (isEncoder && options.pooling() == null)
            ? pooling(ConfigFile.read(model, POOLING), hasPrompts(stated, options))
            : null,
        (isEncoder && options.normalized() == null)
            ? normalized(ConfigFile.read(model, MODULES))
            : null,
        maxTokens,
        source,
        positions(config, padId),
        lower != null && lower,
        stated,
        prompts.string("default_prompt_name"),
        padToken(tokenizer),
        padId == null ? -1 : padId);
  }

  private static boolean hasPrompts(Map<String, String> stated, TextOptions options) {
    return Stream.concat(
            stated.values().stream(), Stream.of(options.queryPrefix(), options.passagePrefix()))
        .anyMatch(prompt -> prompt != null && !prompt.isEmpty());
  }

  private static int sentenceLimit(ConfigFile sentenceBert) {
    Long stated = sentenceBert.whole("max_seq_length", 1, MOST_TOKENS);
    return stated == null ? 0 : stated.intValue();
  }

  private static int positions(ConfigFile config, @Nullable Long padId) {
    Long stated = config.whole("max_position_embeddings", 1, Integer.MAX_VALUE);
    if (stated == null) {
      return 0;
    }
    String type = config.string("model_type");
    long offset = type != null && OFFSET_TYPES.contains(type) ? (padId == null ? 1 : padId) + 1 : 0;
    return (int) Math.max(1, stated - Math.max(0, offset));
  }

  private static @Nullable Pooling pooling(ConfigFile file, boolean hasPrompts) {
    if (!file.exists()) {
      return null;
    }
    if (hasPrompts && Boolean.FALSE.equals(file.truth("include_prompt"))) {
      throw file.failure("expected prompts to be pooled, got include_prompt false" + POOL_AS);
    }
    String named = file.string("pooling_mode");
    if (named != null) {
      return switch (named) {
        case "mean" -> Pooling.MEAN;
        case "cls" -> Pooling.CLS;
        case "lasttoken" -> Pooling.LAST_TOKEN;
        default ->
            throw file.failure(
                "expected pooling_mode mean, cls or lasttoken, got \"" + named + "\"" + POOL_AS);
      };
    }
    Map<String, Pooling> known = new LinkedHashMap<>();
    known.put("pooling_mode_mean_tokens", Pooling.MEAN);
    known.put("pooling_mode_cls_token", Pooling.CLS);
    known.put("pooling_mode_lasttoken", Pooling.LAST_TOKEN);
    List<String> on = new ArrayList<>(known.keySet());
    on.addAll(
        List.of(
            "pooling_mode_max_tokens",
            "pooling_mode_mean_sqrt_len_tokens",
            "pooling_mode_weightedmean_tokens"));
    on.removeIf(mode -> !Boolean.TRUE.equals(file.truth(mode)));
    if (on.size() == 1 && known.containsKey(on.get(0))) {
      return known.get(on.get(0));
    }
    throw file.failure(
        "expected one pooling of " + known.keySet() + " to be true, got " + on + POOL_AS);
  }

  private static @Nullable Boolean normalized(ConfigFile modules) {
    if (!modules.exists()) {
      return null;
    }
    if (!(modules.content() instanceof List<?> list)) {
      throw modules.failure("expected an array of modules");
    }
    for (Object module : list) {
      Object type = module instanceof Map<?, ?> map ? map.get("type") : null;
      if (!(type instanceof String name)) {
        throw modules.failure("expected modules with a \"type\", got " + module);
      }
      String last = name.substring(name.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT);
      if (last.equals("normalize")) {
        return true;
      }
      if (!last.equals("transformer") && !last.equals("pooling")) {
        throw modules.failure(
            "expected the modules Transformer, Pooling and Normalize, got " + name);
      }
    }
    return false;
  }

  private static Map<String, String> prompts(ConfigFile file) {
    Map<String, ?> stated = file.object("prompts");
    if (stated == null) {
      return Map.of();
    }
    Map<String, String> prompts = new LinkedHashMap<>();
    for (String name : stated.keySet()) {
      prompts.put(name, stated.get(name) == null ? "" : file.string(stated, name));
    }
    return prompts;
  }

  private static @Nullable String padToken(ConfigFile tokenizer) {
    if (!tokenizer.exists()) {
      return null;
    }
    if (!(tokenizer.content() instanceof Map<?, ?> members)) {
      throw tokenizer.failure("expected an object");
    }
    Object stated = members.get("pad_token");
    if (stated instanceof Map<?, ?> token) {
      stated = token.get("content");
    }
    if (stated == null || stated instanceof String) {
      return (String) stated;
    }
    throw tokenizer.failure("pad_token: expected a string, got " + stated);
  }

  /**
   * Returns what stands before a text of a kind, by the first of these names that there is, else
   * what stands before a text of no kind.
   */
  String prompt(String model, String... names) {
    for (String name : names) {
      String prompt = prompts.get(name);
      if (prompt != null) {
        return prompt;
      }
    }
    return plainPrompt(model);
  }

  /** Returns what stands before a text of no kind. */
  String plainPrompt(String model) {
    if (defaultPrompt == null) {
      return "";
    }
    String prompt = prompts.get(defaultPrompt);
    if (prompt == null) {
      throw new ModelLoadException(
          model,
          SENTENCE_TRANSFORMERS
              + ": default_prompt_name is \""
              + defaultPrompt
              + "\", which prompts lacks",
          null);
    }
    return prompt;
  }
}
