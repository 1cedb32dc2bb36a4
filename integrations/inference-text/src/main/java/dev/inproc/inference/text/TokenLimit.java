package dev.inproc.inference.text;

import dev.inproc.inference.ModelLoadException;

/**
 * The most tokens of one run.
 *
 * @param tokens how many, special tokens included
 * @param source where that number is from
 * @param isKnownToFit false if the number is large and no file says how many the model can read
 */
record TokenLimit(int tokens, String source, boolean isKnownToFit) {
  private static final int DEFAULT = 512;

  /**
   * Returns the limit that the options state, else the files, else 512; never more than the model
   * can read.
   *
   * @param fixedLength how many tokens the model takes in each run, or 0 if any number
   */
  static TokenLimit of(String model, TextOptions options, ModelConfig config, int fixedLength) {
    int positions = config.positions() == 0 ? Integer.MAX_VALUE : config.positions();
    int most = fixedLength == 0 ? positions : Math.min(positions, fixedLength);
    if (options.maxTokens() > 0) {
      if (options.maxTokens() > most) {
        throw new ModelLoadException(
            model,
            "expected TextOptions.maxTokens of at most "
                + most
                + (most == fixedLength
                    ? ", the length of the model's input"
                    : ", the positions of " + ModelConfig.CONFIG)
                + ", got "
                + options.maxTokens(),
            null);
      }
      return new TokenLimit(
          options.maxTokens(),
          "TextOptions.maxTokens",
          most < Integer.MAX_VALUE || options.maxTokens() <= DEFAULT);
    }
    TokenLimit stated =
        config.maxTokens() > 0
            ? new TokenLimit(config.maxTokens(), config.maxTokensSource(), true)
            : most == Integer.MAX_VALUE
                ? new TokenLimit(DEFAULT, "the default", true)
                : new TokenLimit(most, ModelConfig.CONFIG, true);
    return stated.tokens() <= most
        ? stated
        : new TokenLimit(
            most, most == fixedLength ? "the model's input" : ModelConfig.CONFIG, true);
  }

  /** Checks that a run has a token of a text besides the special tokens. */
  void checkRoom(String model, int specialTokens) {
    if (tokens <= specialTokens) {
      throw new ModelLoadException(
          model,
          "expected at most "
              + this
              + " tokens to leave room for a text, got "
              + specialTokens
              + " special tokens; TextOptions.maxTokens sets another limit",
          null);
    }
  }

  @Override
  public String toString() {
    return tokens + " (" + source + ")";
  }
}
