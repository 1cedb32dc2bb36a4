package dev.inproc.integrations.benchmarks;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import dev.langchain4j.model.embedding.onnx.AbstractInProcessEmbeddingModel;
import dev.langchain4j.model.embedding.onnx.OnnxBertBiEncoder;
import dev.langchain4j.model.embedding.onnx.PoolingMode;
import java.io.ByteArrayInputStream;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** LangChain4j's model over a session that the application made, with threads as it wants them. */
final class OwnSessionModel extends AbstractInProcessEmbeddingModel {
  private final OnnxBertBiEncoder encoder;

  OwnSessionModel(String resource, int engineThreads, Executor executor) {
    super(executor);
    OrtEnvironment environment = OrtEnvironment.getEnvironment();
    try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
      options.setIntraOpNumThreads(engineThreads);
      options.addConfigEntry("session.intra_op.allow_spinning", "0");
      encoder =
          new OnnxBertBiEncoder(
              environment,
              environment.createSession(MiniLm.file(resource), options),
              new ByteArrayInputStream(MiniLm.file(MiniLm.TOKENIZER)),
              PoolingMode.MEAN);
    } catch (OrtException e) {
      throw new IllegalStateException(e);
    }
  }

  /** As LangChain4j makes one. */
  static Executor defaultExecutor() {
    int threads = Runtime.getRuntime().availableProcessors();
    ThreadPoolExecutor executor =
        new ThreadPoolExecutor(threads, threads, 1, TimeUnit.SECONDS, new LinkedBlockingQueue<>());
    executor.allowCoreThreadTimeOut(true);
    return executor;
  }

  @Override
  protected OnnxBertBiEncoder model() {
    return encoder;
  }
}
