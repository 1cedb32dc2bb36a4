package dev.inproc.inference.internal.json;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads a JSON text (RFC 8259) that nobody vouches for. An object is an unmodifiable Map in the
 * text's order, an array an unmodifiable List, a number a Long where it is a whole number that fits
 * one and else a Double, and null is null. What the standard leaves open is refused: names that
 * occur twice in an object, numbers beyond a Double, strings that are not Unicode text.
 */
public final class JsonReader {
  private final String text;
  private final JsonLimits limits;
  private int at;
  private int values;

  private JsonReader(String text, JsonLimits limits) {
    this.text = text;
    this.limits = limits;
  }

  /**
   * Reads a text in UTF-8.
   *
   * @throws JsonException if it is no JSON or beyond a limit
   */
  public static @Nullable Object read(byte[] utf8, JsonLimits limits) throws JsonException {
    if (utf8.length > limits.bytes()) {
      throw new JsonException(
          "Expected at most " + limits.bytes() + " bytes of JSON, got " + utf8.length);
    }
    JsonReader reader = new JsonReader(decode(utf8), limits);
    reader.space();
    Object value = reader.value(1);
    reader.space();
    if (reader.at < reader.text.length()) {
      throw reader.unexpected("the end");
    }
    return value;
  }

  /**
   * Reads a text in UTF-8 that is an object.
   *
   * @throws JsonException if it is not, or beyond a limit
   */
  public static Map<String, @Nullable Object> readObject(byte[] utf8, JsonLimits limits)
      throws JsonException {
    return Json.object(read(utf8, limits), "the text");
  }

  private static String decode(byte[] utf8) throws JsonException {
    ByteBuffer in = ByteBuffer.wrap(utf8);
    try {
      return StandardCharsets.UTF_8
          .newDecoder()
          .onMalformedInput(CodingErrorAction.REPORT)
          .onUnmappableCharacter(CodingErrorAction.REPORT)
          .decode(in)
          .toString();
    } catch (CharacterCodingException e) {
      throw new JsonException("Expected UTF-8, got other bytes at byte " + in.position());
    }
  }

  private @Nullable Object value(int depth) throws JsonException {
    if (++values > limits.values()) {
      throw failure("expected at most " + limits.values() + " values, got more");
    }
    char c = peek();
    switch (c) {
      case '{' -> {
        return object(checked(depth));
      }
      case '[' -> {
        return array(checked(depth));
      }
      case '"' -> {
        return string();
      }
      case 't' -> {
        return literal("true", true);
      }
      case 'f' -> {
        return literal("false", false);
      }
      case 'n' -> {
        return literal("null", null);
      }
      default -> {
        if (c == '-' || isDigit(c)) {
          return number();
        }
        throw unexpected("a value");
      }
    }
  }

  /** A limited depth keeps the recursion within any stack. */
  private int checked(int depth) throws JsonException {
    if (depth > limits.depth()) {
      throw failure("expected at most " + limits.depth() + " levels, got more");
    }
    return depth;
  }

  private Map<String, @Nullable Object> object(int depth) throws JsonException {
    Map<String, @Nullable Object> members = new LinkedHashMap<>();
    at++;
    space();
    if (peek() == '}') {
      at++;
      return Collections.unmodifiableMap(members);
    }
    while (true) {
      if (peek() != '"') {
        throw unexpected("a member's name in quotes");
      }
      int start = at;
      String name = string();
      if (members.containsKey(name)) {
        at = start;
        throw failure("expected each name once in an object, got a second " + Json.quote(name));
      }
      space();
      expect(':');
      space();
      members.put(name, value(depth + 1));
      space();
      if (peek() == '}') {
        at++;
        return Collections.unmodifiableMap(members);
      }
      expect(',', "',' or '}'");
      space();
    }
  }

  private List<@Nullable Object> array(int depth) throws JsonException {
    List<@Nullable Object> elements = new ArrayList<>();
    at++;
    space();
    if (peek() == ']') {
      at++;
      return Collections.unmodifiableList(elements);
    }
    while (true) {
      elements.add(value(depth + 1));
      space();
      if (peek() == ']') {
        at++;
        return Collections.unmodifiableList(elements);
      }
      expect(',', "',' or ']'");
      space();
    }
  }

  private @Nullable Object literal(String word, @Nullable Object value) throws JsonException {
    if (!text.startsWith(word, at)) {
      throw unexpected(word);
    }
    at += word.length();
    return value;
  }

