package dev.inproc.integrations.benchmarks;

import java.util.List;

/** One way to embed texts, called through its framework's own interface. */
interface EmbeddingService extends AutoCloseable {
  float[] embed(String text);

  List<float[]> embedAll(List<String> texts);

  @Override
  void close();
}
