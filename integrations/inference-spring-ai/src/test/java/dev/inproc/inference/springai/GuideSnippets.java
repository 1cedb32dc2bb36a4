package dev.inproc.inference.springai;

import dev.inproc.inference.CallOptions;
import dev.inproc.inference.Predictor;
import dev.inproc.inference.text.TextEmbedder;
import dev.inproc.inference.text.TextModel;
import io.micrometer.observation.ObservationRegistry;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.springframework.ai.document.Document;
import org.springframework.ai.embedding.EmbeddingModel;
import org.springframework.ai.embedding.EmbeddingRequest;
import org.springframework.ai.embedding.EmbeddingResponse;
import org.springframework.ai.vectorstore.SimpleVectorStore;
import org.springframework.ai.vectorstore.VectorStore;
import org.springframework.context.annotation.Bean;

/** Compiles what docs/spring-ai.md quotes; DocsTest of the examples compares. */
final class GuideSnippets {
  private GuideSnippets() {}

  static List<Document> store(List<Document> documents) {
    EmbeddingModel model = InprocEmbeddingModel.from(Path.of("models/all-MiniLM-L6-v2"));
    VectorStore store = SimpleVectorStore.builder(model).build();
    store.add(documents);
    List<Document> found = store.similaritySearch("how long do refunds take?");
    return found;
  }

  static class Configuration {
    @Bean
    InprocEmbeddingModel embeddingModel(ObservationRegistry registry) {
      TextModel files = TextModel.directory(Path.of("models/all-MiniLM-L6-v2"));
      return InprocEmbeddingModel.builder(TextEmbedder.load(files))
          .observationRegistry(registry)
          .callOptions(CallOptions.timeout(Duration.ofSeconds(2)))
          .build();
    }
  }

  static InprocEmbeddingModel passages(TextEmbedder embedder) {
    InprocEmbeddingModel model =
        InprocEmbeddingModel.builder(embedder).textRole(TextRole.PASSAGE).build();
    return model;
  }

  static EmbeddingResponse passages(EmbeddingModel model, List<String> chunks) {
    InprocEmbeddingOptions asPassages =
        InprocEmbeddingOptions.builder().role(TextRole.PASSAGE).build();
    EmbeddingResponse response = model.call(new EmbeddingRequest(chunks, asPassages));
    return response;
  }

  static InprocEmbeddingModel deployment(Predictor<String, float[]> deployment) {
    InprocEmbeddingModel model =
        InprocEmbeddingModel.builder(deployment, 384).modelName("faq").build();
    return model;
  }
}
