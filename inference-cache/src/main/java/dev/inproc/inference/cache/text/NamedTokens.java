package dev.inproc.inference.cache.text;

/** Names and codes. */
public final class NamedTokens {
  private NamedTokens() {}

  public static boolean differ(Tokens a, Tokens b) {
    return lacks(a, b) || lacks(b, a);
  }

  /** Returns whether the first names something that the second does not mention. */
  private static boolean lacks(Tokens a, Tokens b) {
    boolean capitals = a.capitalsAreNames();
    for (Tokens.Token token : a.all()) {
      if ((isCode(token, capitals) || (capitals && isCapitalized(token)))
          && !b.mentions(token.lower())) {
        return true;
      }
    }
    return false;
  }

  private static boolean isCapitalized(Tokens.Token token) {
    String text = token.text();
    return !token.startsSentence()
        && Character.isUpperCase(text.codePointAt(0))
        && !text.equals("I")
        && !text.startsWith("I'")
        && !Words.FUNCTION_WORDS.contains(token.lower())
        && !Numbers.isNumberWord(token.lower());
  }

  /** Returns whether a token is written as no word is: letters with digits, signs, capitals. */
  private static boolean isCode(Tokens.Token token, boolean capitals) {
    String text = token.text();
    int letters = 0;
    int digits = 0;
    int upper = 0;
    boolean inside = false;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (Character.isDigit(c)) {
        digits++;
      } else if (Character.isLetter(c)) {
        letters++;
        upper += Character.isUpperCase(c) ? 1 : 0;
        inside |= i > 0 && Character.isUpperCase(c);
      } else if (c == '_' || c == '@' || c == '/' || c == '.' || c == '\\' || c == '#') {
        inside = true;
      }
    }
    if (letters == 0) {
      return false; // a number
    }
    if (digits > 0) {
      return !Numbers.isQuantity(token.lower());
    }
    boolean allCapitals = upper == letters && letters > 1;
    return allCapitals ? capitals : inside && letters > 1;
  }
}
