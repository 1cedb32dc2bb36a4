package dev.inproc.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class FaqTest {
  private final List<Faq.Entry> entries = Faq.entries();
  private final List<Faq.Question> questions = Faq.questions();

  @Test
  void entries_file_hasUniqueIdsAndNoEmptyCells() {
    assertEquals(170, entries.size());
    Set<String> ids = new HashSet<>();
    Set<String> texts = new HashSet<>();
    for (Faq.Entry entry : entries) {
      assertTrue(entry.id().matches("[a-z0-9-]+"), entry::id);
      assertTrue(ids.add(entry.id()), () -> "twice: " + entry.id());
      assertTrue(texts.add(entry.question()), () -> "twice: " + entry.question());
      assertFalse(entry.category().isBlank(), entry::id);
      assertFalse(entry.question().isBlank(), entry::id);
      assertFalse(entry.answer().isBlank(), entry::id);
    }
  }

  @Test
  void questions_file_expectEntriesThatExist() {
    assertEquals(120, questions.size());
    Set<String> ids = entries.stream().map(Faq.Entry::id).collect(Collectors.toSet());
    Set<String> faq = entries.stream().map(Faq.Entry::question).collect(Collectors.toSet());
    Set<String> texts = new HashSet<>();
    for (Faq.Question question : questions) {
      assertTrue(ids.contains(question.expectedId()), question::expectedId);
      assertFalse(faq.contains(question.text()), question::text);
      assertTrue(texts.add(question.text()), () -> "twice: " + question.text());
    }
  }

  @Test
  void summary_anyEntry_isTheStartOfTheAnswerAndSaysSomething() {
    for (Faq.Entry entry : entries) {
      assertTrue(entry.answer().startsWith(entry.summary()), entry::id);
      assertTrue(entry.summary().length() >= 20, entry::summary);
    }
  }
}
