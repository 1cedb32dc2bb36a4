package dev.inproc.inference.langchain4j;

import dev.inproc.inference.text.TextEmbedder;
import dev.langchain4j.model.embedding.EmbeddingModel;
import dev.langchain4j.model.embedding.common.AbstractEmbeddingModelIT;
import dev.langchain4j.model.embedding.listener.EmbeddingModelListener;
import java.util.List;

/** LangChain4j's own tests of embedding models, over MiniLM in FP32, which has no prefixes. */
class MiniLmContractTest extends AbstractEmbeddingModelIT {
  private final TextEmbedder embedder = Models.miniLm();

  @Override
  protected List<EmbeddingModel> models() {
    return List.of(
        Models.borrowing(embedder).build(),
        InprocEmbeddingModel.builder(embedder, 384).borrowed().build());
  }

  @Override
  protected EmbeddingModel modelWith(EmbeddingModelListener listener) {
    return Models.borrowing(embedder).listeners(listener).build();
  }

  @Override
  protected EmbeddingModel failingModelWith(EmbeddingModelListener listener) {
    InprocEmbeddingModel model = Models.borrowing(embedder).listeners(listener).build();
    model.close();
    return model;
  }

  @Override
  protected boolean supportsInputTypeParameter() {
    return false;
  }

  @Override
  protected boolean supportsDimensionsParameter() {
    return false;
  }

  @Override
  protected boolean supportsImageInput() {
    return false;
  }

  /** A plain predictor tells no tokens; {@link InprocEmbeddingModelTest} counts an embedder's. */
  @Override
  protected boolean assertTokenUsage() {
    return false;
  }
}
