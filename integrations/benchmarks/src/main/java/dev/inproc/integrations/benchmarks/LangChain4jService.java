package dev.inproc.integrations.benchmarks;

import dev.inproc.inference.engine.ModelSource;
import dev.inproc.inference.engine.SessionOptions;
import dev.inproc.inference.langchain4j.InprocEmbeddingModel;
import dev.inproc.inference.text.Pooling;
import dev.inproc.inference.text.TextEmbedder;
import dev.inproc.inference.text.TextModel;
import dev.inproc.inference.text.TextOptions;
import dev.langchain4j.data.embedding.Embedding;
import dev.langchain4j.data.segment.TextSegment;
import dev.langchain4j.model.embedding.EmbeddingModel;
import dev.langchain4j.model.embedding.onnx.allminilml6v2.AllMiniLmL6V2EmbeddingModel;
import dev.langchain4j.model.embedding.onnx.allminilml6v2q.AllMiniLmL6V2QuantizedEmbeddingModel;
import java.util.List;
import java.util.concurrent.Executor;

/**
 * A model behind LangChain4j's interface: this library's or LangChain4j's own.
 *
 * @param model the model
 * @param onClose frees it
 */
record LangChain4jService(EmbeddingModel model, Runnable onClose) implements EmbeddingService {

  /**
   * This library, with its defaults.
   *
   * @param engineThreads within a run; 0 for the default
   */
  static EmbeddingService inproc(ModelSource onnx, int engineThreads) {
    TextOptions.Builder options = TextOptions.builder().pooling(Pooling.MEAN);
    if (engineThreads > 0) {
      options.session(SessionOptions.builder().intraOpThreads(engineThreads).build());
    }
    TextModel files = TextModel.of(onnx, MiniLm.source(MiniLm.TOKENIZER)).withName("minilm");
    InprocEmbeddingModel model = InprocEmbeddingModel.of(TextEmbedder.load(files, options.build()));
    return new LangChain4jService(model, model::close);
  }

  /**
   * LangChain4j's own. It has nothing to close: its session lives as long as the process.
   *
   * @param resource the model's file
   * @param engineThreads within a run, and they do not spin; 0 for the model as it is documented
   * @param executor of lists
   */
  static EmbeddingService own(String resource, int engineThreads, Executor executor) {
    EmbeddingModel model;
    if (engineThreads > 0) {
      model = new OwnSessionModel(resource, engineThreads, executor);
    } else if (resource.equals(MiniLm.FP32)) {
      model = new AllMiniLmL6V2EmbeddingModel(executor);
    } else {
      model = new AllMiniLmL6V2QuantizedEmbeddingModel(executor);
    }
    return new LangChain4jService(model, () -> {});
  }

  /** LangChain4j's own, with its own executor of lists: one thread a processor. */
  static EmbeddingService own(String resource, int engineThreads) {
    if (engineThreads > 0) {
      return own(resource, engineThreads, OwnSessionModel.defaultExecutor());
    }
    EmbeddingModel model =
        resource.equals(MiniLm.FP32)
            ? new AllMiniLmL6V2EmbeddingModel()
            : new AllMiniLmL6V2QuantizedEmbeddingModel();
    return new LangChain4jService(model, () -> {});
  }

  @Override
  public float[] embed(String text) {
    return model.embed(text).content().vector();
  }

  @Override
  public List<float[]> embedAll(List<String> texts) {
    List<TextSegment> segments = texts.stream().map(TextSegment::from).toList();
    return model.embedAll(segments).content().stream().map(Embedding::vector).toList();
  }

  @Override
  public void close() {
    onClose.run();
  }
}
