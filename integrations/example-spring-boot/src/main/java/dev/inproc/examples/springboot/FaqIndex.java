package dev.inproc.examples.springboot;

import dev.inproc.inference.CallOptions;
import dev.inproc.inference.Predictor;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.springframework.core.io.ClassPathResource;
import org.springframework.stereotype.Component;

/** Finds the entries nearest to a question by the cosine of their vectors. */
@Component
final class FaqIndex {
  /** For a customer's question; the first call, of all entries, takes longer. */
  private static final CallOptions QUICK = CallOptions.timeout(Duration.ofSeconds(2));

  private final Predictor<String, float[]> embedder;
  private final List<String[]> entries; // id, category, question, answer
  private final List<float[]> vectors;

  /** An entry and its similarity to the question, at most 1. */
  record Match(String question, String answer, float score) {}

  /** Embeds all entries with one call, before the service is ready. */
  FaqIndex(Predictor<String, float[]> faq) throws IOException {
    embedder = faq;
    entries =
        new ClassPathResource("faq/faq.tsv")
            .getContentAsString(StandardCharsets.UTF_8)
            .lines()
            .skip(1)
            .map(line -> line.split("\t", -1))
            .toList();
    vectors = faq.predictAll(entries.stream().map(e -> e[2] + " " + e[3]).toList());
  }

  List<Match> nearest(String question, int count) {
    float[] asked = embedder.predict(question, QUICK);
    return IntStream.range(0, entries.size())
        .mapToObj(i -> new Match(entries.get(i)[2], entries.get(i)[3], dot(asked, vectors.get(i))))
        .sorted(Comparator.comparingDouble(Match::score).reversed())
        .limit(count)
        .toList();
  }

  private static float dot(float[] a, float[] b) {
    float sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += a[i] * b[i];
    }
    return sum;
  }
}
