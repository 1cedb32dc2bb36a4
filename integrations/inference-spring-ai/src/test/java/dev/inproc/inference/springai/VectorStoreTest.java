package dev.inproc.inference.springai;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.springframework.ai.document.Document;
import org.springframework.ai.vectorstore.SearchRequest;
import org.springframework.ai.vectorstore.SimpleVectorStore;

/** Spring AI's own vector store, over the FAQ. */
class VectorStoreTest {
  /** Found by the examples' index over question and answer, without Spring AI. */
  private static final int FOUND_FIRST = 62;

  @Test
  void faq_customersQuestions_areAnsweredAsByTheExamplesIndex() {
    SimpleVectorStore store =
        SimpleVectorStore.builder(InprocEmbeddingModel.of(MiniLm.PLAIN)).build();
    store.add(
        FaqFiles.entries().stream()
            .map(e -> new Document(e.id(), e.question() + " " + e.answer(), Map.of()))
            .toList());
    assertEquals("reset-password", first(store, "I cannot remember my password").getId());
    long found =
        FaqFiles.questions().stream()
            .filter(q -> first(store, q.text()).getId().equals(q.expectedId()))
            .count();
    assertEquals(FOUND_FIRST, found);
  }

  @Test
  void score_modelWithPrefixes_isThatOfQueryAndPassage() {
    SimpleVectorStore store =
        SimpleVectorStore.builder(InprocEmbeddingModel.of(MiniLm.PREFIXED)).build();
    store.add(List.of(new Document("Up to 30 days.")));
    float[] query = MiniLm.PLAIN.predict(MiniLm.QUERY + "How long do refunds take?");
    float[] passage = MiniLm.PLAIN.predict(MiniLm.PASSAGE + "Up to 30 days.");
    double expected = SimpleVectorStore.EmbeddingMath.cosineSimilarity(query, passage);
    assertEquals(expected, first(store, "How long do refunds take?").getScore(), 1e-5);
  }

  private static Document first(SimpleVectorStore store, String question) {
    return store.similaritySearch(SearchRequest.builder().query(question).topK(1).build()).get(0);
  }
}
