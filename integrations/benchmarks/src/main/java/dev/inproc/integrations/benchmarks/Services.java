package dev.inproc.integrations.benchmarks;

import java.util.concurrent.Executors;

/** The services that are compared, each with so many threads within a run, 0 for its default. */
final class Services {
  private Services() {}

  static EmbeddingService inproc(int engineThreads) {
    return LangChain4jService.inproc(MiniLm.source(MiniLm.FP32), engineThreads);
  }

  static EmbeddingService inprocInt8(int engineThreads) {
    return LangChain4jService.inproc(MiniLm.rowWiseInt8(), engineThreads);
  }

  static EmbeddingService langChain4j(int engineThreads) {
    return LangChain4jService.own(MiniLm.FP32, engineThreads);
  }

  static EmbeddingService langChain4jInt8(int engineThreads) {
    return LangChain4jService.own(MiniLm.SHIPPED_INT8, engineThreads);
  }

  /** Its lists run one text after the other, each on all of the engine's threads. */
  static EmbeddingService langChain4jOneByOne(int engineThreads) {
    return LangChain4jService.own(
        MiniLm.FP32, engineThreads, Executors.newSingleThreadExecutor(Services::daemon));
  }

  static EmbeddingService langChain4jInt8OneByOne(int engineThreads) {
    return LangChain4jService.own(
        MiniLm.SHIPPED_INT8, engineThreads, Executors.newSingleThreadExecutor(Services::daemon));
  }

  private static Thread daemon(Runnable task) {
    Thread thread = new Thread(task, "embedding");
    thread.setDaemon(true);
    return thread;
  }

  static EmbeddingService springAi(int engineThreads) {
    if (engineThreads > 0) {
      throw new IllegalArgumentException(
          "TransformersEmbeddingModel has no option for the engine's threads");
    }
    return new SpringAiService();
  }
}
