package dev.inproc.inference.text;

import dev.inproc.inference.InvalidInputException;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads the tokens of a long text piece by piece, so that the time is in proportion to the text's
 * length, which it is not within the tokenizer, and so that a call can end between two pieces. A
 * text is cut between words, at places of a few kinds. Whether a tokenizer ends a word at a kind of
 * place, and reads the pieces as the whole, is found out at load; a text without such a place is
 * read whole. Thread-safe.
 */
final class TextPieces {
  private static final int PIECE = 4096;
  private static final String WORDS =
      "The quick brown Fox, jumps over 13 lazy dogs and 4 m\u00E1s; don't stop here now:"
          + " r\u00E9sum\u00E9 of it";
  private static final String SEPARATORS = ",;";
  private static final String MARKS = ",;.:!?";

  /** A kind of place to cut before a character. */
  private enum Cut {
    SPACE(WORDS),
    LINE_BREAK(WORDS.replace(' ', '\n')),
    TAB(WORDS.replace(' ', '\t')),
    SEPARATOR("12,13;14,000,a,b;The,brown,s;t,re,1"),
    SPACE_AFTER_SEPARATOR("12, 13; 14, 000, a, b; The, brown, s; t"),
    BETWEEN_MARKS("a!? b?! c... d,, e;; f:: .,;:!?"),
    BETWEEN_IDEOGRAPHS(
        "\u6211\u4EEC\u4E2D\u56FD\u4E00\u4E2A\u6CA1\u6709\u53EF\u4EE5\u4EC0\u4E48\u7684\u4EBA");

    /** A text that has such places. */
    final String probe;

    Cut(String probe) {
      this.probe = probe;
    }

    /** Returns the kind of the place before a character, or null if it is none. */
    static @Nullable Cut before(String text, int at) {
      if (at < 1 || at >= text.length()) {
        return null;
      }
      char before = text.charAt(at - 1);
      char here = text.charAt(at);
      if (isIdeograph(here)) {
        return isIdeograph(before) ? BETWEEN_IDEOGRAPHS : null;
      }
      if (MARKS.indexOf(here) >= 0 && MARKS.indexOf(before) >= 0) {
        return BETWEEN_MARKS;
      }
      if (at + 1 == text.length() || !Character.isLetterOrDigit(text.charAt(at + 1))) {
        return null;
      }
      if (here == ' ' && SEPARATORS.indexOf(before) >= 0) {
        return SPACE_AFTER_SEPARATOR;
      }
      if (!Character.isLetterOrDigit(before)) {
        return null;
      }
      return switch (here) {
        case ' ' -> SPACE;
        case '\n' -> LINE_BREAK;
        case '\t' -> TAB;
        case ',', ';' -> SEPARATOR;
        default -> null;
      };
    }

    private static boolean isIdeograph(char c) {
      return c >= '\u4E00' && c <= '\u9FFF';
    }
  }

  private final NativeTokenizer tokenizer;
  private final Set<Cut> allowed = EnumSet.noneOf(Cut.class);

  TextPieces(NativeTokenizer tokenizer) {
    this.tokenizer = tokenizer;
    for (Cut kind : Cut.values()) {
      if (areAsTheWhole(tokenizer, kind)) {
        allowed.add(kind);
      }
    }
  }

  private static boolean areAsTheWhole(NativeTokenizer tokenizer, Cut kind) {
    String text = kind.probe;
    try {
      NativeTokenizer.TextTokens whole = tokenizer.tokens(text, -1);
      long[] words = whole.wordIds();
      for (int cut = 1; cut < text.length(); cut++) {
        if (Cut.before(text, cut) != kind) {
          continue;
        }
        long[] first = tokenizer.ids(text.substring(0, cut));
        long[] second = tokenizer.ids(text.substring(cut));
        long[] both = Arrays.copyOf(first, first.length + second.length);
        System.arraycopy(second, 0, both, first.length, second.length);
        if (words == null
            || first.length == 0
            || second.length == 0
            || !Arrays.equals(whole.ids(), both)
            || words[first.length - 1] == words[first.length]) {
          return false;
        }
      }
      return true;
    } catch (InvalidInputException e) {
      return false; // it lacks a token for what it does not know
    }
  }

  /** Returns the first place to cut from an index on; the text's end if there is none. */
  private int cut(String text, int from) {
    for (int i = from; i < text.length(); i++) {
      Cut kind = Cut.before(text, i);
      if (kind != null && allowed.contains(kind)) {
        return i;
      }
    }
    return text.length();
  }

  /**
   * Returns the tokens of a text, without special tokens.
   *
   * @param enough how many tokens are wanted; there may be more
   * @param wordsBeyond the words that tokens are of are wanted if there are more tokens than that
   * @param progress asked between pieces
   */
  NativeTokenizer.TextTokens read(String text, int enough, int wordsBeyond, Progress progress) {
    if (text.length() < 2 * PIECE) {
      return tokenizer.tokens(text, wordsBeyond);
    }
    boolean hasWords = wordsBeyond < Integer.MAX_VALUE;
    long[] ids = new long[PIECE / 2];
    long @Nullable [] words = hasWords ? new long[ids.length] : null;
    int count = 0;
    long word = 0;
    int from = 0;
    while (from < text.length() && count <= enough) {
      int to = cut(text, from + PIECE);
      NativeTokenizer.TextTokens piece =
          tokenizer.tokens(text.substring(from, to), hasWords ? -1 : Integer.MAX_VALUE);
      int more = piece.ids().length;
      if (count + more > ids.length) {
        int length = Math.max(count + more, 2 * ids.length);
        ids = Arrays.copyOf(ids, length);
        words = words == null ? null : Arrays.copyOf(words, length);
      }
      System.arraycopy(piece.ids(), 0, ids, count, more);
      long[] pieceWords = piece.wordIds();
      if (words != null && pieceWords != null) {
        long last = -1;
        for (int i = 0; i < more; i++) {
          last = Math.max(last, pieceWords[i]);
          words[count + i] = pieceWords[i] < 0 ? -1 : word + pieceWords[i];
        }
        word += last + 1;
      }
      count += more;
      from = to;
      progress.check();
    }
    return new NativeTokenizer.TextTokens(
        Arrays.copyOf(ids, count), words == null ? null : Arrays.copyOf(words, count));
  }
}
