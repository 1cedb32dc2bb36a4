package dev.inproc.inference.cache.text;

import java.util.List;
import java.util.Set;

/** Negations, counted. */
public final class Negation {
  private static final Set<String> NEGATORS =
      Set.of(
          "not",
          "no",
          "never",
          "without",
          "none",
          "nobody",
          "nothing",
          "nowhere",
          "neither",
          "nor",
          "cannot",
          "unable",
          "hardly",
          "except",
          "excluding",
          "lacking",
          "dont",
          "doesnt",
          "didnt",
          "cant",
          "wont",
          "isnt",
          "arent",
          "wasnt",
          "werent",
          "shouldnt",
          "couldnt",
          "wouldnt",
          "hasnt",
          "havent",
          "hadnt",
          "aint",
          "nicht",
          "kein",
          "keine",
          "keinen",
          "keiner",
          "nie",
          "niemals",
          "ohne",
          "pas",
          "jamais",
          "sans",
          "nunca",
          "não",
          "sem",
          "не",
          "нет",
          "никогда",
          "без");
  private static final String SIGNS = "不没沒無无非未";
  private static final List<String> PREFIXES = List.of("un", "non", "in", "im", "ir", "il", "dis");
  private static final int SHORTEST_STEM = 3;

  private Negation() {}

  public static boolean differs(Tokens a, Tokens b) {
    return count(a) != count(b) || hasOpposite(a, b) || hasOpposite(b, a);
  }

  private static int count(Tokens tokens) {
    int count = 0;
    String before = "";
    for (Tokens.Token token : tokens.all()) {
      String word = token.lower();
      boolean tag = word.equals("not") && before.equals("or");
      if (!tag && (NEGATORS.contains(word) || word.endsWith("n't"))) {
        count++;
      }
      for (int i = 0; i < word.length(); i++) {
        count += SIGNS.indexOf(word.charAt(i)) >= 0 ? 1 : 0;
      }
      before = word;
    }
    return count;
  }

  /** Returns whether the first has a word with a prefix, and the second that word without. */
  private static boolean hasOpposite(Tokens a, Tokens b) {
    for (String word : a.words()) {
      for (String prefix : PREFIXES) {
        if (word.length() >= prefix.length() + SHORTEST_STEM && word.startsWith(prefix)) {
          String stem = word.substring(prefix.length());
          if (b.mentions(stem) && !b.mentions(word) && !a.mentions(stem)) {
            return true;
          }
        }
      }
    }
    return false;
  }
}
