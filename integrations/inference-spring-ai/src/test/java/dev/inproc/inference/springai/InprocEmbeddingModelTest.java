package dev.inproc.inference.springai;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.CallOptions;
import dev.inproc.inference.DeadlineExceededException;
import dev.inproc.inference.PredictorClosedException;
import dev.inproc.inference.deploy.Deployment;
import dev.inproc.inference.model.ModelVersion;
import dev.inproc.inference.text.TextEmbedder;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.springframework.ai.content.Media;
import org.springframework.ai.document.Document;
import org.springframework.ai.document.MetadataMode;
import org.springframework.ai.embedding.BatchingStrategy;
import org.springframework.ai.embedding.Embedding;
import org.springframework.ai.embedding.EmbeddingOptions;
import org.springframework.ai.embedding.EmbeddingRequest;
import org.springframework.ai.embedding.EmbeddingResponse;
import org.springframework.ai.embedding.TokenCountBatchingStrategy;
import org.springframework.util.MimeTypeUtils;

/** On the real MiniLM; what is expected comes from the embedder without Spring AI. */
class InprocEmbeddingModelTest {
  /** Answers move by less than this with the batch that they are in. */
  private static final float CLOSE = 1e-5f;

  private static final List<String> TEXTS =
      List.of("Where is my parcel?", "hello world", "Can I rent a cello for a school year?");

  /** One batch for each document. */
  private static final BatchingStrategy SINGLY =
      documents -> documents.stream().map(List::of).toList();

  private final TextEmbedder plain = MiniLm.PLAIN;
  private final TextEmbedder prefixed = MiniLm.PREFIXED;
  private final InprocEmbeddingModel model = InprocEmbeddingModel.of(plain);
  private final InprocEmbeddingModel withRoles = InprocEmbeddingModel.of(prefixed);

  // ---- answers ----

  @Test
  void call_severalTexts_embeddingsInOrderWithIndicesFromZero() {
    EmbeddingResponse response = model.call(new EmbeddingRequest(TEXTS, null));
    assertEquals(
        List.of(0, 1, 2), response.getResults().stream().map(Embedding::getIndex).toList());
    for (int i = 0; i < TEXTS.size(); i++) {
      assertVector(plain.predict(TEXTS.get(i)), response.getResults().get(i).getOutput());
    }
  }

  @Test
  void call_metadata_hasTheModelAndTheTokensThatItRead() {
    // [CLS] hello world [SEP]; [CLS] hello [SEP]
    EmbeddingResponse response = model.embedForResponse(List.of("hello world", "hello"));
    assertEquals(MiniLm.NAME, response.getMetadata().getModel());
    assertEquals(7, response.getMetadata().getUsage().getPromptTokens());
    assertEquals(0, response.getMetadata().getUsage().getCompletionTokens());
    assertEquals(7, response.getMetadata().getUsage().getTotalTokens());
  }

  @Test
  void call_prefixedTexts_tokensOfThePrefixCount() {
    int expected = prefixed.countTokens(MiniLm.QUERY + "hello world");
    EmbeddingResponse response = withRoles.embedForResponse(List.of("hello world"));
    assertEquals(expected, response.getMetadata().getUsage().getTotalTokens());
    assertTrue(expected > 4, "a prefix of its own tokens");
  }

  @Test
  void call_noTexts_answersNothing() {
    EmbeddingResponse response = model.call(new EmbeddingRequest(List.of(), null));
    assertEquals(List.of(), response.getResults());
    assertEquals(0, response.getMetadata().getUsage().getTotalTokens());
  }

  @Test
  void call_listLongerThanABatch_eachItsOwnAnswer() {
    List<String> texts = IntStream.range(0, 100).mapToObj(i -> "item " + i).toList();
    List<float[]> vectors = model.embed(texts);
    assertEquals(100, vectors.size());
    for (int i = 0; i < 100; i += 33) {
      assertVector(plain.predict(texts.get(i)), vectors.get(i));
    }
  }

