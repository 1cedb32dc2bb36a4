package dev.inproc.inference.springai;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.inproc.inference.PredictorClosedException;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.micrometer.observation.ObservationRegistry;
import io.micrometer.observation.tck.TestObservationRegistry;
import io.micrometer.observation.tck.TestObservationRegistryAssert;
import java.net.URI;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.springframework.ai.content.Media;
import org.springframework.ai.document.Document;
import org.springframework.ai.embedding.EmbeddingOptions;
import org.springframework.ai.embedding.EmbeddingRequest;
import org.springframework.ai.embedding.observation.DefaultEmbeddingModelObservationConvention;
import org.springframework.ai.embedding.observation.EmbeddingModelMeterObservationHandler;
import org.springframework.util.MimeTypeUtils;

class ObservationTest {
  private static final String NAME = "gen_ai.client.operation";

  private final TestObservationRegistry registry = TestObservationRegistry.create();
  private final InprocEmbeddingModel model = model(registry);

  private static InprocEmbeddingModel model(ObservationRegistry registry) {
    return InprocEmbeddingModel.builder(MiniLm.PLAIN)
        .observationRegistry(registry)
        .borrowed()
        .build();
  }

  @Test
  void request_isOneObservationBySpringAisConventions() {
    model.embed(List.of("hello world", "hello"));
    TestObservationRegistryAssert.assertThat(registry)
        .hasNumberOfObservationsEqualTo(1)
        .hasObservationWithNameEqualTo(NAME)
        .that()
        .hasContextualNameEqualTo("embedding minilm")
        .hasLowCardinalityKeyValue("gen_ai.operation.name", "embedding")
        .hasLowCardinalityKeyValue("gen_ai.system", "onnx")
        .hasLowCardinalityKeyValue("gen_ai.request.model", "minilm")
        .hasLowCardinalityKeyValue("gen_ai.response.model", "minilm")
        .hasHighCardinalityKeyValue("gen_ai.usage.input_tokens", "7")
        .hasHighCardinalityKeyValue("gen_ai.usage.total_tokens", "7")
        .doesNotHaveError()
        .hasBeenStarted()
        .hasBeenStopped();
  }

  @Test
  void everyMethod_isObservedOnceARequest() {
    Document document = new Document("hello");
    List<Runnable> calls =
        List.of(
            () -> model.embed("hello"),
            () -> model.embed(document),
            () -> model.embed(List.of("hello")),
            () -> model.embedForResponse(List.of("hello")),
            () -> model.call(new EmbeddingRequest(List.of("hello"), null)),
            () -> model.embed(List.of(document), null, List::of));
    int observed = 0;
    for (Runnable call : calls) {
      call.run();
      TestObservationRegistryAssert.assertThat(registry)
          .hasNumberOfObservationsWithNameEqualTo(NAME, ++observed);
    }
    model.embed(List.of(document, document), null, all -> all.stream().map(List::of).toList());
    TestObservationRegistryAssert.assertThat(registry)
        .hasNumberOfObservationsWithNameEqualTo(NAME, observed + 2);
  }

  @Test
  void documentsOfWhichOneHasNoText_areRefusedBeforeAnyRequest() {
    Media image = new Media(MimeTypeUtils.IMAGE_PNG, URI.create("file:/a.png"));
    List<Document> documents = List.of(new Document("hello"), new Document(image, Map.of()));
    assertThrows(
        IllegalArgumentException.class,
        () -> model.embed(documents, null, all -> all.stream().map(List::of).toList()));
    TestObservationRegistryAssert.assertThat(registry).doesNotHaveAnyObservation();
  }

  @Test
  void dimensions_isNoRequest() {
    model.dimensions();
    TestObservationRegistryAssert.assertThat(registry).doesNotHaveAnyObservation();
  }

  @Test
  void refusedOptions_areAnErrorOfTheObservation() {
    EmbeddingOptions other = EmbeddingOptions.builder().model("other").build();
    EmbeddingRequest request = new EmbeddingRequest(List.of("a"), other);
    IllegalArgumentException e =
        assertThrows(IllegalArgumentException.class, () -> model.call(request));
    TestObservationRegistryAssert.assertThat(registry)
        .hasSingleObservationThat()
        .hasLowCardinalityKeyValue("gen_ai.request.model", "other")
        .hasLowCardinalityKeyValue("gen_ai.response.model", "none")
        .hasBeenStopped()
        .thenError()
        .isSameAs(e);
  }

  @Test
  void failedCall_isAnErrorOfTheObservation() {
    InprocEmbeddingModel failing =
        InprocEmbeddingModel.builder(MiniLm.PLAIN.borrowed(), MiniLm.DIMENSIONS)
            .observationRegistry(registry)
            .build();
    failing.close();
    assertThrows(PredictorClosedException.class, () -> failing.embed("a"));
    TestObservationRegistryAssert.assertThat(registry)
        .hasSingleObservationThat()
        .hasBeenStopped()
        .thenError()
        .isInstanceOf(PredictorClosedException.class);
  }

  @Test
  void convention_ofTheBuilder_namesTheObservation() {
    InprocEmbeddingModel named =
        InprocEmbeddingModel.builder(MiniLm.PLAIN)
            .observationRegistry(registry)
            .borrowed()
            .observationConvention(
                new DefaultEmbeddingModelObservationConvention() {
                  @Override
                  public String getName() {
                    return "faq.embedding";
                  }
                })
            .build();
    named.embed("a");
    TestObservationRegistryAssert.assertThat(registry)
        .hasObservationWithNameEqualTo("faq.embedding");
  }

  @Test
  void tokens_reachSpringAisMeters() {
    SimpleMeterRegistry meters = new SimpleMeterRegistry();
    registry
        .observationConfig()
        .observationHandler(new EmbeddingModelMeterObservationHandler(meters));
    model.embed("hello world");
    model.embed(new Document("hello"));
    double tokens =
        meters
            .get("gen_ai.client.token.usage")
            .tag("gen_ai.token.type", "input")
            .tag("gen_ai.response.model", "minilm")
            .counter()
            .count();
    assertEquals(7, tokens);
  }
}
