package dev.inproc.inference.cache.text;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * A text cut at white space, without the punctuation around each part. Words that hyphens join are
 * cut too. Made in one pass.
 */
public final class Tokens {
  /** Up to this share of words with capitals, a capital is a sign of a name. */
  private static final double CAPITALS_SAY_SOMETHING = 0.6;

  private static final String NO_TRIM = "+-$€£¥%°#";

  /**
   * A part of a text.
   *
   * @param text as written
   * @param lower in small letters
   * @param startsSentence whether a sentence begins here
   */
  record Token(String text, String lower, boolean startsSentence) {
    boolean hasDigit() {
      return text.codePoints().anyMatch(Character::isDigit);
    }
  }

  private final List<Token> all = new ArrayList<>();
  private final Set<String> words = new HashSet<>();

  private Tokens() {}

  public static Tokens of(String text) {
    Tokens tokens = new Tokens();
    int length = text.length();
    boolean starts = true;
    for (int at = 0; at < length; ) {
      int end = at;
      while (end < length && !isSpace(text.charAt(end))) {
        end++;
      }
      if (end > at) {
        boolean added = tokens.addChunk(text, at, end, starts);
        starts = endsSentence(text.charAt(end - 1)) || (starts && !added);
      }
      at = end + 1;
    }
    return tokens;
  }

  private static boolean isSpace(char c) {
    return Character.isWhitespace(c) || Character.isSpaceChar(c);
  }

  private static boolean endsSentence(char c) {
    return c == '.' || c == '!' || c == '?' || c == ':' || c == '。';
  }

  /** Adds what white space surrounds; returns whether anything was left of it. */
  private boolean addChunk(String text, int from, int to, boolean starts) {
    int start = from;
    int end = to;
    while (start < end && isAround(text, start)) {
      start++;
    }
    while (end > start && isAround(text, end - 1)) {
      end--;
    }
    boolean first = starts;
    boolean address = isAddress(text, start, end);
    int cut = start;
    for (int i = start; i < end; i++) {
      char c = text.charAt(i);
      boolean between = i > cut && i + 1 < end;
      boolean joins = c == '-' || c == '–' || c == ',' || c == ';' || c == '/';
      if (between
          && joins
          && !address
          && Character.isLetter(text.charAt(i - 1))
          && Character.isLetter(text.charAt(i + 1))) {
        add(text.substring(cut, i), first);
        first = false;
        cut = i + 1;
      }
    }
    if (end > cut) {
      add(text.substring(cut, end), first);
    }
    return end > start;
  }

  private static boolean isAddress(String text, int from, int to) {
    for (int i = from; i < to; i++) {
      if (text.charAt(i) == '@' || text.startsWith("://", i)) {
        return true;
      }
    }
    return false;
  }

  private static boolean isAround(String text, int at) {
    char c = text.charAt(at);
    return !Character.isLetterOrDigit(c)
        && !Character.isSurrogate(c)
        && NO_TRIM.indexOf(c) < 0
        && Character.getType(c) != Character.NON_SPACING_MARK
        && Character.getType(c) != Character.COMBINING_SPACING_MARK;
  }

  private void add(String text, boolean starts) {
    String plain = text.indexOf('’') < 0 ? text : text.replace('’', '\'');
    if (plain.endsWith("'s") || plain.endsWith("'S")) {
      plain = plain.substring(0, plain.length() - 2);
    }
    if (!plain.isEmpty()) {
      String lower = plain.toLowerCase(Locale.ROOT);
      all.add(new Token(plain, lower, starts));
      words.add(lower);
    }
  }

  List<Token> all() {
    return all;
  }

  /** Returns whether a word occurs, in whatever case. */
  boolean mentions(String lower) {
    return words.contains(lower);
  }

  Set<String> words() {
    return words;
  }

  /** Returns whether most words are small, so that a capital is a sign of a name. */
  boolean capitalsAreNames() {
    int letters = 0;
    int capitals = 0;
    for (Token token : all) {
      int first = token.text.codePointAt(0);
      if (!token.startsSentence && Character.isLetter(first) && !token.text.equals("I")) {
        letters++;
        capitals += Character.isUpperCase(first) ? 1 : 0;
      }
    }
    return capitals <= 2 || capitals <= CAPITALS_SAY_SOMETHING * letters;
  }

  /** Returns a word without the s of a plural. */
  static String singular(String lower) {
    int n = lower.length();
    boolean plural = n > 3 && lower.charAt(n - 1) == 's' && lower.charAt(n - 2) != 's';
    return plural ? lower.substring(0, n - 1) : lower;
  }
}
