package dev.inproc.inference.text;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.InvalidInputException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Texts that nobody expects, to a real model. */
class HostileTextsTest {
  private static final int MANY = 100_000;
  private static final TextOptions MEAN = TextOptions.builder().pooling(Pooling.MEAN).build();

  @TempDir static Path directory;
  private static TextModel small;
  private static TextEmbedder truncating;
  private static TextEmbedder splitting;

  @BeforeAll
  static void load() {
    small = TextModel.directory(SmallModels.write(directory, SmallModels.encoder(), Map.of()));
    truncating = TextEmbedder.load(RealModels.miniLmInt8(), MEAN);
    splitting =
        TextEmbedder.load(
            RealModels.miniLmInt8(),
            MEAN.toBuilder().longTexts(LongTexts.SPLIT_AND_AVERAGE).build());
  }

  @AfterAll
  static void close() {
    truncating.close();
    splitting.close();
  }

  private static String prose(int characters) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; text.length() < characters; i++) {
      text.append(i % 12 == 11 ? "and 42 unbelievably long sentences. " : "word ");
    }
    return text.substring(0, characters);
  }

  static Map<String, String> texts() {
    Map<String, String> texts = new LinkedHashMap<>();
    texts.put("long", prose(MANY));
    texts.put("long word", "x".repeat(10_000));
    texts.put("very long word", "ab".repeat(MANY / 2));
    texts.put("empty", "");
    texts.put("whitespace", " \t\n\u00A0\u2003\r ");
    texts.put("much whitespace", " ".repeat(MANY));
    texts.put("emoji", "\uD83D\uDE00\uD83D\uDC68\u200D\uD83D\uDC69\u200D\uD83D\uDC67");
    texts.put("many emoji", "\uD83D\uDE00".repeat(MANY / 2));
    texts.put("high surrogate", "\uD83D");
    texts.put("low surrogate", "a \uDE00 b");
    texts.put("surrogates turned", "\uDE00\uD83D\uDE00\uD83D");
    texts.put("right to left", "\u202Eמה שלומך היום? كيف حالك");
    texts.put("NUL", "a\u0000b\u0000");
    texts.put("NULs", "\u0000".repeat(1000));
    texts.put("control", "\u0001\u001B[31m\u007F\u0085\uFEFF\uFFFE\uFFFF");
    texts.put("combining", "e\u0301".repeat(5000) + "\u0301".repeat(5000));
    texts.put("special tokens", "[CLS] [SEP] [PAD] [MASK] [UNK]");
    texts.put("Chinese", "中文".repeat(MANY / 2));
    texts.put("punctuation", "!?".repeat(MANY / 2));
    texts.put("lines", "\n".repeat(MANY / 2) + "a\n".repeat(MANY / 4));
    return texts;
  }

  @Test
  void text_ofAnyKind_getsAUnitVectorInOneSecondWhenTruncated() {
    truncating.predict(prose(5000)); // warm
    texts()
        .forEach(
            (name, text) -> {
              // The best of a few: other processes take their share of the machine.
              long best = Long.MAX_VALUE;
              for (int i = 0; i < 4 && best > 1_000_000_000; i++) {
                long start = System.nanoTime();
                check(name, truncating.predict(text));
                best = Math.min(best, System.nanoTime() - start);
              }
              assertTrue(best <= 1_000_000_000, name + " took " + best / 1_000_000 + " ms");
            });
  }

  @Test
  void texts_inOneList_answerAsAlone() {
    List<String> all = new ArrayList<>(texts().values());
    List<float[]> list = truncating.predictAll(all);
    for (int i = 0; i < all.size(); i++) {
      assertArrayEquals(truncating.predict(all.get(i)), list.get(i), 1e-4f);
    }
  }

  private static void check(String name, float[] vector) {
    double squares = 0;
    for (float value : vector) {
      assertTrue(Float.isFinite(value), name);
      squares += (double) value * value;
    }
    assertEquals(1, squares, 1e-4, name);
  }

  /** The whole text would be read in another way for one half of a character. */
  @Test
  void loneSurrogate_standsForTheReplacementCharacter() {
    String rest = " of \uD83D\uDE00 caf\u00E9 \u0000 word";
    assertArrayEquals(
        truncating.predict("\uFFFD" + rest), truncating.predict("\uD83D" + rest), 1e-6f);
    assertEquals("a\uFFFDb\uD83D\uDE00\uFFFD", Surrogates.replaced("a\uDE00b\uD83D\uDE00\uD83D"));
    String plain = "plain \uD83D\uDE00";
    assertSame(plain, Surrogates.replaced(plain), "no copy");
  }

  @Test
  void refusing_longText_failsWithTheOptionAndTheIndex() {
    TextOptions strict = MEAN.toBuilder().longTexts(LongTexts.REFUSE).build();
    try (TextEmbedder embedder = TextEmbedder.load(small, strict)) {
      InvalidInputException alone =
          assertThrows(InvalidInputException.class, () -> embedder.predict(prose(MANY)));
      assertTrue(alone.getMessage().contains("TextOptions.longTexts"), alone.getMessage());
      assertTrue(alone.getMessage().contains("at most 512 tokens"), alone.getMessage());
      InvalidInputException inList =
          assertThrows(
              InvalidInputException.class,
              () -> embedder.predictAll(List.of("short", prose(MANY))));
      assertEquals(1, inList.index());
      assertEquals(
          InvalidInputException.class,
          assertThrows(Exception.class, () -> embedder.submit(prose(MANY)).get())
              .getCause()
              .getClass());
    }
  }

  /** Each window answers as a text of its own would: the mean of the vectors of all tokens. */
  @Test
  void splitting_longText_isTheMeanOfItsWindows() {
    String first = "river ".repeat(510);
    String second = "house ".repeat(90);
    TextOptions raw = MEAN.toBuilder().normalized(false).build();
    TextOptions split = raw.toBuilder().longTexts(LongTexts.SPLIT_AND_AVERAGE).build();
    try (TextEmbedder windows = TextEmbedder.load(small, raw);
        TextEmbedder whole = TextEmbedder.load(small, split)) {
      float[] expected = windows.predict(first);
      Vectors.scale(expected, 510f / 600);
      Vectors.add(expected, windows.predict(second), 90f / 600);
      for (EmbeddedText actual :
          List.of(
              whole.counted().predict(first + second),
              whole.counted().submit(first + second).join(),
              whole.counted().predictAll(List.of("a", first + second, "b")).get(1))) {
        assertArrayEquals(expected, actual.vector(), 1e-5f);
        assertEquals(604, actual.tokens());
      }
      assertArrayEquals(
          windows.predict("b"), whole.predictAll(List.of("a", first + second, "b")).get(2), 1e-5f);
      TextMetrics metrics = whole.find(TextStats.class).orElseThrow().metrics();
      assertEquals(1 + 1 + 3 + 3, metrics.texts());
      assertEquals(metrics.texts() + 4, metrics.windows());
      assertEquals(0, metrics.truncated());
    }
  }

  @Test
  void splitting_longText_takesTimeInProportion() {
    splitting.predict(prose(20_000)); // warm
    double small = Double.MAX_VALUE;
    double large = Double.MAX_VALUE;
    for (int i = 0; i < 3; i++) { // in turn: the machine's load changes
      small = Math.min(small, seconds(prose(7_500)));
      large = Math.min(large, seconds(prose(30_000)));
    }
    assertTrue(large < 8 * small, "4 times the text took " + large / small + " times as long");
  }

  private static double seconds(String text) {
    long start = System.nanoTime();
    check("prose", splitting.predict(text));
    return (System.nanoTime() - start) / 1e9;
  }

  @Test
  void splitting_bookThatIsCancelled_stopsSoon() {
    CompletableFuture<float[]> book = splitting.submit(prose(1_000_000));
    assertTrue(book.cancel(true));
    assertThrows(CancellationException.class, book::join);
    long start = System.nanoTime();
    check("next", splitting.predict("next"));
    assertTrue(System.nanoTime() - start < 3_000_000_000L, "the book went on");
  }

  /** A caller of single texts stands behind a few windows of a book, not behind all. */
  @Test
  void splitting_bookByAnyMethod_isFairToOthers() {
    String book = prose(80_000);
    long[] waits = new long[12];
    CompletableFuture<float[]> whole = splitting.submit(book);
    CompletableFuture<float[]> blocking =
        CompletableFuture.supplyAsync(() -> splitting.predict(book));
    for (int i = 0; i < waits.length; i++) {
      long start = System.nanoTime();
      check("single", splitting.submit("a short text " + i).join());
      waits[i] = System.nanoTime() - start;
    }
    boolean isOver = whole.isDone() && blocking.isDone();
    whole.cancel(true);
    assertTrue(!isOver, "the singles had to wait for the book");
    check("book", blocking.join());
    long median = Arrays.stream(waits).sorted().toArray()[waits.length / 2];
    assertTrue(median < 3_000_000_000L, "median wait " + Duration.ofNanos(median));
  }
}
