package dev.inproc.inference.cache.text;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What stands before and after words of direction, comparison and order. Each such word has the
 * content words at its two sides, up to three of them and up to the next such word, as arguments.
 */
public final class SwappedArguments {
  private static final int REACH = 3;
  private static final int MOST = 64;

  /** The kind of relation; a minus before it turns it round: x after y is y before x. */
  private static final Map<String, String> RELATIONS =
      Map.ofEntries(
          Map.entry("to", "move"),
          Map.entry("into", "move"),
          Map.entry("towards", "move"),
          Map.entry("from", "-move"),
          Map.entry("than", "compare"),
          Map.entry("before", "order"),
          Map.entry("after", "-order"),
          Map.entry("by", "by"),
          Map.entry("minus", "minus"),
          Map.entry("in", "part"),
          Map.entry("per", "part"),
          Map.entry("of", "of"));

  private record Relation(String kind, Set<String> from, Set<String> to) {}

  private SwappedArguments() {}

  public static boolean differ(Tokens a, Tokens b) {
    List<Relation> first = relations(a);
    List<Relation> second = relations(b);
    for (Relation one : first) {
      for (Relation other : second) {
        if (one.kind.equals(other.kind)
            && moved(one.from, other.to, other.from)
            && moved(one.to, other.from, other.to)) {
          return true;
        }
      }
    }
    return !(areComplete(first) && areComplete(second)) && reordered(content(a), content(b));
  }

  /** Returns whether relations say which argument is which, so that the order says nothing. */
  private static boolean areComplete(List<Relation> relations) {
    return relations.stream().anyMatch(each -> !each.from.isEmpty() && !each.to.isEmpty());
  }

  /** Returns whether an argument has gone over to the other side. */
  private static boolean moved(Set<String> arguments, Set<String> there, Set<String> here) {
    for (String argument : arguments) {
      if (there.contains(argument) && !here.contains(argument)) {
        return true;
      }
    }
    return false;
  }

  private static List<Relation> relations(Tokens tokens) {
    List<Relation> found = new ArrayList<>();
    List<Tokens.Token> all = tokens.all();
    for (int i = 0; i < all.size() && found.size() < MOST; i++) {
      String kind = RELATIONS.get(all.get(i).lower());
      if (kind != null) {
        Set<String> before = arguments(all, i, -1);
        Set<String> after = arguments(all, i, 1);
        found.add(
            kind.charAt(0) == '-'
                ? new Relation(kind.substring(1), after, before)
                : new Relation(kind, before, after));
      }
    }
    return found;
  }

  private static Set<String> arguments(List<Tokens.Token> all, int at, int direction) {
    Set<String> found = new HashSet<>();
    int looked = 0;
    for (int i = at + direction; i >= 0 && i < all.size() && found.size() < REACH; i += direction) {
      String word = all.get(i).lower();
      if (RELATIONS.containsKey(word) || ++looked > 4 * REACH) {
        break;
      }
      if (!Words.FUNCTION_WORDS.contains(word)) {
        found.add(Tokens.singular(word));
      }
    }
    return found;
  }

  /** Returns the words that count, in order; two that "and" or "or" joins, by the alphabet. */
  private static List<String> content(Tokens tokens) {
    List<String> words = new ArrayList<>();
    boolean joined = false;
    for (Tokens.Token token : tokens.all()) {
      String word = token.lower();
      if (word.equals("and") || word.equals("or")) {
        joined = !words.isEmpty();
      } else if (!Words.FUNCTION_WORDS.contains(word) && !RELATIONS.containsKey(word)) {
        words.add(Tokens.singular(word));
        int last = words.size() - 1;
        if (joined && words.get(last - 1).compareTo(words.get(last)) > 0) {
          Collections.swap(words, last - 1, last);
        }
        joined = false;
      }
    }
    return words;
  }

  /** Returns whether the words are the same, in an order that is no rotation. */
  private static boolean reordered(List<String> a, List<String> b) {
    if (a.size() != b.size() || a.size() < 3 || a.equals(b)) {
      return false;
    }
    List<String> sortedA = new ArrayList<>(a);
    List<String> sortedB = new ArrayList<>(b);
    Collections.sort(sortedA);
    Collections.sort(sortedB);
    return sortedA.equals(sortedB) && !isRotation(a, b);
  }

  /** Looks for {@code b} in {@code a} twice in a row, by Knuth, Morris and Pratt's algorithm. */
  private static boolean isRotation(List<String> a, List<String> b) {
    int n = b.size();
    int[] fallback = new int[n + 1];
    fallback[0] = -1;
    for (int i = 0, j = -1; i < n; ) {
      while (j >= 0 && !b.get(i).equals(b.get(j))) {
        j = fallback[j];
      }
      fallback[++i] = ++j;
    }
    for (int i = 0, j = 0; i < 2 * n; i++) {
      while (j >= 0 && !a.get(i % n).equals(b.get(j))) {
        j = fallback[j];
      }
      if (++j == n) {
        return true;
      }
    }
    return false;
  }
}
