package dev.inproc.inference.cache.text;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The numbers of a text, with their units, each in one form. */
public final class Numbers {
  private static final Map<String, Long> SMALL = new HashMap<>();
  private static final Map<String, Long> LARGE =
      Map.of("hundred", 100L, "thousand", 1000L, "million", 1_000_000L, "billion", 1_000_000_000L);
  private static final Set<String> ORDINALS = Set.of("st", "nd", "rd", "th");
  private static final Set<String> TIMES =
      Set.of(
          "january",
          "february",
          "april",
          "june",
          "july",
          "august",
          "september",
          "october",
          "november",
          "december",
          "monday",
          "tuesday",
          "wednesday",
          "thursday",
          "friday",
          "saturday",
          "sunday",
          "today",
          "tomorrow",
          "yesterday",
          "tonight");
  private static final Set<String> TIMES_BESIDE_NUMBERS = Set.of("may", "march");
  private static final String SIGNS = "+-$€£¥#";
  private static final long LARGEST = 1_000_000_000_000L;

  static {
    String[] units =
        ("zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen"
                + " fifteen sixteen seventeen eighteen nineteen")
            .split(" ", -1);
    for (int i = 0; i < units.length; i++) {
      SMALL.put(units[i], (long) i);
    }
    String[] tens = "twenty thirty forty fifty sixty seventy eighty ninety".split(" ", -1);
    for (int i = 0; i < tens.length; i++) {
      SMALL.put(tens[i], 10L * (i + 2));
    }
    SMALL.put("dozen", 12L);
    SMALL.put("twice", 2L);
    String[] ordinals = "third fourth fifth sixth seventh eighth ninth tenth".split(" ", -1);
    for (int i = 0; i < ordinals.length; i++) {
      SMALL.put(ordinals[i], (long) i + 3);
    }
  }

  private Numbers() {}

  public static boolean differ(Tokens a, Tokens b) {
    Map<String, Integer> counts = new HashMap<>();
    int ones = read(a, counts, 1);
    int otherOnes = read(b, counts, -1);
    for (Map.Entry<String, Integer> each : counts.entrySet()) {
      int count = each.getValue();
      if (each.getKey().equals("1")) { // a bare "one" stands for it or for nothing
        count = count > 0 ? Math.max(0, count - otherOnes) : Math.min(0, count + ones);
      }
      if (count != 0) {
        return true;
      }
    }
    return false;
  }

  static boolean isNumberWord(String lower) {
    return SMALL.containsKey(lower)
        || LARGE.containsKey(lower)
        || TIMES.contains(lower)
        || TIMES_BESIDE_NUMBERS.contains(lower);
  }

  /** Returns whether a token is a number, with or without a unit or the ending of an ordinal. */
  static boolean isQuantity(String lower) {
    int end = endOfNumber(lower);
    String suffix = lower.substring(end);
    return end > 0 && (suffix.isEmpty() || ORDINALS.contains(suffix) || Units.of(suffix) != null);
  }

  /** Counts the numbers of a text; returns how many bare words "one" there are. */
  private static int read(Tokens tokens, Map<String, Integer> counts, int sign) {
    List<Tokens.Token> all = tokens.all();
    int ones = 0;
    for (int i = 0; i < all.size(); ) {
      String word = all.get(i).lower();
      String next = i + 1 < all.size() ? all.get(i + 1).lower() : "";
      if (all.get(i).hasDigit()) {
        String unit = Units.of(next);
        count(counts, withUnit(canonical(word), unit), sign);
        i += unit == null ? 1 : 2;
      } else if (SMALL.containsKey(word) || (LARGE.containsKey(word) && i == 0)) {
        List<String> words = new ArrayList<>();
        for (; i < all.size() && continues(words, all, i); i++) {
          words.add(all.get(i).lower());
        }
        String unit = i < all.size() ? Units.of(all.get(i).lower()) : null;
        i += unit == null ? 0 : 1;
        if (words.equals(List.of("one")) && unit == null) {
          ones++;
        } else {
          count(counts, withUnit(Long.toString(value(words)), unit), sign);
        }
      } else {
        boolean beside = isDigits(next) || (i > 0 && all.get(i - 1).hasDigit());
        if (TIMES.contains(word)
            || LARGE.containsKey(word)
            || (beside && TIMES_BESIDE_NUMBERS.contains(word))) {
          count(counts, word, sign);
        }
        i++;
      }
    }
    return ones;
  }

