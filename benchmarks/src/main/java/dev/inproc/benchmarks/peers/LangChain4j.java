package dev.inproc.benchmarks.peers;

import dev.langchain4j.model.embedding.EmbeddingModel;
import dev.langchain4j.model.embedding.onnx.allminilml6v2.AllMiniLmL6V2EmbeddingModel;
import dev.langchain4j.model.embedding.onnx.allminilml6v2q.AllMiniLmL6V2QuantizedEmbeddingModel;
import java.util.List;

/**
 * LangChain4j's in-process embeddings, as its documentation shows them. Its session has ONNX
 * Runtime's own defaults, threads that spin among them; it offers no way to set them.
 */
final class LangChain4j implements Contender {
  private final EmbeddingModel model;
  private final List<String> texts;

  LangChain4j(boolean quantized, List<String> texts) {
    model =
        quantized ? new AllMiniLmL6V2QuantizedEmbeddingModel() : new AllMiniLmL6V2EmbeddingModel();
    this.texts = texts;
  }

  @Override
  public float[] answer(int index) {
    return model.embed(texts.get(index % texts.size())).content().vector();
  }

  @Override
  public void close() {
    // It has nothing to close; its session lives as long as the process.
  }
}
