package dev.inproc.inference.text;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TextPiecesTest {
  private static final NativeTokenizer TOKENIZER =
      NativeTokenizer.open("test", SmallModels.tokenizerJson());
  private static final TextPieces PIECES = new TextPieces(TOKENIZER);
  private static final int ALL = Integer.MAX_VALUE;

  @AfterAll
  static void close() {
    TOKENIZER.close();
  }

  private static String text(long seed, int words) {
    Random random = new Random(seed);
    List<String> parts =
        List.of(
            "word",
            "Unbelievable",
            " ",
            "  ",
            "\n",
            "don't",
            "3.14",
            "1 000",
            "[SEP]",
            "é",
            "e\u0301",
            "中文字",
            "\uD83D\uDE00",
            "!?",
            "-",
            "a",
            "\u0000",
            "\t",
            "x".repeat(150),
            "ﬁ",
            "ΣΑΣ",
            "12,13;14",
            "a, 2; b",
            "\u6211\u4EEC\u4E2D",
            "...?!");
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < words; i++) {
      text.append(parts.get(random.nextInt(parts.size())));
      text.append(random.nextInt(3) == 0 ? "" : " ");
    }
    return text.toString();
  }

  @Test
  void pieces_ofAnyText_haveTheTokensAndWordsOfTheWhole() {
    for (long seed = 0; seed < 20; seed++) {
      // Now and then a piece of one word.
      String text = text(seed, 8_000) + (" " + "x".repeat(5000)).repeat((int) seed % 3);
      NativeTokenizer.TextTokens whole = TOKENIZER.tokens(text, -1);
      AtomicInteger pieces = new AtomicInteger();
      NativeTokenizer.TextTokens read = PIECES.read(text, ALL, 0, pieces::incrementAndGet);
      assertArrayEquals(whole.ids(), read.ids(), "seed " + seed);
      for (int i = 1; i < whole.ids().length; i++) {
        assertEquals(
            whole.wordIds()[i] == whole.wordIds()[i - 1],
            read.wordIds()[i] == read.wordIds()[i - 1],
            "seed " + seed + ", token " + i);
      }
      assertTrue(pieces.get() > 3, "pieces " + pieces);
    }
  }

  @Test
  void reading_ofEnoughTokens_stops() {
    String text = "word ".repeat(200_000);
    AtomicInteger pieces = new AtomicInteger();
    long[] ids = PIECES.read(text, 510, ALL, pieces::incrementAndGet).ids();
    assertTrue(ids.length > 510 && ids.length < 2000, "tokens " + ids.length);
    assertEquals(1, pieces.get());
    assertArrayEquals(
        Arrays.copyOf(TOKENIZER.ids(text.substring(0, 5000)), 510), Arrays.copyOf(ids, 510));
  }

  /** Else the whole text's tokens fill the native memory, and no deadline ends the call. */
  @ParameterizedTest
  @ValueSource(
      strings = {"word\n", "word\t", "12,13,14\n", "0.12, 0.5, ", "a;b;", "\u4E2D\u6587", "!?"})
  void reading_ofATextWithoutSpacesBetweenWords_stopsToo(String part) {
    String text = part.repeat(60_000 / part.length());
    AtomicInteger pieces = new AtomicInteger();
    long[] ids = PIECES.read(text, 510, ALL, pieces::incrementAndGet).ids();
    assertTrue(ids.length > 510 && ids.length < 5000, "tokens " + ids.length);
    assertEquals(1, pieces.get());
    NativeTokenizer.TextTokens read = PIECES.read(text, ALL, 0, pieces::incrementAndGet);
    assertArrayEquals(TOKENIZER.ids(text), read.ids());
    assertTrue(pieces.get() > 10, "pieces " + pieces);
  }

  /** Its word is the whole text, in which it joins what no probe has. */
  @Test
  void pieces_ofATokenizerThatSplitsNoWords_areNotCut() {
    String json =
        "{\"version\": \"1.0\", \"added_tokens\": [], \"model\": {\"type\": \"BPE\","
            + " \"unk_token\": \"?\", \"vocab\": {\"?\": 0, \"x\": 1, \",\": 2, \" \": 3,"
            + " \"x,\": 4, \"x \": 5}, \"merges\": [[\"x\", \",\"], [\"x\", \" \"]]}}";
    try (NativeTokenizer tokenizer = NativeTokenizer.open("bpe", json)) {
      for (String part : List.of("x,", "x ", "x\n", "x, ")) {
        String text = part.repeat(5000);
        AtomicInteger pieces = new AtomicInteger();
        assertArrayEquals(
            tokenizer.ids(text),
            new TextPieces(tokenizer).read(text, ALL, ALL, pieces::incrementAndGet).ids());
        assertTrue(pieces.get() <= 1, "pieces " + pieces);
      }
    }
  }

  @Test
  void reading_ofACallThatIsOver_stops() {
    AtomicInteger pieces = new AtomicInteger();
    Progress over =
        () -> {
          if (pieces.incrementAndGet() == 3) {
            throw new CancellationException();
          }
        };
    assertThrows(
        CancellationException.class, () -> PIECES.read("word ".repeat(200_000), ALL, ALL, over));
  }
}