  @Test
  void call_nullText_isNamed() {
    EmbeddingRequest request = new EmbeddingRequest(Arrays.asList("a", null), null);
    NullPointerException e = assertThrows(NullPointerException.class, () -> model.call(request));
    assertEquals("texts[1]", e.getMessage());
  }

  @Test
  void dimensions_closedModel_needsNoCall() {
    TextEmbedder embedder = MiniLm.loadUnprobed();
    InprocEmbeddingModel closed = InprocEmbeddingModel.of(embedder);
    closed.close();
    assertEquals(MiniLm.DIMENSIONS, closed.dimensions());
    assertThrows(PredictorClosedException.class, () -> closed.embed("a"));
    assertThrows(PredictorClosedException.class, () -> embedder.predict("a"));
    closed.close();
  }

  @Test
  void close_embedderOfAnother_staysOpen() {
    InprocEmbeddingModel borrowing = InprocEmbeddingModel.builder(plain).borrowed().build();
    borrowing.close();
    assertEquals(MiniLm.DIMENSIONS, plain.predict("a").length);
  }

  // ---- roles ----

  @Test
  void string_everyMethod_isAQuery() {
    float[] query = plain.predict(MiniLm.QUERY + "parcel");
    assertVector(query, withRoles.embed("parcel"));
    assertVector(query, withRoles.embed(List.of("parcel")).get(0));
    assertVector(query, withRoles.embedForResponse(List.of("parcel")).getResult().getOutput());
    assertVector(query, call(withRoles, "parcel", null));
    assertVector(query, call(withRoles, "parcel", EmbeddingOptions.builder().build()));
  }

  @Test
  void document_everyMethod_isAPassage() {
    float[] passage = plain.predict(MiniLm.PASSAGE + "parcel");
    Document document = new Document("parcel");
    EmbeddingOptions asQuery = InprocEmbeddingOptions.builder().role(TextRole.QUERY).build();
    List<Document> list = List.of(document);
    assertVector(passage, withRoles.embed(document));
    assertVector(passage, withRoles.embed(list, null, SINGLY).get(0));
    assertVector(passage, withRoles.embed(list, asQuery, SINGLY).get(0));
    assertNotEquals(passage[0], withRoles.embed("parcel")[0]);
  }

  @Test
  void string_roleOfTheBuilderAndOfTheRequest_theRequestWins() {
    InprocEmbeddingModel passages =
        InprocEmbeddingModel.builder(prefixed).textRole(TextRole.PASSAGE).borrowed().build();
    EmbeddingOptions asQuery = InprocEmbeddingOptions.builder().role(TextRole.QUERY).build();
    assertVector(plain.predict(MiniLm.PASSAGE + "parcel"), passages.embed("parcel"));
    assertVector(plain.predict(MiniLm.PASSAGE + "parcel"), call(passages, "parcel", null));
    assertVector(plain.predict(MiniLm.QUERY + "parcel"), call(passages, "parcel", asQuery));
  }

  // ---- documents ----

  @Test
  void documents_eachBatchingStrategy_vectorsInTheirOrder() {
    List<Document> documents = TEXTS.stream().map(Document::new).toList();
    for (BatchingStrategy strategy :
        List.<BatchingStrategy>of(SINGLY, List::of, new TokenCountBatchingStrategy())) {
      List<float[]> vectors = model.embed(documents, EmbeddingOptions.builder().build(), strategy);
      assertEquals(TEXTS.size(), vectors.size());
      for (int i = 0; i < TEXTS.size(); i++) {
        assertVector(plain.predict(TEXTS.get(i)), vectors.get(i));
      }
    }
  }

  @Test
  void documents_strategyThatLosesOne_isRefused() {
    List<Document> documents = Stream.of("a", "b").map(Document::new).toList();
    IllegalArgumentException e =
        assertThrows(
            IllegalArgumentException.class,
            () -> model.embed(documents, null, all -> List.of(all.subList(0, 1))));
    assertTrue(e.getMessage().contains("1 documents in all, expected 2"), e.getMessage());
  }

