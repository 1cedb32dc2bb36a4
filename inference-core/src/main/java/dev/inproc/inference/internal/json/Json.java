package dev.inproc.inference.internal.json;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Writes values as JSON, and gives values that were read their types. */
public final class Json {
  private static final int MOST_QUOTED = 80;

  private Json() {}

  // ---- reading ----

  /**
   * Returns a value as an object.
   *
   * @param what the value's place, for messages
   * @throws JsonException if it is none
   */
  @SuppressWarnings("unchecked") // the reader's maps have no other types
  public static Map<String, @Nullable Object> object(@Nullable Object value, String what)
      throws JsonException {
    if (value instanceof Map<?, ?> map) {
      return (Map<String, @Nullable Object>) map;
    }
    throw mismatch(what, "an object", value);
  }

  /**
   * Returns a value as an array.
   *
   * @throws JsonException if it is none
   */
  @SuppressWarnings("unchecked") // the reader's lists have no other types
  public static List<@Nullable Object> array(@Nullable Object value, String what)
      throws JsonException {
    if (value instanceof List<?> list) {
      return (List<@Nullable Object>) list;
    }
    throw mismatch(what, "an array", value);
  }

  /**
   * Returns a value as a string.
   *
   * @throws JsonException if it is none
   */
  public static String string(@Nullable Object value, String what) throws JsonException {
    if (value instanceof String string) {
      return string;
    }
    throw mismatch(what, "a string", value);
  }

  /**
   * Returns a value as a whole number within these limits.
   *
   * @throws JsonException if it is none
   */
  public static long whole(@Nullable Object value, String what, long least, long most)
      throws JsonException {
    if (value instanceof Long number && number >= least && number <= most) {
      return number;
    }
    throw mismatch(what, "a whole number from " + least + " to " + most, value);
  }

  /**
   * Returns a value as a number within these limits.
   *
   * @throws JsonException if it is none
   */
  public static double number(@Nullable Object value, String what, double least, double most)
      throws JsonException {
    if (value instanceof Number number
        && number.doubleValue() >= least
        && number.doubleValue() <= most) {
      return number.doubleValue();
    }
    throw mismatch(what, "a number from " + least + " to " + most, value);
  }

  /**
   * Returns a value as true or false.
   *
   * @throws JsonException if it is neither
   */
  public static boolean truth(@Nullable Object value, String what) throws JsonException {
    if (value instanceof Boolean truth) {
      return truth;
    }
    throw mismatch(what, "true or false", value);
  }

  /** Returns a failure that says what was expected at a place, and what came. */
  public static JsonException mismatch(String what, String expected, @Nullable Object got) {
    return new JsonException(what + ": expected " + expected + ", got " + describe(got));
  }

  private static String describe(@Nullable Object value) {
    if (value == null) {
      return "nothing";
    }
    if (value instanceof Map) {
      return "an object";
    }
    if (value instanceof List) {
      return "an array";
    }
    return value instanceof String string ? quote(string) : value.toString();
  }

  /** Returns a string in quotes for a message, without control characters and not too long. */
  public static String quote(String string) {
    StringBuilder out = new StringBuilder();
    boolean isLong = string.length() > MOST_QUOTED;
    for (char c : (isLong ? string.substring(0, MOST_QUOTED) : string).toCharArray()) {
      if (Character.isISOControl(c) || Character.isSurrogate(c)) {
        out.append(String.format("\\u%04x", (int) c));
      } else {
        out.append(c);
      }
    }
    return '"' + out.toString() + (isLong ? "..." : "") + '"';
  }

  /** Returns the index of the first half of a character without its other half, or -1. */
  static int loneSurrogate(CharSequence text) {
    int i = 0;
    while (i < text.length()) {
      char c = text.charAt(i);
      if (Character.isLowSurrogate(c)) {
        return i;
      }
      if (Character.isHighSurrogate(c)) {
        if (i + 1 == text.length() || !Character.isLowSurrogate(text.charAt(i + 1))) {
          return i;
        }
        i++;
      }
      i++;
    }
    return -1;
  }

  // ---- writing ----

  /**
   * Returns a value as JSON in UTF-8, indented, with a line feed at its end.
   *
   * @param value null, a String, a Boolean, a finite Number, or a List or a Map of such
   * @throws IllegalArgumentException if it is something else
   */
  public static byte[] write(@Nullable Object value) {
    StringBuilder out = new StringBuilder();
    append(out, value, "\n");
    return out.append('\n').toString().getBytes(StandardCharsets.UTF_8);
  }

  /** Returns a value as JSON in one line, without a line feed. */
  public static String writeLine(@Nullable Object value) {
    StringBuilder out = new StringBuilder();
    append(out, value, null);
    return out.toString();
  }

  /** Appends a value; {@code line} is a line feed and the indentation, or null for one line. */
  private static void append(StringBuilder out, @Nullable Object value, @Nullable String line) {
    if (value == null || value instanceof Boolean) {
      out.append(value);
    } else if (value instanceof String string) {
      append(out, string);
    } else if (value instanceof Number number) {
      if (!Double.isFinite(number.doubleValue())) {
        throw new IllegalArgumentException("JSON has no number " + number);
      }
      out.append(number);
    } else if (value instanceof List<?> list) {
      appendList(out, list, line);
    } else if (value instanceof Map<?, ?> map) {
      appendMap(out, map, line);
    } else {
      throw new IllegalArgumentException(
          "Expected a string, a number, a boolean, a list or a map, got " + value.getClass());
    }
  }

  private static void appendList(StringBuilder out, List<?> list, @Nullable String line) {
    boolean isFlat = list.stream().noneMatch(e -> e instanceof List || e instanceof Map);
    String inner = line == null || isFlat ? null : line + "  ";
    String separator = "";
    out.append('[');
    for (Object each : list) {
      out.append(separator).append(inner == null ? "" : inner);
      append(out, each, inner);
      separator = inner == null ? ", " : ",";
    }
    out.append(inner == null || list.isEmpty() ? "" : line).append(']');
  }

  private static void appendMap(StringBuilder out, Map<?, ?> map, @Nullable String line) {
    String inner = line == null ? null : line + "  ";
    String separator = "";
    out.append('{');
    for (Map.Entry<?, ?> each : map.entrySet()) {
      if (!(each.getKey() instanceof String name)) {
        throw new IllegalArgumentException("Expected names that are strings, got " + each.getKey());
      }
      out.append(separator).append(inner == null ? "" : inner);
      append(out, name);
      out.append(": ");
      append(out, each.getValue(), inner);
      separator = inner == null ? ", " : ",";
    }
    out.append(inner == null || map.isEmpty() ? "" : line).append('}');
  }

  private static void append(StringBuilder out, String string) {
    if (loneSurrogate(string) >= 0) {
      throw new IllegalArgumentException("Expected Unicode text, got " + quote(string));
    }
    out.append('"');
    for (int i = 0; i < string.length(); i++) {
      char c = string.charAt(i);
      if (c == '"' || c == '\\') {
        out.append('\\').append(c);
      } else if (c < ' ' || c == 0x7f || c == 0x2028 || c == 0x2029) {
        out.append(String.format("\\u%04x", (int) c));
      } else {
        out.append(c);
      }
    }
    out.append('"');
  }
}