  private static boolean isDigits(String word) {
    return !word.isEmpty() && Character.isDigit(word.codePointAt(0));
  }

  /** Returns whether a number in words goes on. */
  private static boolean continues(List<String> words, List<Tokens.Token> all, int at) {
    String word = all.get(at).lower();
    if (words.isEmpty() || LARGE.containsKey(word)) {
      return true;
    }
    String last = words.get(words.size() - 1);
    if (word.equals("and")) {
      return LARGE.containsKey(last)
          && at + 1 < all.size()
          && SMALL.containsKey(all.get(at + 1).lower());
    }
    Long value = SMALL.get(word);
    if (value == null) {
      return false;
    }
    Long before = SMALL.get(last);
    return before == null || (before >= 20 && before % 10 == 0 && value < 10);
  }

  private static long value(List<String> words) {
    long total = 0;
    long current = 0;
    for (String word : words) {
      Long large = LARGE.get(word);
      if (large == null) {
        current += SMALL.getOrDefault(word, 0L);
      } else if (large == 100) {
        current = Math.min(LARGEST, Math.max(1, current) * large);
      } else {
        total = Math.min(LARGEST, total + Math.min(LARGEST, Math.max(1, current) * large));
        current = 0;
      }
    }
    return total + current;
  }

  private static void count(Map<String, Integer> counts, String number, int sign) {
    counts.merge(number, sign, Integer::sum);
  }

  private static String withUnit(String number, @Nullable String unit) {
    return unit == null ? number : number + ' ' + unit;
  }

  /** Returns where the number at the beginning ends: after signs, digits, points and commas. */
  private static int endOfNumber(String lower) {
    int at = 0;
    while (at < lower.length() && SIGNS.indexOf(lower.charAt(at)) >= 0) {
      at++;
    }
    int digits = at;
    while (at < lower.length()
        && (Character.isDigit(lower.charAt(at))
            || (at > digits
                && at + 1 < lower.length()
                && ",.:/-".indexOf(lower.charAt(at)) >= 0
                && Character.isDigit(lower.charAt(at + 1))))) {
      at++;
    }
    return at == digits ? 0 : at;
  }

  private static String canonical(String lower) {
    int end = endOfNumber(lower);
    if (end == 0 || !isQuantity(lower)) {
      return digitsOnly(lower, 0, lower.length()); // a code
    }
    int from = 0;
    String unit = null;
    for (; SIGNS.indexOf(lower.charAt(from)) >= 0; from++) {
      unit = unit == null ? Units.of(lower.substring(from, from + 1)) : unit;
    }
    String suffix = lower.substring(end);
    unit = suffix.isEmpty() || ORDINALS.contains(suffix) ? unit : Units.of(suffix);
    String number = plain(digitsOnly(lower, from, end));
    return withUnit(lower.charAt(0) == '-' ? '-' + number : number, unit);
  }

  /** Returns digits of any script as those of ASCII. */
  private static String digitsOnly(String text, int from, int to) {
    StringBuilder ascii = new StringBuilder(to - from);
    for (int i = from; i < to; i++) {
      char c = text.charAt(i);
      ascii.append(Character.isDigit(c) ? (char) ('0' + Character.digit(c, 10)) : c);
    }
    return ascii.toString();
  }

  /** Takes away commas between thousands, zeros in front, and zeros behind a point. */
  private static String plain(String number) {
    String plain = groupsThousands(number) ? number.replace(",", "") : number;
    int points = (int) plain.chars().filter(c -> !Character.isDigit(c)).count();
    int start = 0;
    while (start + 1 < plain.length()
        && plain.charAt(start) == '0'
        && Character.isDigit(plain.charAt(start + 1))) {
      start++;
    }
    int end = plain.length();
    int point = plain.indexOf('.');
    if (points == 1 && point >= 0) {
      while (end > point && (plain.charAt(end - 1) == '0' || end - 1 == point)) {
        end--;
      }
    }
    return plain.substring(start, end);
  }

  private static boolean groupsThousands(String number) {
    int comma = number.indexOf(',');
    if (comma < 1 || comma > 3) {
      return false;
    }
    int point = number.indexOf('.');
    int end = point < 0 ? number.length() : point;
    for (int at = comma; at < end; at += 4) {
      if (number.charAt(at) != ',' || at + 4 > end) {
        return false;
      }
    }
    return true;
  }
}
