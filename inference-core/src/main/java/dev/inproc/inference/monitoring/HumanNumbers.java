package dev.inproc.inference.monitoring;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;

/** Numbers with units as a person reads them: 1.2 ms, 3.4 MB, 12,345 calls. In no locale. */
final class HumanNumbers {
  private static final MathContext THREE_DIGITS = new MathContext(3, RoundingMode.HALF_EVEN);
  private static final MathContext FOUR_DIGITS = new MathContext(4, RoundingMode.HALF_EVEN);
  private static final double MOST_DIGITS = 1e15; // beyond, and below its inverse, an exponent

  private record Unit(String name, BigDecimal size) {
    Unit(String name, String size) {
      this(name, new BigDecimal(size));
    }
  }

  private static final Unit[] TIMES = {
    new Unit("ns", "1e-9"),
    new Unit("\u00b5s", "1e-6"),
    new Unit("ms", "1e-3"),
    new Unit("s", "1"),
    new Unit("min", "60"),
    new Unit("h", "3600"),
    new Unit("d", "86400")
  };
  private static final Unit[] BYTES = {
    new Unit("kB", "1e3"), new Unit("MB", "1e6"), new Unit("GB", "1e9"), new Unit("TB", "1e12")
  };

  private HumanNumbers() {}

  /** Returns a value of a figure with its unit; for units, see {@link #plural}. */
  static String of(double value, String unit) {
    if (!Double.isFinite(value)) {
      return number(value);
    }
    boolean hasUnits = Math.abs(value) < MOST_DIGITS && Math.abs(value) > 1 / MOST_DIGITS;
    if (unit.equals("second")) {
      return hasUnits ? scaled(value, TIMES) : number(value) + " s";
    }
    if (unit.equals("byte") && Math.abs(value) >= 999.5) {
      return Math.abs(value) < 1e18 ? scaled(value, BYTES) : number(value) + " bytes";
    }
    if (isShare(unit)) {
      return number(rounded(value * 100, THREE_DIGITS)) + " %";
    }
    return (number(value) + " " + (value == 1 ? singular(unit) : plural(unit))).strip();
  }

  /** Returns a value as an axis shows it: without a unit that is only a noun. */
  static String onAxis(double value, String unit) {
    boolean isNoun = !unit.equals("second") && !unit.equals("byte") && !isShare(unit);
    return isNoun ? number(value) : of(value, unit);
  }

  /** Returns a count with its unit: all digits, except of times and sizes. */
  static String count(long count, String unit) {
    if (unit.equals("second") || unit.equals("byte")) {
      return of((double) count, unit);
    }
    String noun = count == 1 ? singular(unit) : plural(unit);
    return (grouped(Long.toString(count)) + " " + noun).strip();
  }

  /** Returns a number: whole if it is large, else four digits at most. */
  static String number(double value) {
    if (Double.isNaN(value)) {
      return "not known";
    }
    if (Double.isInfinite(value)) {
      return value > 0 ? "infinite" : "-infinite";
    }
    double size = Math.abs(value);
    if (size != 0 && (size >= MOST_DIGITS || size < 1e-6)) {
      return Double.toString(rounded(value, FOUR_DIGITS));
    }
    BigDecimal exact = BigDecimal.valueOf(value);
    boolean whole = size >= 999.95;
    return plain(whole ? exact.setScale(0, RoundingMode.HALF_EVEN) : exact.round(FOUR_DIGITS));
  }

  private static double rounded(double value, MathContext digits) {
    return Double.isFinite(value) ? BigDecimal.valueOf(value).round(digits).doubleValue() : value;
  }

  /** Rounds before the unit is chosen, so that 999.9 ns become 1 µs. */
  private static String scaled(double value, Unit[] units) {
    BigDecimal rounded = BigDecimal.valueOf(value).round(THREE_DIGITS);
    Unit best = units[0];
    for (Unit unit : units) {
      if (rounded.abs().compareTo(unit.size) >= 0) {
        best = unit;
      }
    }
    return plain(rounded.divide(best.size, THREE_DIGITS)) + " " + best.name;
  }

  private static String plain(BigDecimal value) {
    return value.signum() == 0 ? "0" : grouped(value.stripTrailingZeros().toPlainString());
  }

  private static String grouped(String digits) {
    int point = digits.indexOf('.');
    StringBuilder text = new StringBuilder(digits);
    int first = digits.startsWith("-") ? 1 : 0;
    for (int i = (point < 0 ? digits.length() : point) - 3; i > first; i -= 3) {
      text.insert(i, ',');
    }
    return text.toString();
  }

  // ---- units ----

  /** Returns whether a unit is a part of one, told in per cent. */
  private static boolean isShare(String unit) {
    return unit.equals("ratio") || unit.equals("share");
  }

  /** Returns whether a unit is so many a second. */
  static boolean isRate(String unit) {
    return unit.endsWith("/second") || unit.endsWith(" per second");
  }

  private static String singular(String unit) {
    return unit.equals("1") ? "" : unit.replace("/", " a ").replace(" per ", " a ");
  }

  /** Returns the unit for some: {@code "calls"}, {@code "batches"}, {@code "answers a second"}. */
  static String plural(String unit) {
    String one = singular(unit);
    int end = one.contains(" a ") ? one.indexOf(" a ") : one.length();
    String noun = one.substring(0, end);
    return noun.matches("([a-z. -]+ )?[a-z]{3,}") ? pluralNoun(noun) + one.substring(end) : one;
  }

  private static String pluralNoun(String noun) {
    if (noun.endsWith("ch") || noun.endsWith("sh") || noun.endsWith("x")) {
      return noun + "es";
    }
    if (noun.matches(".*[^aeiou]y")) {
      return noun.substring(0, noun.length() - 1) + "ies";
    }
    return noun.endsWith("s") || noun.equals("percent") ? noun : noun + "s";
  }

  /** Returns a time of ISO 8601, in UTC, as a person reads it. */
  static String time(String iso) {
    return iso.replace("T", " ").replace("Z", " UTC");
  }
}