  /** A caller takes the vectors by their positions: another order would swap them silently. */
  @Test
  void documents_strategyThatReordersOrSwapsThem_isRefused() {
    List<Document> documents = Stream.of("a", "b", "c").map(Document::new).toList();
    BatchingStrategy reverse = all -> List.of(List.of(all.get(2)), List.of(all.get(1), all.get(0)));
    BatchingStrategy twice = all -> List.of(List.of(all.get(0), all.get(0), all.get(2)));
    for (BatchingStrategy strategy : List.of(reverse, twice)) {
      IllegalArgumentException e =
          assertThrows(
              IllegalArgumentException.class, () -> model.embed(documents, null, strategy));
      assertTrue(e.getMessage().contains("in the order given"), e.getMessage());
    }
  }

  /** Spring AI 1.1 merges equal documents into one; 2.0 does not. */
  @Test
  void documents_equalOnes_areEmbeddedOrRefusedButNeverLost() {
    Document document = new Document("7", "a", Map.of());
    List<Document> twice = List.of(document, document);
    TokenCountBatchingStrategy strategy = new TokenCountBatchingStrategy();
    if (strategy.batch(twice).get(0).size() == 2) {
      List<float[]> vectors = model.embed(twice, null, strategy);
      assertEquals(2, vectors.size());
      assertVector(plain.predict("a"), vectors.get(1));
    } else {
      assertThrows(IllegalArgumentException.class, () -> model.embed(twice, null, strategy));
    }
  }

  @Test
  void document_metadataMode_decidesWhatIsEmbedded() {
    Document document = new Document("Up to 30 days.", Map.of("topic", "refunds"));
    InprocEmbeddingModel withMetadata =
        InprocEmbeddingModel.builder(plain).metadataMode(MetadataMode.EMBED).borrowed().build();
    assertEquals("Up to 30 days.", model.getEmbeddingContent(document));
    assertEquals("topic: refunds\n\nUp to 30 days.", withMetadata.getEmbeddingContent(document));
    float[] expected = plain.predict("topic: refunds\n\nUp to 30 days.");
    assertVector(expected, withMetadata.embed(document));
    assertVector(expected, withMetadata.embed(List.of(document), null, SINGLY).get(0));
    assertVector(plain.predict("Up to 30 days."), model.embed(document));
    document.setContentFormatter((doc, mode) -> "Shop: " + doc.getText());
    assertEquals("Shop: Up to 30 days.", model.getEmbeddingContent(document));
  }

  @Test
  void document_media_isRefusedByItsId() {
    Media image = new Media(MimeTypeUtils.IMAGE_PNG, URI.create("file:/a.png"));
    Document document = new Document("photo-7", image, Map.of());
    List<Document> list = List.of(document);
    for (IllegalArgumentException e :
        List.of(
            assertThrows(IllegalArgumentException.class, () -> model.embed(document)),
            assertThrows(IllegalArgumentException.class, () -> model.embed(list, null, SINGLY)))) {
      assertEquals("Document photo-7 has no text: expected text, got media", e.getMessage());
    }
  }

  // ---- options ----

  @Test
  void options_metByTheModel_areTaken() {
    EmbeddingOptions exact =
        EmbeddingOptions.builder().model(MiniLm.NAME).dimensions(MiniLm.DIMENSIONS).build();
    assertVector(plain.predict("a"), call(model, "a", exact));
    assertVector(
        plain.predict("a"), call(model, "a", EmbeddingOptions.builder().model("").build()));
  }

  @Test
  void options_otherModelOrDimensions_areRefusedInEveryMethod() {
    EmbeddingOptions other = EmbeddingOptions.builder().model("text-embedding-3-small").build();
    EmbeddingOptions shorter = EmbeddingOptions.builder().dimensions(256).build();
    String otherSaid =
        "EmbeddingOptions.model: expected minilm or nothing, got text-embedding-3-small;"
            + " this bean serves one model";
    String shorterSaid =
        "EmbeddingOptions.dimensions: expected 384 or nothing, got 256;"
            + " the model minilm answers with all its dimensions";
    List<Document> documents = List.of(new Document("a"));
    Map.of(other, otherSaid, shorter, shorterSaid)
        .forEach(
            (options, said) -> {
              assertRefused(said, () -> call(model, "a", options));
              assertRefused(said, () -> model.embed(documents, options, SINGLY));
            });
  }

