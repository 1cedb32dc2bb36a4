package dev.inproc.inference.text;

import dev.inproc.inference.InvalidInputException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Makes windows of tokens of texts. Thread-safe. */
final class TextTokenizer {
  private static final int ALL = Integer.MAX_VALUE;

  private final TextPieces pieces;
  private final TokenTemplate template;
  private final int maxTokens;
  private final LongTexts longTexts;
  private final boolean isLowerCased;

  /**
   * Creates one.
   *
   * @param template of one text, or of two
   */
  TextTokenizer(
      NativeTokenizer tokenizer,
      TokenTemplate template,
      int maxTokens,
      LongTexts longTexts,
      boolean isLowerCased) {
    pieces = new TextPieces(tokenizer);
    this.template = template;
    this.maxTokens = maxTokens;
    this.longTexts = longTexts;
    this.isLowerCased = isLowerCased;
  }

  private NativeTokenizer.TextTokens read(
      String text, int enough, int wordsBeyond, Progress progress) {
    return pieces.read(
        isLowerCased ? text.toLowerCase(Locale.ROOT) : text, enough, wordsBeyond, progress);
  }

  /** Returns a text's tokens. */
  TokenizedText tokenize(String text, Progress progress) {
    int most = maxTokens - template.length();
    boolean mayBeSplit = longTexts == LongTexts.SPLIT_AND_AVERAGE;
    NativeTokenizer.TextTokens tokens =
        read(text, mayBeSplit ? ALL : most, mayBeSplit ? most : ALL, progress);
    long[] ids = tokens.ids();
    if (ids.length + template.length() == 0) {
      throw new InvalidInputException("text", "a text of at least one token", "none");
    }
    if (ids.length <= most) {
      return TokenizedText.of(template.around(ids, 0, ids.length), false);
    }
    return switch (longTexts) {
      case TRUNCATE -> TokenizedText.of(template.around(ids, 0, most), true);
      case SPLIT_AND_AVERAGE -> split(ids, tokens.wordIds(), most);
      case REFUSE -> throw tooLong();
    };
  }

  /** Splits between words, but for words that no window holds. */
  private TokenizedText split(long[] ids, long @Nullable [] wordIds, int most) {
    List<Tokens> windows = new ArrayList<>();
    int from = 0;
    while (from < ids.length) {
      int to = Math.min(ids.length, from + most);
      if (to < ids.length && wordIds != null) {
        int start = to;
        while (start > from && wordIds[start] >= 0 && wordIds[start] == wordIds[start - 1]) {
          start--;
        }
        to = start > from ? start : to;
      }
      windows.add(template.around(ids, from, to));
      from = to;
    }
    return new TokenizedText(windows, false);
  }

  /** Returns the tokens of a pair; of the longer text, fewer where there are too many. */
  TokenizedText tokenize(TextPair texts, Progress progress) {
    long[] first = read(texts.first(), ALL, ALL, progress).ids();
    long[] second = read(texts.second(), ALL, ALL, progress).ids();
    int most = maxTokens - template.length();
    if (first.length + second.length <= most) {
      return TokenizedText.of(template.around(first, first.length, second, second.length), false);
    }
    if (longTexts == LongTexts.REFUSE) {
      throw tooLong();
    }
    int half = most / 2;
    int shorter = Math.min(first.length, second.length);
    shorter = shorter <= half ? shorter : half;
    int longer = most - shorter;
    return TokenizedText.of(
        first.length > second.length
            ? template.around(first, longer, second, shorter)
            : template.around(first, shorter, second, longer),
        true);
  }

  private InvalidInputException tooLong() {
    return new InvalidInputException(
        "text",
        "at most "
            + maxTokens
            + " tokens, special tokens included; TextOptions.longTexts and maxTokens change that",
        "more");
  }

  /** Returns how many tokens a text has, special tokens included, however many are read. */
  int count(String text) {
    return read(text, ALL, ALL, Progress.ANY).ids().length + template.length();
  }
}
