package dev.inproc.inference.text;

import dev.inproc.inference.InvalidInputException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Makes windows of tokens of texts. Thread-safe. */
final class TextTokenizer {
  private final NativeTokenizer tokenizer;
  private final TokenTemplate single;
  private final TokenTemplate pair;
  private final int maxTokens;
  private final LongTexts longTexts;
  private final boolean isLowerCased;

  TextTokenizer(
      String name,
      NativeTokenizer tokenizer,
      int maxTokens,
      LongTexts longTexts,
      boolean isLowerCased) {
    this.tokenizer = tokenizer;
    this.maxTokens = maxTokens;
    this.longTexts = longTexts;
    this.isLowerCased = isLowerCased;
    single = TokenTemplate.single(tokenizer, name);
    pair = TokenTemplate.pair(tokenizer, name);
  }

  private long[] ids(String text) {
    return tokenizer.ids(cased(text));
  }

  private String cased(String text) {
    return isLowerCased ? text.toLowerCase(Locale.ROOT) : text;
  }

  /** Returns a text's tokens. */
  TokenizedText tokenize(String text) {
    int most = maxTokens - single.length();
    boolean mayBeSplit = longTexts == LongTexts.SPLIT_AND_AVERAGE;
    NativeTokenizer.TextTokens tokens =
        tokenizer.tokens(cased(text), mayBeSplit ? most : Integer.MAX_VALUE);
    long[] ids = tokens.ids();
    if (ids.length + single.length() == 0) {
      throw new InvalidInputException("text", "a text of at least one token", "none");
    }
    if (ids.length <= most) {
      return TokenizedText.of(single.around(ids, 0, ids.length), false);
    }
    return switch (longTexts) {
      case TRUNCATE -> TokenizedText.of(single.around(ids, 0, most), true);
      case SPLIT_AND_AVERAGE -> split(ids, tokens.wordIds(), most);
      case REFUSE -> throw tooLong(ids.length + single.length());
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
      windows.add(single.around(ids, from, to));
      from = to;
    }
    return new TokenizedText(windows, false);
  }

  /** Returns the tokens of a pair; of the longer text, fewer where there are too many. */
  TokenizedText tokenize(TextPair texts) {
    long[] first = ids(texts.first());
    long[] second = ids(texts.second());
    int most = maxTokens - pair.length();
    if (first.length + second.length <= most) {
      return TokenizedText.of(pair.around(first, first.length, second, second.length), false);
    }
    if (longTexts == LongTexts.REFUSE) {
      throw tooLong(first.length + second.length + pair.length());
    }
    int half = most / 2;
    int firstLength = first.length;
    int secondLength = second.length;
    if (firstLength <= half) {
      secondLength = most - firstLength;
    } else if (secondLength <= half) {
      firstLength = most - secondLength;
    } else {
      secondLength = half;
      firstLength = most - half;
    }
    return TokenizedText.of(pair.around(first, firstLength, second, secondLength), true);
  }

  private InvalidInputException tooLong(int tokens) {
    return new InvalidInputException(
        "text",
        "at most "
            + maxTokens
            + " tokens, special tokens included; TextOptions.longTexts and maxTokens change that",
        tokens + " tokens");
  }

  /** Returns how many tokens a text has, special tokens included, however many are read. */
  int count(String text) {
    return ids(text).length + single.length();
  }
}