  @Test
  void callOptions_ofTheBuilderAndOfTheRequest_reachTheCall() {
    CallOptions late = CallOptions.timeout(Duration.ZERO);
    InprocEmbeddingModel hurried =
        InprocEmbeddingModel.builder(plain).callOptions(late).borrowed().build();
    Document document = new Document("a");
    assertThrows(DeadlineExceededException.class, () -> hurried.embed("a"));
    assertThrows(DeadlineExceededException.class, () -> hurried.embed(document));
    assertThrows(DeadlineExceededException.class, () -> hurried.embed(TEXTS));
    EmbeddingOptions asked = InprocEmbeddingOptions.builder().callOptions(late).build();
    assertThrows(DeadlineExceededException.class, () -> call(model, "a", asked));
    EmbeddingOptions patient =
        InprocEmbeddingOptions.builder().callOptions(CallOptions.DEFAULT).build();
    assertVector(plain.predict("a"), call(hurried, "a", patient));
  }

  // ---- any predictors ----

  @Test
  void predictors_ofAnyKind_answerByTheirRoles() {
    InprocEmbeddingModel any =
        InprocEmbeddingModel.builder(prefixed.queries().borrowed(), MiniLm.DIMENSIONS)
            .passages(prefixed.passages().borrowed())
            .modelName("faq")
            .build();
    assertVector(plain.predict(MiniLm.QUERY + "parcel"), any.embed("parcel"));
    assertVector(plain.predict(MiniLm.PASSAGE + "parcel"), any.embed(new Document("parcel")));
    EmbeddingResponse response = any.embedForResponse(TEXTS);
    assertEquals("faq", response.getMetadata().getModel());
    assertEquals(3, response.getResults().size());
    assertEquals(0, response.getMetadata().getUsage().getTotalTokens());
    any.close();
    assertThrows(PredictorClosedException.class, () -> any.embed("a"));
    assertThrows(PredictorClosedException.class, () -> any.embed(new Document("a")));
    assertEquals(MiniLm.DIMENSIONS, prefixed.predict("a").length);
  }

  @Test
  void deployment_isServedAsAnyPredictor() {
    Deployment<String, float[]> faq =
        Deployment.<String, float[]>builder((version, lane) -> MiniLm.lane(version))
            .open(ModelVersion.of("faq", 1, MiniLm.model()));
    try (InprocEmbeddingModel served =
        InprocEmbeddingModel.builder(faq, MiniLm.DIMENSIONS).modelName("faq").build()) {
      assertVector(plain.predict("parcel"), served.embed("parcel"));
      assertVector(plain.predict("parcel"), served.embed(new Document("parcel")));
      EmbeddingOptions other = EmbeddingOptions.builder().model(MiniLm.NAME).build();
      assertThrows(IllegalArgumentException.class, () -> call(served, "a", other));
    }
    assertThrows(PredictorClosedException.class, () -> faq.predict("a"));
  }

  @Test
  void callers_many_eachItsOwnAnswer() {
    List<String> texts = new ArrayList<>();
    IntStream.range(0, 64).forEach(i -> texts.add("order number " + i * 7919));
    List<float[]> vectors =
        texts.parallelStream().map(text -> model.embed(new Document(text))).toList();
    for (int i = 0; i < texts.size(); i++) {
      assertVector(plain.predict(texts.get(i)), vectors.get(i));
    }
  }

  private static float[] call(InprocEmbeddingModel on, String text, EmbeddingOptions options) {
    return on.call(new EmbeddingRequest(List.of(text), options)).getResult().getOutput();
  }

  private static void assertRefused(
      String message, org.junit.jupiter.api.function.Executable call) {
    assertEquals(message, assertThrows(IllegalArgumentException.class, call).getMessage());
  }

  private static void assertVector(float[] expected, float[] actual) {
    assertArrayEquals(expected, actual, CLOSE);
  }
}
