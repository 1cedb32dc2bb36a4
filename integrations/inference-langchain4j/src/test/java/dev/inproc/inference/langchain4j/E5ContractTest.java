package dev.inproc.inference.langchain4j;

import dev.inproc.inference.text.TextEmbedder;
import dev.langchain4j.model.embedding.EmbeddingModel;
import dev.langchain4j.model.embedding.common.AbstractEmbeddingModelIT;
import dev.langchain4j.model.embedding.listener.EmbeddingModelListener;
import java.util.List;

/** LangChain4j's own tests of embedding models, over e5-small, which has prefixes. */
class E5ContractTest extends AbstractEmbeddingModelIT {
  private final TextEmbedder embedder = Models.e5();

  @Override
  protected List<EmbeddingModel> models() {
    return List.of(Models.borrowing(embedder).build());
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
  protected boolean supportsDimensionsParameter() {
    return false;
  }

  @Override
  protected boolean supportsImageInput() {
    return false;
  }
}
