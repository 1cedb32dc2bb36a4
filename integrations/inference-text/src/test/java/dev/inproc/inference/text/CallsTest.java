package dev.inproc.inference.text;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.CallOptions;
import dev.inproc.inference.DeadlineExceededException;
import dev.inproc.inference.InferenceInterruptedException;
import dev.inproc.inference.Predictor;
import dev.inproc.inference.PredictorClosedException;
import dev.inproc.inference.batch.Batching;
import dev.inproc.inference.cache.CacheControl;
import dev.inproc.inference.cache.Caching;
import dev.inproc.inference.engine.ModelSource;
import dev.inproc.inference.engine.Session;
import dev.inproc.inference.engine.SessionOptions;
import dev.inproc.inference.metrics.LayerDescription;
import dev.inproc.inference.onnx.OnnxEngine;
import dev.inproc.inference.testing.Await;
import dev.inproc.inference.testing.VirtualThreads;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How calls of an embedder end: answers, failures, closing; and what its layers count. */
class CallsTest {
  private static final TextOptions MEAN = TextOptions.builder().pooling(Pooling.MEAN).build();

  @TempDir static Path directory;
  private static TextModel model;

  @BeforeAll
  static void write() {
    model =
        TextModel.directory(
            SmallModels.write(directory.resolve("small"), SmallModels.encoder(), Map.of()));
  }

  @Test
  void nulls_ofAnyKind_areRefusedAtOnce() {
    try (TextEmbedder embedder = TextEmbedder.load(model, MEAN)) {
      for (Predictor<String, ?> each : List.of(embedder, embedder.queries(), embedder.counted())) {
        assertThrows(NullPointerException.class, () -> each.predict(null));
        assertThrows(NullPointerException.class, () -> each.submit(null));
        assertThrows(NullPointerException.class, () -> each.predictAll(null));
        assertThrows(NullPointerException.class, () -> each.predictAll(Arrays.asList("a", null)));
        assertEquals(List.of(), each.predictAll(List.of()));
      }
      assertThrows(NullPointerException.class, () -> embedder.countTokens(null));
    }
    assertThrows(NullPointerException.class, () -> new TextPair("a", null));
  }

  @Test
  void calls_ofManyThreadsAtOnce_getTheirOwnAnswers() throws Exception {
    try (TextEmbedder embedder = TextEmbedder.load(model, MEAN)) {
      List<String> texts =
          IntStream.range(0, 64).mapToObj(i -> "text number " + i + " x".repeat(i)).toList();
      List<float[]> expected = new ArrayList<>();
      texts.forEach(text -> expected.add(embedder.predict(text)));
      List<CompletableFuture<Void>> callers = new ArrayList<>();
      for (int caller = 0; caller < 8; caller++) {
        int first = caller * 7;
        callers.add(
            CompletableFuture.runAsync(
                () -> {
                  for (int i = 0; i < 200; i++) {
                    int at = (first + i) % texts.size();
                    float[] actual =
                        switch (i % 3) {
                          case 0 -> embedder.predict(texts.get(at));
                          case 1 -> embedder.submit(texts.get(at)).join();
                          default -> embedder.predictAll(List.of("other", texts.get(at))).get(1);
                        };
                    assertArrayEquals(expected.get(at), actual, 1e-5f);
                  }
                },
                task -> new Thread(task).start()));
      }
      for (CompletableFuture<Void> caller : callers) {
        caller.get();
      }
      TextMetrics metrics = embedder.find(TextStats.class).orElseThrow().metrics();
      assertEquals(64 + 8 * (67 + 67 + 2 * 66), metrics.texts());
      assertEquals(metrics.texts(), metrics.windows());
    }
  }

  @Test
  void figures_ofADescription_countTokens() {
    try (TextEmbedder embedder = TextEmbedder.load(model, MEAN)) {
      embedder.predict("one two three");
      embedder.predictAll(List.of("one", "two three"));
      LayerDescription description = embedder.describe();
      assertEquals("text", description.kind());
      assertEquals("small", description.name());
      assertEquals(5L + 3 + 4, description.figure("tokens").orElseThrow().value());
      assertEquals(3L, description.figure("texts").orElseThrow().value());
      assertTrue(description.all().anyMatch(layer -> layer.kind().equals("batching")));
    }
  }

