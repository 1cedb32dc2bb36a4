package dev.inproc.integrations.benchmarks;

import java.util.List;
import java.util.Map;
import org.springframework.ai.transformers.TransformersEmbeddingModel;

/**
 * Spring AI's own model, through its interface. It has its session made with ONNX Runtime's
 * defaults, and pools with DJL's PyTorch engine, whose native library is on the class path. Its
 * vectors are not normalized.
 */
final class SpringAiService implements EmbeddingService {
  private final TransformersEmbeddingModel model = new TransformersEmbeddingModel();

  SpringAiService() {
    model.setModelResource("classpath:/" + MiniLm.FP32);
    model.setTokenizerResource("classpath:/" + MiniLm.TOKENIZER);
    model.setTokenizerOptions(Map.of("padding", "true")); // a list needs it
    model.setDisableCaching(true); // the files are local
    try {
      model.afterPropertiesSet();
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public float[] embed(String text) {
    return model.embed(text);
  }

  @Override
  public List<float[]> embedAll(List<String> texts) {
    return model.embed(texts);
  }

  @Override
  public void close() {
    try {
      model.close();
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }
}
