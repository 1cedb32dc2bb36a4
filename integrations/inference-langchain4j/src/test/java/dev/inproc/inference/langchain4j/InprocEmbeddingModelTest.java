package dev.inproc.inference.langchain4j;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.PredictorClosedException;
import dev.inproc.inference.batch.Batching;
import dev.inproc.inference.text.TextEmbedder;
import dev.inproc.inference.text.TextModel;
import dev.inproc.inference.text.TextOptions;
import dev.langchain4j.data.embedding.Embedding;
import dev.langchain4j.data.segment.TextSegment;
import dev.langchain4j.exception.NonRetriableException;
import dev.langchain4j.exception.UnsupportedFeatureException;
import dev.langchain4j.model.embedding.onnx.allminilml6v2.AllMiniLmL6V2EmbeddingModel;
import dev.langchain4j.model.embedding.request.EmbeddingInputType;
import dev.langchain4j.model.embedding.request.EmbeddingRequest;
import dev.langchain4j.model.output.Response;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class InprocEmbeddingModelTest {
  private static final List<String> TEXTS =
      List.of(
          "Hi",
          "How do I reset my password?",
          "The parcel has not arrived yet, although the tracking page says that it was delivered.",
          "Ein Satz auf Deutsch, mit Umlauten: äöü.",
          "naïve café — “quoted” 日本語 🙂",
          "What is the capital of France?",
          "Paris is the capital of France",
          "Our return policy lets you send any instrument back within thirty days. ".repeat(8));

  private static List<TextSegment> segments(List<String> texts) {
    return texts.stream().map(TextSegment::from).toList();
  }

  private static void assertSameDirection(float[] expected, float[] actual, String text) {
    double cosine = Models.cosine(expected, actual);
    assertTrue(cosine >= 0.9999, () -> "cosine " + cosine + ": " + text);
  }

  @Test
  void miniLm_answersAsLangChain4jsOwn_singlyAndInLists_andCountsItsTokens() {
    AllMiniLmL6V2EmbeddingModel theirs = new AllMiniLmL6V2EmbeddingModel();
    try (InprocEmbeddingModel model = Models.borrowing(Models.miniLm()).build()) {
      assertEquals(384, model.dimension());
      assertEquals("all-minilm-l6-v2", model.modelName());
      Response<List<Embedding>> all = model.embedAll(segments(TEXTS));
      int tokens = 0;
      for (int i = 0; i < TEXTS.size(); i++) {
        Response<Embedding> expected = theirs.embed(TEXTS.get(i));
        Response<Embedding> single = model.embed(TEXTS.get(i));
        assertSameDirection(expected.content().vector(), single.content().vector(), TEXTS.get(i));
        assertSameDirection(
            expected.content().vector(), all.content().get(i).vector(), TEXTS.get(i));
        int special = 2; // theirs leaves [CLS] and [SEP] out
        assertEquals(
            expected.tokenUsage().inputTokenCount() + special,
            single.tokenUsage().inputTokenCount());
        tokens += single.tokenUsage().inputTokenCount();
      }
      assertEquals(tokens, all.tokenUsage().inputTokenCount());
    }
  }

  @Test
  void directory_isServedByOneLine(@TempDir Path directory) throws Exception {
    Files.write(directory.resolve("model.onnx"), Models.bytes("all-minilm-l6-v2.onnx"));
    Files.write(
        directory.resolve("tokenizer.json"), Models.bytes("all-minilm-l6-v2-tokenizer.json"));
    Files.createDirectory(directory.resolve("1_Pooling"));
    Files.writeString(
        directory.resolve("1_Pooling/config.json"), "{\"pooling_mode_mean_tokens\": true}");
    try (InprocEmbeddingModel model = InprocEmbeddingModel.from(directory);
        InprocEmbeddingModel reference = Models.borrowing(Models.miniLm()).build()) {
      assertArrayEquals(
          reference.embed("hello").content().vector(), model.embed("hello").content().vector());
    }
  }

  /** The tokenizer's file cuts texts; LangChain4j's own leaves it at that, at 128 tokens. */
  @Test
  void longText_ofAsManyTokensAsLangChain4jReads_isAnsweredAsByIt() {
    String text =
        "Our return policy lets you send any instrument back in thirty days. ".repeat(120);
    AllMiniLmL6V2EmbeddingModel theirs = new AllMiniLmL6V2EmbeddingModel();
    Response<Embedding> expected = theirs.embed(text);
    assertEquals(126, expected.tokenUsage().inputTokenCount());
    TextOptions cut = Models.MEAN.toBuilder().maxTokens(128).build();
    TextModel files = Models.model("all-minilm-l6-v2");
    try (InprocEmbeddingModel model = InprocEmbeddingModel.of(TextEmbedder.load(files, cut))) {
      assertSameDirection(
          expected.content().vector(), model.embed(text).content().vector(), "128 tokens");
    }
    float[] of512 = Models.miniLm().predict(text);
    assertTrue(Models.cosine(expected.content().vector(), of512) < 0.95);
  }

  @Test
  void hostileTexts_haveVectors_orAClearError() {
    InprocEmbeddingModel model = Models.borrowing(Models.miniLm()).build();
    List<String> texts =
        List.of(
            "🙂🙂🙂",
            "a\0b",
            "\ud800 \udc00",
            "שלום עולם",
            "word".repeat(2_500),
            "word ".repeat(20_000));
    List<Embedding> all = model.embedAll(segments(texts)).content();
    for (int i = 0; i < texts.size(); i++) {
      assertEquals(1, Models.cosine(all.get(i).vector(), all.get(i).vector()), 1e-6);
      assertSameDirection(
          all.get(i).vector(), model.embed(texts.get(i)).content().vector(), "text " + i);
    }
    assertThrows(IllegalArgumentException.class, () -> model.embed(" "));
    EmbeddingRequest empty = EmbeddingRequest.builder().input("").build();
    assertEquals(384, model.embed(empty).embeddings().get(0).dimension());
  }

  @Test
  void concurrentCallers_getTheirOwnAnswers() throws Exception {
    ExecutorService callers = Executors.newFixedThreadPool(16);
    try (InprocEmbeddingModel model = Models.borrowing(Models.miniLm()).build()) {
      List<Embedding> expected = model.embedAll(segments(TEXTS)).content();
      List<Future<?>> futures = new ArrayList<>();
      for (int caller = 0; caller < 16; caller++) {
        int first = caller;
        futures.add(
            callers.submit(
                () -> {
                  for (int i = 0; i < TEXTS.size(); i++) {
                    int index = (first + i) % TEXTS.size();
                    String text = TEXTS.get(index);
                    float[] answer =
                        first % 2 == 0
                            ? model.embed(text).content().vector()
                            : model
                                .embedAsync(EmbeddingRequest.builder().input(text).build())
                                .join()
                                .embeddings()
                                .get(0)
                                .vector();
                    assertSameDirection(expected.get(index).vector(), answer, text);
                  }
                }));
      }
      for (Future<?> future : futures) {
        future.get(30, TimeUnit.SECONDS);
      }
    } finally {
      callers.shutdownNow();
    }
  }

  @Test
  void asyncList_longerThanTheQueue_isAnsweredAsABlockingOne() throws Exception {
    TextOptions options =
        Models.MEAN.toBuilder().batching(Batching.upTo(8).withMaxQueued(8)).build();
    TextEmbedder embedder = TextEmbedder.load(Models.model("all-minilm-l6-v2"), options);
    try (InprocEmbeddingModel model = InprocEmbeddingModel.of(embedder)) {
      String[] texts = IntStream.range(0, 100).mapToObj(i -> "order " + i).toArray(String[]::new);
      EmbeddingRequest request = EmbeddingRequest.builder().inputs(texts).build();
      List<Embedding> blocking = model.embed(request).embeddings();
      List<Embedding> async = model.embedAsync(request).get(30, TimeUnit.SECONDS).embeddings();
      for (int i = 0; i < texts.length; i++) {
        assertSameDirection(blocking.get(i).vector(), async.get(i).vector(), texts[i]);
      }
    }
  }

  @Test
  void inputType_addsThePrefix_andNoneWithoutIt() {
    String text = "Paris is the capital of France";
    try (TextEmbedder raw = Models.e5(Models.MEAN)) {
      InprocEmbeddingModel model = Models.borrowing(Models.e5()).build();
      assertArrayEquals(raw.predict("query: " + text), embed(model, text, "QUERY"));
      assertArrayEquals(raw.predict("passage: " + text), embed(model, text, "DOCUMENT"));
      assertArrayEquals(raw.predict(text), model.embed(text).content().vector());
      InprocEmbeddingModel documents =
          Models.borrowing(Models.e5()).inputType(EmbeddingInputType.DOCUMENT).build();
      assertArrayEquals(raw.predict("passage: " + text), documents.embed(text).content().vector());
      assertArrayEquals(raw.predict("query: " + text), embed(documents, text, "QUERY"));
    }
  }

  private static float[] embed(InprocEmbeddingModel model, String text, String type) {
    EmbeddingRequest request =
        EmbeddingRequest.builder().input(text).inputType(EmbeddingInputType.valueOf(type)).build();
    return model.embed(request).embeddings().get(0).vector();
  }

  @Test
  void inputType_withoutPrefixes_isRefused_inRequestsAndInTheBuilder() {
    InprocEmbeddingModel.Builder builder =
        InprocEmbeddingModel.builder(new ScriptedPredictor<>(text -> new float[1]), 1);
    assertThrows(UnsupportedFeatureException.class, () -> embed(builder.build(), "a", "QUERY"));
    String message =
        assertThrows(
                IllegalArgumentException.class, () -> builder.inputType(EmbeddingInputType.QUERY))
            .getMessage();
    assertTrue(message.contains("queryPrefix"), message);
  }

  @Test
  void list_isOneCall() {
    ScriptedPredictor<String, float[]> predictor =
        new ScriptedPredictor<>(text -> new float[] {text.length()});
    InprocEmbeddingModel model = InprocEmbeddingModel.builder(predictor, 1).build();
    Response<List<Embedding>> response = model.embedAll(segments(List.of("a", "abc", "ab")));
    assertEquals(1, predictor.blocking.size());
    assertEquals(List.of("a", "abc", "ab"), predictor.blocking.get(0).inputs());
    assertEquals(3, response.content().get(1).vector()[0]);
    assertNull(response.tokenUsage());
    assertEquals(List.of(), model.embedAll(List.of()).content());
  }

  @Test
  void vector_ofAnotherLengthThanStated_isRefused() {
    InprocEmbeddingModel model =
        InprocEmbeddingModel.builder(new ScriptedPredictor<>(text -> new float[3]), 4).build();
    String blocking =
        assertThrows(IllegalStateException.class, () -> model.embed("a")).getMessage();
    assertEquals("Expected vectors of 4 values, the predictor gave 3", blocking);
    assertThrows(
        IllegalArgumentException.class,
        () -> InprocEmbeddingModel.builder(new ScriptedPredictor<>(text -> new float[3]), 0));
  }

  @Test
  void close_ofTheOwner_closesTheEmbedder_andIsIdempotent() {
    TextEmbedder embedder = Models.e5(Models.MEAN);
    InprocEmbeddingModel model = InprocEmbeddingModel.of(embedder);
    model.close();
    model.close();
    assertTrue(model.close(Duration.ofSeconds(1)));
    assertThrows(PredictorClosedException.class, () -> embedder.predict("a"));
    NonRetriableException refused =
        assertThrows(NonRetriableException.class, () -> model.embed("a"));
    assertEquals(PredictorClosedException.class, refused.getCause().getClass());
  }

  @Test
  void close_ofABorrower_leavesTheEmbedderOpen_andRefusesItsOwnCalls() {
    InprocEmbeddingModel model = Models.borrowing(Models.e5()).build();
    InprocEmbeddingModel other = Models.borrowing(Models.e5()).build();
    assertTrue(model.close(Duration.ofSeconds(1)));
    assertThrows(NonRetriableException.class, () -> model.embed("a"));
    assertThrows(NonRetriableException.class, () -> embed(model, "a", "QUERY"));
    CompletableFuture<?> async = model.embedAsync(EmbeddingRequest.builder().input("a").build());
    assertTrue(async.isCompletedExceptionally());
    assertEquals(384, other.embed("a").content().dimension());
    assertEquals(384, Models.e5().predict("a").length);
  }

  @Test
  void close_ofTheOwnerOfAPredictor_closesIt() {
    ScriptedPredictor<String, float[]> predictor = new ScriptedPredictor<>(text -> new float[1]);
    InprocEmbeddingModel.builder(predictor, 1).borrowed().build().close();
    assertEquals(false, predictor.closed);
    InprocEmbeddingModel.builder(predictor, 1).build().close();
    assertTrue(predictor.closed);
  }
}