  @Test
  void closing_whileCallersTokenize_crashesNothingAndFailsLaterCalls() throws Exception {
    for (int round = 0; round < 10; round++) {
      TextEmbedder embedder = TextEmbedder.load(model, MEAN);
      CountDownLatch started = new CountDownLatch(4);
      AtomicReference<Throwable> unexpected = new AtomicReference<>();
      List<Thread> threads = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        int kind = i;
        Thread thread =
            new Thread(
                () -> {
                  started.countDown();
                  String text = "word ".repeat(50 << kind);
                  try {
                    while (true) {
                      switch (kind) {
                        case 0 -> embedder.predict(text);
                        case 1 -> embedder.predictAll(List.of(text, text));
                        case 2 -> embedder.countTokens(text);
                        default -> embedder.counted().predict(text);
                      }
                    }
                  } catch (PredictorClosedException e) {
                    // as it should be
                  } catch (Throwable t) {
                    unexpected.set(t);
                  }
                });
        threads.add(thread);
        thread.start();
      }
      Await.latch(started);
      if (round % 2 == 0) {
        embedder.close();
      } else {
        assertTrue(embedder.close(Duration.ofSeconds(20)));
      }
      embedder.close(); // once more
      for (Thread thread : threads) {
        Await.end(thread);
      }
      assertEquals(null, unexpected.get());
      assertThrows(PredictorClosedException.class, () -> embedder.predict("x"));
      assertThrows(PredictorClosedException.class, () -> embedder.countTokens("x"));
      assertInstanceOf(PredictorClosedException.class, Await.failure(embedder.submit("x")));
    }
  }

  @Test
  void closing_aView_leavesTheEmbedderOpen() {
    TextEmbedder embedder = TextEmbedder.load(model, MEAN);
    TextEmbedder queries = embedder.queries();
    Predictor<String, EmbeddedText> counted = embedder.counted();
    queries.close();
    counted.close();
    assertThrows(PredictorClosedException.class, () -> queries.predict("x"));
    assertThrows(PredictorClosedException.class, () -> queries.counted().predict("x"));
    assertThrows(PredictorClosedException.class, () -> queries.passages().predict("x"));
    assertThrows(PredictorClosedException.class, () -> counted.predict("x"));
    assertEquals(SmallModels.SIZE, embedder.predict("x").length);
    TextEmbedder other = embedder.passages();
    embedder.close();
    assertThrows(PredictorClosedException.class, () -> other.predict("x"));
  }

  @Test
  void closing_inACallback_doesNotWaitForItself() {
    TextEmbedder embedder = TextEmbedder.load(model, MEAN);
    CompletableFuture<Void> closed = embedder.submit("x").thenAccept(vector -> embedder.close());
    Await.value(closed);
    embedder.close();
    assertThrows(PredictorClosedException.class, () -> embedder.predict("x"));
  }

  @Test
  void timeout_whileAListIsTokenized_endsTheCall() {
    try (TextEmbedder embedder = TextEmbedder.load(model, MEAN)) {
      CallOptions options = CallOptions.timeout(Duration.ofMillis(1));
      List<String> list = Collections.nCopies(5_000, "many words ".repeat(100));
      long start = System.nanoTime();
      assertThrows(DeadlineExceededException.class, () -> embedder.predictAll(list, options));
      assertTrue(System.nanoTime() - start < 2_000_000_000L, "tokenized the whole list");
      assertThrows(
          DeadlineExceededException.class,
          () -> embedder.predict("word ".repeat(300_000), options));
      assertInstanceOf(
          DeadlineExceededException.class,
          Await.failure(embedder.submit("word ".repeat(300_000), options)));
      assertInstanceOf(
          DeadlineExceededException.class,
          Await.failure(embedder.counted().submit("word ".repeat(300_000), options)));
    }
  }

  @Test
  void interrupt_whileAListIsTokenized_endsTheCall() throws Exception {
    try (TextEmbedder embedder = TextEmbedder.load(model, MEAN)) {
      AtomicReference<Throwable> failure = new AtomicReference<>();
      AtomicReference<Boolean> status = new AtomicReference<>();
      Thread caller =
          new Thread(
              () -> {
                try {
                  embedder.predictAll(Collections.nCopies(20_000, "many words ".repeat(100)));
                } catch (Throwable t) {
                  failure.set(t);
                  status.set(Thread.currentThread().isInterrupted());
                }
              });
      caller.start();
      caller.interrupt();
      Await.end(caller);
      assertInstanceOf(InferenceInterruptedException.class, failure.get());
      assertTrue(status.get());
    }
  }

  @Test
  void virtualThreads_ofAnyNumber_getAnswers() throws Exception {
    if (!VirtualThreads.areThere()) {
      return;
    }
    try (TextEmbedder embedder = TextEmbedder.load(model, MEAN)) {
      float[] expected = embedder.predict("a text");
      List<float[]> answers = Collections.synchronizedList(new ArrayList<>());
      List<Thread> threads = new ArrayList<>();
      for (int i = 0; i < 50; i++) {
        Thread thread = VirtualThreads.unstarted(() -> answers.add(embedder.predict("a text")));
        threads.add(thread);
        thread.start();
      }
      for (Thread thread : threads) {
        thread.join();
      }
      assertEquals(50, answers.size());
      answers.forEach(answer -> assertArrayEquals(expected, answer, 1e-5f));
    }
  }

  @Test
  void layer_ofACache_standsInsideThePrefixes() {
    TextOptions options =
        MEAN.toBuilder()
            .queryPrefix("query: ")
            .layer(Caching.exact(100).withAnswers(float[].class).withAlwaysOn())
            .build();
    try (TextEmbedder embedder = TextEmbedder.load(model, options)) {
      float[] vector = embedder.queries().predict("text");
      float[] again = embedder.queries().predict("text");
      assertArrayEquals(vector, again);
      assertNotSame(vector, again);
      assertArrayEquals(vector, embedder.predict("query: text"));
      EmbeddedText counted = embedder.queries().counted().predict("text");
      assertArrayEquals(vector, counted.vector());
      assertEquals(5, counted.tokens());
      assertEquals(
          5, embedder.queries().counted().predictAll(List.of("a b", "text")).get(1).tokens());
      assertEquals(5, embedder.queries().counted().submit("text").join().tokens());
      var cache = embedder.find(CacheControl.class).orElseThrow().metrics();
      assertEquals(5, cache.hits());
      assertEquals(2, embedder.find(TextStats.class).orElseThrow().metrics().texts());
    }
  }

  @Test
  void adapter_aroundASession_embedsAsTheEmbedderDoes() {
    SessionOptions session =
        SessionOptions.builder()
            .padIfPresent("input_ids", 0)
            .padIfPresent("attention_mask", 0)
            .padIfPresent("token_type_ids", 0)
            .padIfPresent("position_ids", 0)
            .build();
    Session loaded =
        new OnnxEngine().load(ModelSource.file(directory.resolve("small/model.onnx")), session);
    try (TextEmbedder embedder = TextEmbedder.load(model, MEAN);
        Predictor<String, float[]> adapted =
            loaded.with(Batching.upTo(8)).with(TextEmbedder.adapter(model, MEAN))) {
      assertArrayEquals(embedder.predict("a text"), adapted.predict("a text"), 1e-6f);
      assertInstanceOf(TextEmbedder.class, adapted);
    }
    assertEquals("closed", loaded.describe().figure("state").orElseThrow().value());
  }

  @Test
  void options_changedCopies_keepTheOthers() {
    TextOptions options =
        TextOptions.builder()
            .pooling(Pooling.CLS)
            .normalized(false)
            .queryPrefix("q")
            .passagePrefix("p")
            .maxTokens(9)
            .longTexts(LongTexts.REFUSE)
            .output("o")
            .batching(Batching.upTo(3))
            .build();
    TextOptions copy = options.toBuilder().maxTokens(10).build();
    assertEquals(10, copy.maxTokens());
    assertEquals(Pooling.CLS, copy.pooling());
    assertFalse(copy.normalized());
    assertEquals("q", copy.queryPrefix());
    assertEquals("p", copy.passagePrefix());
    assertEquals(LongTexts.REFUSE, copy.longTexts());
    assertEquals("o", copy.output());
    assertEquals(Batching.upTo(3), copy.batching());
    assertThrows(IllegalArgumentException.class, () -> TextOptions.builder().maxTokens(2));
  }
}
