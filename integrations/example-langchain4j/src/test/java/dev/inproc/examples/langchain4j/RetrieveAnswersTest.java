package dev.inproc.examples.langchain4j;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.langchain4j.InprocEmbeddingModel;
import dev.langchain4j.rag.content.retriever.ContentRetriever;
import dev.langchain4j.rag.query.Query;
import java.util.List;
import org.junit.jupiter.api.Test;

class RetrieveAnswersTest {
  @Test
  void questions_ofCustomers_findTheirEntries() {
    try (InprocEmbeddingModel model = RetrieveAnswers.load()) {
      ContentRetriever retriever = RetrieveAnswers.retriever(model);
      List<Faq.Question> questions = Faq.questions();
      long found = questions.stream().filter(question -> isFound(retriever, question)).count();
      double share = (double) found / questions.size();
      // Measured: 0.667. The questions share few words with their entries.
      assertTrue(share >= 0.64, () -> "found " + share);
    }
  }

  private static boolean isFound(ContentRetriever retriever, Faq.Question question) {
    return retriever.retrieve(Query.from(question.text())).stream()
        .anyMatch(
            content ->
                question.expectedId().equals(content.textSegment().metadata().getString(Faq.ID)));
  }
}
