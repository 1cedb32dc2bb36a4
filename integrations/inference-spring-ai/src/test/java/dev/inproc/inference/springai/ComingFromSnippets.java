package dev.inproc.inference.springai;

import dev.inproc.inference.text.TextEmbedder;
import dev.inproc.inference.text.TextModel;
import java.nio.file.Path;
import org.springframework.ai.embedding.EmbeddingModel;

/** Compiles what docs/coming-from.md quotes; DocsTest of the examples compares. */
@SuppressWarnings("unused") // what the page does with a vector is not its subject
final class ComingFromSnippets {
  private ComingFromSnippets() {}

  static float[] springAi(String question) {
    EmbeddingModel model = InprocEmbeddingModel.from(Path.of("models/all-MiniLM-L6-v2"));
    float[] vector = model.embed(question);
    return vector;
  }

  static void djl(String question) {
    try (TextEmbedder embedder =
        TextEmbedder.load(TextModel.directory(Path.of("models/all-MiniLM-L6-v2")))) {
      float[] vector = embedder.predict(question);
    }
  }
}
