package dev.inproc.inference.text;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Reads the tokens of a long text piece by piece, so that the time is in proportion to the text's
 * length, which it is not within the tokenizer, and so that a call can end between two pieces. A
 * text is cut before a space between two letters or digits. Whether the pieces of a text have the
 * tokens of the whole is found out at load; if they do not, a text is read whole. Thread-safe.
 */
final class TextPieces {
  private static final int PIECE = 4096;
  private static final String PROBE =
      "The quick brown Fox, jumps over 13 lazy dogs and 4 más; don't stop here now: résumé of it";

  private final NativeTokenizer tokenizer;
  private final boolean mayCut;

  TextPieces(NativeTokenizer tokenizer) {
    this.tokenizer = tokenizer;
    mayCut = areAsTheWhole(tokenizer, PROBE);
  }

  private static boolean areAsTheWhole(NativeTokenizer tokenizer, String text) {
    long[] whole = tokenizer.ids(text);
    for (int cut = cut(text, 1); cut < text.length(); cut = cut(text, cut + 1)) {
      long[] first = tokenizer.ids(text.substring(0, cut));
      long[] second = tokenizer.ids(text.substring(cut));
      long[] both = Arrays.copyOf(first, first.length + second.length);
      System.arraycopy(second, 0, both, first.length, second.length);
      if (!Arrays.equals(whole, both)) {
        return false;
      }
    }
    return true;
  }

  /** Returns the first place to cut from an index on; the text's end if there is none. */
  private static int cut(String text, int from) {
    for (int i = Math.max(1, from); i < text.length() - 1; i++) {
      if (text.charAt(i) == ' '
          && Character.isLetterOrDigit(text.charAt(i - 1))
          && Character.isLetterOrDigit(text.charAt(i + 1))) {
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
    if (!mayCut || text.length() < 2 * PIECE) {
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
