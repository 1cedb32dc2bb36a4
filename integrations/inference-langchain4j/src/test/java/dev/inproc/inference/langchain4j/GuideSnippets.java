package dev.inproc.inference.langchain4j;

import dev.inproc.inference.CallOptions;
import dev.inproc.inference.Predictor;
import dev.inproc.inference.engine.ModelSource;
import dev.inproc.inference.text.Pooling;
import dev.inproc.inference.text.TextEmbedder;
import dev.inproc.inference.text.TextModel;
import dev.inproc.inference.text.TextOptions;
import dev.langchain4j.data.segment.TextSegment;
import dev.langchain4j.model.embedding.EmbeddingModel;
import dev.langchain4j.model.embedding.listener.EmbeddingModelListener;
import dev.langchain4j.model.embedding.request.EmbeddingInputType;
import dev.langchain4j.model.embedding.request.EmbeddingRequest;
import dev.langchain4j.model.embedding.response.EmbeddingResponse;
import dev.langchain4j.model.output.Response;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** Compiles what docs/langchain4j.md quotes; {@link GuideTest} compares. */
final class GuideSnippets {
  private GuideSnippets() {}

  static EmbeddingModel directory() {
    EmbeddingModel model = InprocEmbeddingModel.from(Path.of("models/all-MiniLM-L6-v2"));
    return model;
  }

  static EmbeddingModel jar() {
    ClassLoader loader = Thread.currentThread().getContextClassLoader();
    TextModel files =
        TextModel.of(
            ModelSource.resource(loader, "all-minilm-l6-v2.onnx"),
            ModelSource.resource(loader, "all-minilm-l6-v2-tokenizer.json"));
    TextOptions options = TextOptions.builder().pooling(Pooling.MEAN).build();
    EmbeddingModel model = InprocEmbeddingModel.of(TextEmbedder.load(files, options));
    return model;
  }

  static EmbeddingModel builder(TextEmbedder embedder, EmbeddingModelListener listener) {
    InprocEmbeddingModel model =
        InprocEmbeddingModel.builder(embedder)
            .modelName("minilm")
            .callOptions(CallOptions.timeout(Duration.ofSeconds(2)))
            .listeners(listener)
            .borrowed()
            .build();
    return model;
  }

  static EmbeddingModel deployed(Predictor<String, float[]> deployment) {
    EmbeddingModel model = InprocEmbeddingModel.builder(deployment, 384).build();
    return model;
  }

  static TextOptions asBefore() {
    TextOptions asBefore = TextOptions.builder().pooling(Pooling.MEAN).maxTokens(128).build();
    return asBefore;
  }

  static EmbeddingRequest query() {
    EmbeddingRequest request =
        EmbeddingRequest.builder()
            .input("how do I reset my password?")
            .inputType(EmbeddingInputType.QUERY)
            .build();
    return request;
  }

  static CompletableFuture<EmbeddingResponse> async(
      EmbeddingModel model, EmbeddingRequest request) {
    CompletableFuture<EmbeddingResponse> future = model.embedAsync(request);
    return future;
  }

  static Response<List<Double>> score(List<TextSegment> segments, String question) {
    try (InprocScoringModel model = InprocScoringModel.from(Path.of("models/reranker"))) {
      Response<List<Double>> scores = model.scoreAll(segments, question);
      return scores;
    }
  }
}
