package dev.inproc.inference.internal.json;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class JsonReaderTest {
  private static final JsonLimits LIMITS = new JsonLimits(1_000, 4, 20, 30, 20);

  private static Object read(String text) throws JsonException {
    return JsonReader.read(text.getBytes(StandardCharsets.UTF_8), LIMITS);
  }

  @Test
  void read_everyKindOfValue_givesIt() throws JsonException {
    assertEquals(
        Map.of("a", Arrays.asList(1L, -2.5, true, false, null, "x"), "b", Map.of()),
        read(" {\"a\":[1,-2.5,true,false,null,\"x\"] ,\n\t\"b\" : { } } \r\n"));
    assertEquals(List.of(), read("[]"));
    assertNull(read("null"));
    assertEquals(Long.MAX_VALUE, read("9223372036854775807"));
    assertEquals(0x1p63, read("9223372036854775808"));
    assertEquals(Long.MIN_VALUE, read("-9223372036854775808"));
    assertEquals(0.1e-3, read("0.1E-3"));
    assertEquals(
        "\" \\ / \b \f \n \r \t é €",
        JsonReader.read(
            "\"\\\" \\\\ \\/ \\b \\f \\n \\r \\t \\u00e9 €\"".getBytes(StandardCharsets.UTF_8),
            JsonLimits.DEFAULT));
    assertEquals("\ud83d\ude00", read("\"\\ud83d\\ude00\""));
    assertEquals("\ud83d\ude00", read("\"\ud83d\ude00\""));
  }

  /** A document, and what the message says. */
  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '`',
      delimiter = '|',
      value = {
        "``|Line 1, column 1: expected a value, got the end",
        "{|column 2: expected a member's name in quotes, got the end",
        "{`a`:1}|x",
        "{\"a\":1,}|Line 1, column 8: expected a member's name in quotes, got '}'",
        "{\"a\" 1}|Line 1, column 6: expected ':', got '1'",
        "{\"a\":1 \"b\":2}|column 8: expected ',' or '}', got '\"'",
        "{\"a\":1,\"a\":2}|column 8: expected each name once in an object, got a second \"a\"",
        "{\"a\":1,\"\\u0061\":2}|expected each name once",
        "{a:1}|expected a member's name in quotes, got 'a'",
        "{'a':1}|expected a member's name in quotes, got '''",
        "[1,]|expected a value, got ']'",
        "[1 2]|expected ',' or ']', got '2'",
        "[1|expected ',' or ']', got the end",
        "]|expected a value, got ']'",
        "1 2|Line 1, column 3: expected the end, got '2'",
        "{} {}|expected the end, got '{'",
        "01|expected the number's end, got '1'",
        "-|expected a digit, got the end",
        "+1|expected a value, got '+'",
        ".5|expected a value, got '.'",
        "1.|expected a digit, got the end",
        "1e|expected a digit, got the end",
        "1x|expected the number's end, got 'x'",
        "0x10|expected the number's end, got 'x'",
        "NaN|expected a value, got 'N'",
        "-Infinity|expected a digit, got 'I'",
        "1e999|within the range of a double, got 1e999",
        "123456789012345678901|expected a number of at most 20 characters, got 21",
        "tru|expected true, got 't'",
        "nulL|expected null, got 'n'",
        "\"a|expected the string's next character or its end, got the end",
        "\"a\\x\"|expected an escape: one of",
        "\"\\u12g4\"|expected four hexadecimal digits, got 'g'",
        "\"\\u١٢٣٤\"|expected four hexadecimal digits, got U+0661",
        "\"\\ud800\"|expected Unicode text, got a string with half a character, \\ud800",
        "\"\\ude00\\ud83d\"|half a character, \\ude00",
        "\"\\ud83dx\"|half a character, \\ud83d",
        "{\"\\udfff\":1}|half a character, \\udfff",
        "\"0123456789012345678901234567890\"|a string of at most 30 characters, got more",
        "[[[[[1]]]]]|Line 1, column 5: expected at most 4 levels, got more",
        "{\"a\":[{\"b\":[{}]}]}|expected at most 4 levels, got more",
        "[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1]|expected at most 20 values, got more",
        "/* c */ 1|expected a value, got '/'",
      })
  void read_hostileText_isRefusedWithPlaceExpectedAndGot(String text, String message) {
    if (message.equals("x")) {
      text = "{`a`:1}";
      message = "expected a member's name in quotes, got '`'";
    }
    String given = text == null ? "" : text;
    JsonException e = assertThrows(JsonException.class, () -> read(given), given);
    assertTrue(e.getMessage().contains(message), e.getMessage());
  }

  @Test
  void read_controlCharactersAndLineNumbers_areTold() {
    JsonException e = assertThrows(JsonException.class, () -> read("{\n \"a\": \"x\ny\"}"));
    assertEquals(
        "Line 2, column 9: expected the string's next character or its end, got U+000A",
        e.getMessage());
    e = assertThrows(JsonException.class, () -> read("\ufeff{}"));
    assertEquals("Line 1, column 1: expected a value, got U+FEFF", e.getMessage());
    e = assertThrows(JsonException.class, () -> read("[\u00001]"));
    assertEquals("Line 1, column 2: expected a value, got U+0000", e.getMessage());
    e = assertThrows(JsonException.class, () -> read("\u00a01"));
    assertEquals("Line 1, column 1: expected a value, got U+00A0", e.getMessage());
  }

  @Test
  void read_bytesThatAreNoUtf8_areRefusedWithTheirPlace() {
    byte[][] all = {
      {'"', (byte) 0xff, '"'},
      {'"', (byte) 0xc0, (byte) 0x80, '"'}, // overlong
      {'"', (byte) 0xed, (byte) 0xa0, (byte) 0x80, '"'}, // an encoded surrogate
      {'"', (byte) 0xf5, (byte) 0x80, (byte) 0x80, (byte) 0x80, '"'}, // beyond Unicode
      {'"', (byte) 0xe2, (byte) 0x82}, // cut
    };
    for (byte[] each : all) {
      JsonException e = assertThrows(JsonException.class, () -> JsonReader.read(each, LIMITS));
      assertEquals("Expected UTF-8, got other bytes at byte 1", e.getMessage());
    }
  }

  @Test
  void read_tooManyBytes_areRefusedBeforeAnythingElse() {
    JsonException e = assertThrows(JsonException.class, () -> read(" ".repeat(1_001)));
    assertEquals("Expected at most 1000 bytes of JSON, got 1001", e.getMessage());
  }

  @Test
  void read_aMillionBrackets_overflowNoStack() {
    JsonLimits limits = new JsonLimits(10_000_000, 500, 10_000_000, 10, 10);
    byte[] deep = "[".repeat(1_000_000).getBytes(StandardCharsets.UTF_8);
    JsonException e = assertThrows(JsonException.class, () -> JsonReader.read(deep, limits));
    assertTrue(e.getMessage().contains("500 levels"), e.getMessage());
  }

  /** Mutants of a document are read or refused; nothing else comes out, and it does not hang. */
  @Test
  void read_mutants_areReadOrRefused() {
    byte[] seed =
        "{\"a\":[1,-2.5e3,\"\\ud83d\\ude00é\"],\"b\":{\"c\":null}}"
            .getBytes(StandardCharsets.UTF_8);
    long start = 4_711;
    Random random = new Random(start);
    for (int i = 0; i < 20_000; i++) {
      byte[] mutant = seed.clone();
      for (int n = 1 + random.nextInt(3); n > 0; n--) {
        mutant[random.nextInt(mutant.length)] = (byte) random.nextInt(256);
      }
      try {
        Object value = JsonReader.read(mutant, LIMITS);
        assertEquals(
            value, JsonReader.read(Json.write(value), JsonLimits.DEFAULT), "seed " + start);
      } catch (JsonException expected) {
        assertTrue(expected.getMessage().length() > 10);
      }
    }
  }

  @Test
  void write_values_readsBackEqual() throws JsonException {
    Map<String, Object> value = new LinkedHashMap<>();
    value.put("text", "\" \\ \u0001 \u2028 é \ud83d\ude00");
    value.put("numbers", List.of(1L, -0.5, Long.MIN_VALUE));
    value.put("nested", List.of(Map.of("a", List.of()), new ArrayList<>()));
    value.put("nothing", null);
    value.put("yes", true);
    assertEquals(value, JsonReader.read(Json.write(value), JsonLimits.DEFAULT));
    byte[] line = Json.writeLine(value).getBytes(StandardCharsets.UTF_8);
    assertEquals(value, JsonReader.read(line, JsonLimits.DEFAULT));
    assertTrue(Json.writeLine(value).indexOf('\n') < 0);
  }

  @Test
  void write_whatIsNoJson_isRefused() {
    for (Object each :
        new Object[] {Double.NaN, Double.POSITIVE_INFINITY, "\ud800", new Object(), Map.of(1, 2)}) {
      assertThrows(IllegalArgumentException.class, () -> Json.write(each));
    }
  }
}
