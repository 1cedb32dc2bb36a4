package dev.inproc.examples.langchain4j;

import dev.inproc.inference.engine.ModelSource;
import dev.inproc.inference.langchain4j.InprocEmbeddingModel;
import dev.inproc.inference.text.Pooling;
import dev.inproc.inference.text.TextEmbedder;
import dev.inproc.inference.text.TextModel;
import dev.inproc.inference.text.TextOptions;
import dev.langchain4j.data.segment.TextSegment;
import dev.langchain4j.model.embedding.EmbeddingModel;
import dev.langchain4j.rag.content.Content;
import dev.langchain4j.rag.content.ContentMetadata;
import dev.langchain4j.rag.content.retriever.ContentRetriever;
import dev.langchain4j.rag.content.retriever.EmbeddingStoreContentRetriever;
import dev.langchain4j.rag.query.Query;
import dev.langchain4j.store.embedding.inmemory.InMemoryEmbeddingStore;
import java.util.List;

/**
 * The retrieval half of a chat over a FAQ: embeds all entries in one call, keeps them in
 * LangChain4j's store in memory, and prints what a retriever finds for some questions. A chat model
 * would get these contents with the question; none is needed here.
 *
 * <pre>{@code
 * ./mvnw -q -Pintegrations -pl integrations/example-langchain4j -am -DskipTests package exec:java
 * }</pre>
 */
public final class RetrieveAnswers {
  private static final List<String> QUESTIONS =
      List.of(
          "cant remember my login pasword, help",
          "Can I send the guitar back if I don't like it?",
          "when will my parcel be here");

  private RetrieveAnswers() {}

  /** Runs the example; it takes the questions as arguments. */
  public static void main(String[] questions) {
    try (InprocEmbeddingModel model = load()) {
      ContentRetriever retriever = retriever(model);
      List<String> asked = questions.length == 0 ? QUESTIONS : List.of(questions);
      asked.forEach(question -> print(question, retriever.retrieve(Query.from(question))));
    }
  }

  /** A model in a directory takes one line: {@code InprocEmbeddingModel.from(directory)}. */
  static InprocEmbeddingModel load() {
    ClassLoader loader = RetrieveAnswers.class.getClassLoader();
    TextModel files =
        TextModel.of(
            ModelSource.resource(loader, "all-minilm-l6-v2.onnx"),
            ModelSource.resource(loader, "all-minilm-l6-v2-tokenizer.json"));
    TextOptions options = TextOptions.builder().pooling(Pooling.MEAN).build();
    return InprocEmbeddingModel.of(TextEmbedder.load(files, options));
  }

  static ContentRetriever retriever(EmbeddingModel model) {
    List<TextSegment> segments = Faq.segments();
    InMemoryEmbeddingStore<TextSegment> store = new InMemoryEmbeddingStore<>();
    store.addAll(model.embedAll(segments).content(), segments);
    return EmbeddingStoreContentRetriever.builder()
        .embeddingStore(store)
        .embeddingModel(model)
        .maxResults(2)
        .minScore(0.6)
        .build();
  }

  private static void print(String question, List<Content> contents) {
    System.out.println(question);
    for (Content content : contents) {
      System.out.printf(
          "  %.3f  %s%n",
          (Double) content.metadata().get(ContentMetadata.SCORE),
          content.textSegment().text().replace("\n", "\n         "));
    }
    System.out.println();
  }
}
