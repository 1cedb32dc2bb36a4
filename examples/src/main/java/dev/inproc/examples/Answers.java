package dev.inproc.examples;

import dev.inproc.inference.Predictor;
import java.io.PrintStream;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/** Answers questions on a screen 100 columns wide. */
final class Answers {
  private static final int WIDTH = 100;
  private static final int SAMPLES = 2;
  private static final int BEST = 3;

  /** How often the right entry came first, and among the first three. */
  record Accuracy(double first, double firstThree) {
    static Accuracy of(
        List<Faq.Question> questions, FaqIndex index, Predictor<String, float[]> embedder) {
      List<float[]> vectors =
          embedder.predictAll(questions.stream().map(Faq.Question::text).toList());
      int first = 0;
      int firstThree = 0;
      for (int i = 0; i < vectors.size(); i++) {
        String expected = questions.get(i).expectedId();
        List<String> found =
            index.nearest(vectors.get(i), BEST).stream().map(match -> match.entry().id()).toList();
        first += found.get(0).equals(expected) ? 1 : 0;
        firstThree += found.contains(expected) ? 1 : 0;
      }
      return new Accuracy((double) first / vectors.size(), (double) firstThree / vectors.size());
    }
  }

  private Answers() {}

  static void print(
      List<String> questions,
      FaqIndex index,
      Predictor<String, float[]> embedder,
      PrintStream out) {
    for (String question : questions) {
      FaqIndex.Match match = index.nearest(embedder.predict(question), 1).get(0);
      out.println(wrapped("Q     ", question));
      out.println(
          wrapped(
              String.format(Locale.ROOT, "%.2f  ", match.similarity()), match.entry().question()));
      out.println(wrapped("A     ", match.entry().summary()));
    }
  }

  /** Prints a sample, evenly spaced, and the accuracy on all. */
  static void printBundled(
      List<Faq.Question> questions,
      FaqIndex index,
      Predictor<String, float[]> embedder,
      PrintStream out) {
    int step = questions.size() / SAMPLES;
    List<String> sample =
        IntStream.range(0, SAMPLES).mapToObj(i -> questions.get(i * step).text()).toList();
    print(sample, index, embedder, out);
    Accuracy accuracy = Accuracy.of(questions, index, embedder);
    out.printf(
        Locale.ROOT,
        "Of %d questions worded unlike the FAQ, %.1f %% get the right entry first, %.1f %% among three.%n",
        questions.size(),
        accuracy.first * 100,
        accuracy.firstThree * 100);
  }

  /** Breaks lines between words, and sets the later ones in as far as the label is long. */
  static String wrapped(String label, String text) {
    String indent = " ".repeat(label.length());
    StringBuilder lines = new StringBuilder(label);
    int column = label.length();
    for (String word : text.split(" ", -1)) {
      if (column + word.length() >= WIDTH && column > indent.length()) {
        lines.append(System.lineSeparator()).append(indent);
        column = indent.length();
      }
      boolean atStart = column == indent.length();
      lines.append(atStart ? "" : " ").append(word);
      column += word.length() + (atStart ? 0 : 1);
    }
    return lines.toString();
  }
}