  private String string() throws JsonException {
    int start = at++;
    StringBuilder all = new StringBuilder();
    while (true) {
      if (at - start > limits.stringLength()) {
        at = start;
        throw failure(
            "expected a string of at most " + limits.stringLength() + " characters, got more");
      }
      char c = peek();
      if (c == '"') {
        at++;
        break;
      }
      if (c < ' ') {
        throw unexpected("the string's next character or its end");
      }
      at++;
      all.append(c == '\\' ? escaped() : c);
    }
    requireUnicode(all, start);
    return all.toString();
  }

  private char escaped() throws JsonException {
    char c = peek();
    at++;
    switch (c) {
      case '"', '\\', '/' -> {
        return c;
      }
      case 'b' -> {
        return '\b';
      }
      case 'f' -> {
        return '\f';
      }
      case 'n' -> {
        return '\n';
      }
      case 'r' -> {
        return '\r';
      }
      case 't' -> {
        return '\t';
      }
      case 'u' -> {
        return unit();
      }
      default -> {
        at--;
        throw unexpected("an escape: one of \" \\ / b f n r t u");
      }
    }
  }

  private char unit() throws JsonException {
    int unit = 0;
    for (int i = 0; i < 4; i++) {
      char c = peek();
      int digit = c < 0x80 ? Character.digit(c, 16) : -1;
      if (digit < 0) {
        throw unexpected("four hexadecimal digits");
      }
      unit = unit * 16 + digit;
      at++;
    }
    return (char) unit;
  }

  private void requireUnicode(CharSequence string, int start) throws JsonException {
    int lone = Json.loneSurrogate(string);
    if (lone >= 0) {
      at = start;
      throw failure(
          String.format(
              "expected Unicode text, got a string with half a character, \\u%04x",
              (int) string.charAt(lone)));
    }
  }

  private Number number() throws JsonException {
    int start = at;
    if (text.charAt(at) == '-') {
      at++;
    }
    if (peek() == '0') {
      at++;
    } else {
      digits();
    }
    boolean isWhole = true;
    if (is('.')) {
      isWhole = false;
      at++;
      digits();
    }
    if (is('e') || is('E')) {
      isWhole = false;
      at++;
      if (is('+') || is('-')) {
        at++;
      }
      digits();
    }
    if (at < text.length() && Character.isLetterOrDigit(text.charAt(at))) {
      throw unexpected("the number's end");
    }
    return number(text.substring(start, at), start, isWhole);
  }

  private Number number(String digits, int start, boolean isWhole) throws JsonException {
    int end = at;
    at = start;
    if (digits.length() > limits.numberLength()) {
      throw failure(
          "expected a number of at most "
              + limits.numberLength()
              + " characters, got "
              + digits.length());
    }
    if (isWhole) {
      try {
        long value = Long.parseLong(digits);
        at = end;
        return value;
      } catch (NumberFormatException e) { // too large for a Long
      }
    }
    double value = Double.parseDouble(digits);
    if (Double.isInfinite(value)) {
      throw failure("expected a number within the range of a double, got " + digits);
    }
    at = end;
    return value;
  }

  private void digits() throws JsonException {
    if (!isDigit(peek())) {
      throw unexpected("a digit");
    }
    while (at < text.length() && isDigit(text.charAt(at))) {
      at++;
    }
  }

  private static boolean isDigit(char c) {
    return c >= '0' && c <= '9';
  }

  private boolean is(char c) {
    return at < text.length() && text.charAt(at) == c;
  }

  private void expect(char c) throws JsonException {
    expect(c, "'" + c + "'");
  }

  private void expect(char c, String what) throws JsonException {
    if (!is(c)) {
      throw unexpected(what);
    }
    at++;
  }

  /** Returns the next character, or U+0000, which no valid text has here, at the end. */
  private char peek() {
    return at < text.length() ? text.charAt(at) : 0;
  }

  private void space() {
    while (at < text.length()) {
      char c = text.charAt(at);
      if (c != ' ' && c != '\n' && c != '\r' && c != '\t') {
        return;
      }
      at++;
    }
  }

  private JsonException unexpected(String expected) {
    String got;
    if (at >= text.length()) {
      got = "the end";
    } else {
      int c = text.codePointAt(at);
      got = c > ' ' && c < 0x7f ? "'" + Character.toString(c) + "'" : String.format("U+%04X", c);
    }
    return failure("expected " + expected + ", got " + got);
  }

  private JsonException failure(String what) {
    int line = 1;
    int lineStart = 0;
    for (int i = 0; i < Math.min(at, text.length()); i++) {
      if (text.charAt(i) == '\n') {
        line++;
        lineStart = i + 1;
      }
    }
    return new JsonException("Line " + line + ", column " + (at - lineStart + 1) + ": " + what);
  }
}
