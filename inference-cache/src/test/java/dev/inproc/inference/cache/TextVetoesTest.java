package dev.inproc.inference.cache;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.BiPredicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvFileSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Which differences of two texts forbid that the answer to one serves the other. */
class TextVetoesTest {
  private static final Map<String, BiPredicate<String, String>> VETOES =
      Map.of(
          "numbers", TextVetoes.numbers(),
          "negation", TextVetoes.negation(),
          "swapped", TextVetoes.swappedArguments(),
          "named", TextVetoes.namedTokens(),
          "antonyms", TextVetoes.antonyms());

  /** The columns: the only vetoes that fire, joined by +, or none; one text; the other. */
  @ParameterizedTest
  @CsvFileSource(resources = "text-vetoes.csv", delimiter = '|', numLinesToSkip = 1)
  void vetoes_ofPairs_fireWhereTheMeaningDiffers(String fire, String a, String b) {
    for (Map.Entry<String, BiPredicate<String, String>> veto : VETOES.entrySet()) {
      boolean expected = List.of(fire.split("\\+")).contains(veto.getKey());
      assertEquals(expected, veto.getValue().test(a, b), veto.getKey() + ": " + a + " | " + b);
      assertEquals(expected, veto.getValue().test(b, a), veto.getKey() + ": " + b + " | " + a);
      assertFalse(veto.getValue().test(a, a), veto.getKey() + ": " + a);
      assertFalse(veto.getValue().test(b, b), veto.getKey() + ": " + b);
    }
    assertEquals(!fire.equals("none"), TextVetoes.all().test(a, b), a + " | " + b);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        "?",
        "'s",
        "-",
        "--",
        ",,,",
        "\ud800",
        "\udc00 \ud800a",
        "\u0000",
        "1,",
        ",1",
        "1..2",
        "-$",
        "$",
        "°",
        "1,000,00",
        "or not",
        "of",
        "to to to",
        "\u0661\u0662",
        "🙂",
        "ﬀ",
        "İ",
        "a/b/c",
        "million",
        "one",
        "and and",
        "hundred and",
        "99999999999999999999999999",
        "(((",
        "xxxxxxxxxxxxxxxxxxxxxxx"
      })
  void vetoes_ofOddTexts_neitherFailNorFireForEqualOnes(String odd) {
    for (BiPredicate<String, String> veto : VETOES.values()) {
      assertFalse(veto.test(odd, odd));
      assertEquals(veto.test(odd, "how are you"), veto.test("how are you", odd));
    }
  }

  @Test
  void vetoes_ofRandomTexts_areSymmetricAndNeverFail() {
    long seed = 20261126;
    SplittableRandom random = new SplittableRandom(seed);
    String[] parts = {
      "a",
      "Z",
      " ",
      "  ",
      "1",
      "9",
      ",",
      ".",
      "-",
      "'",
      "n't",
      "not",
      "to",
      " of ",
      "one",
      "five ",
      "$",
      "%",
      "\ud83d",
      "\ude00",
      "ß",
      "不",
      "@",
      "_",
      "/",
      "\n",
      "hundred ",
      "x",
      "Un",
      "un",
      "s"
    };
    for (int i = 0; i < 5_000; i++) {
      String a = random(random, parts);
      String b = random(random, parts);
      for (BiPredicate<String, String> veto : VETOES.values()) {
        assertFalse(veto.test(a, a), () -> "seed " + seed + ": " + a);
        assertEquals(veto.test(a, b), veto.test(b, a), () -> "seed " + seed + ": " + a + "|" + b);
      }
    }
  }

  private static String random(SplittableRandom random, String[] parts) {
    StringBuilder text = new StringBuilder();
    for (int n = random.nextInt(14); n > 0; n--) {
      text.append(parts[random.nextInt(parts.length)]);
    }
    return text.toString();
  }

  /** A hundred times of what a pass takes, and far less than anything quadratic does. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "a",
        "1",
        "a ",
        "1 ",
        "1,000,",
        "A",
        "to a ",
        "of x in y ",
        "five hundred and ",
        "-",
        "'",
        "un",
        "a.b",
        "不",
        "one ",
        "not ",
        "A b ",
        "million "
      })
  void vetoes_ofLongTexts_takeLinearTime(String part) {
    String text = part.repeat(100_000 / part.length());
    String other = text + "b";
    assertTimeoutPreemptively(
        Duration.ofSeconds(5),
        () -> {
          for (BiPredicate<String, String> veto : VETOES.values()) {
            assertFalse(veto.test(text, text));
            veto.test(text, other);
          }
        });
  }

  @Test
  void vetoes_combined_fireWhereOneDoes() {
    BiPredicate<String, String> either = TextVetoes.numbers().or(TextVetoes.negation());
    assertTrue(either.test("is it 5", "is it 6"));
    assertTrue(either.test("is it so", "is it not so"));
    assertFalse(either.test("go to Rome from Oslo", "go to Oslo from Rome"));
  }
}
