package dev.inproc.examples;

import dev.inproc.inference.Predictor;
import dev.inproc.inference.cache.Caching;
import dev.inproc.inference.cache.CachingMetrics;
import dev.inproc.inference.cache.CachingPredictor;
import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Supplier;

/**
 * Ways to serve one encoder beside each other: the same questions, threads and tokenizer. The first
 * way is the one that the others are measured by.
 */
final class Comparison {
  private static final int CALLERS = 32;
  private static final double MAX_DIFFERENCE = 1e-4;

  private final List<String> questions;
  private final int rounds;
  private final PrintStream out;
  private final List<Way> ways = new ArrayList<>();

  /** One way, and what was measured of it. */
  private static final class Way {
    private final String name;
    private final Supplier<Embedder> newCaller;
    private final LoadTest.Result result = new LoadTest.Result();
    private double leastCosine = 1;

    private Way(String name, Supplier<Embedder> newCaller) {
      this.name = name;
      this.newCaller = newCaller;
    }
  }

  /**
   * @param rounds how often each way is measured, in turns, so that what else the machine does
   *     falls on all
   */
  Comparison(List<String> questions, int rounds, PrintStream out) {
    this.questions = questions;
    this.rounds = rounds;
    this.out = out;
  }

  /**
   * Adds a way.
   *
   * @param newCaller makes the embedder of each caller
   */
  Comparison add(String name, Supplier<Embedder> newCaller) {
    ways.add(new Way(name, newCaller));
    return this;
  }

  /** Many callers, each asking one question after the other, by each way in turn. */
  void load(Duration round) throws InterruptedException {
    compareVectors(); // which warms up each way alike
    LoadTest test = new LoadTest(questions, CALLERS);
    try (Progress progress = Progress.of("Measuring under load", (long) ways.size() * rounds)) {
      for (int i = 0; i < rounds; i++) {
        for (Way way : ways) {
          test.run(way.newCaller, round, way.result);
          progress.step();
        }
      }
    }
    out.printf(
        Locale.ROOT,
        "%-41s%8s%8s%8s%9s%9s%14s%n",
        CALLERS + " callers, one question a call",
        "P50 ms",
        "P95 ms",
        "P99 ms",
        "texts/s",
        "x plain",
        "least cosine");
    for (Way way : ways) {
      LoadTest.Result result = way.result;
      out.printf(
          Locale.ROOT,
          "%-41s%8.1f%8.1f%8.1f%9.0f%9.2f%14.4f%n",
          "  " + way.name,
          result.millis(50),
          result.millis(95),
          result.millis(99),
          result.perSecond(),
          gain(way),
          way.leastCosine);
    }
  }

  private double gain(Way way) {
    return way.result.perSecond() / ways.get(0).result.perSecond();
  }

  /** How many texts a second the last way answered for each of the first. */
  double gain() {
    return gain(ways.get(ways.size() - 1));
  }

  private void compareVectors() {
    List<float[]> reference = embedAll(ways.get(0));
    for (Way way : ways.subList(1, ways.size())) {
      List<float[]> vectors = embedAll(way);
      for (int i = 0; i < vectors.size(); i++) {
        double cosine = FaqIndex.dot(vectors.get(i), reference.get(i));
        way.leastCosine = Math.min(way.leastCosine, cosine);
      }
    }
  }

  private List<float[]> embedAll(Way way) {
    Embedder caller = way.newCaller.get();
    return questions.stream().map(caller::embed).toList();
  }

  /** One caller with all the texts at hand; the best round counts. */
  void corpus(List<String> texts, Predictor<String, float[]> embedder) {
    Embedder caller = ways.get(0).newCaller.get();
    long ours = Long.MAX_VALUE;
    long theirs = Long.MAX_VALUE;
    double difference = 0;
    try (Progress progress = Progress.of("Measuring the corpus", 2L * rounds)) {
      for (int i = 0; i < rounds; i++) {
        long start = System.nanoTime();
        List<float[]> batched = embedder.predictAll(texts);
        ours = Math.min(ours, System.nanoTime() - start);
        progress.step();
        start = System.nanoTime();
        List<float[]> single = texts.stream().map(caller::embed).toList();
        theirs = Math.min(theirs, System.nanoTime() - start);
        progress.step();
        difference = Math.max(difference, largestDifference(batched, single));
      }
    }
    out.printf(
        Locale.ROOT,
        "One caller, %d texts, FP32: %.0f a second by predictAll, %.0f by the loop; %s.%n",
        texts.size(),
        texts.size() * 1e9 / ours,
        texts.size() * 1e9 / theirs,
        difference == 0
            ? "not one bit differs"
            : String.format(Locale.ROOT, "%.1e differs at most", difference));
    if (!(difference <= MAX_DIFFERENCE)) { // NaN is no agreement
      throw new IllegalStateException("The answers differ by " + difference);
    }
  }

  /** The same questions a second time, now from a cache. */
  void cached(Predictor<String, float[]> embedder) {
    CachingPredictor<String, float[]> cached =
        Caching.exact(100_000).withAnswers(float[].class).decorate(embedder.borrowed());
    cached.predictAll(questions);
    long start = System.nanoTime();
    cached.predictAll(questions);
    double micros = (System.nanoTime() - start) / 1e3 / questions.size();
    CachingMetrics metrics = cached.metrics();
    cached.close();
    out.printf(
        Locale.ROOT,
        "The questions again, from the exact cache: %d hits, %.1f microseconds each.%n",
        metrics.hits(),
        micros);
  }

  private static double largestDifference(List<float[]> a, List<float[]> b) {
    double largest = 0;
    for (int i = 0; i < a.size(); i++) {
      for (int j = 0; j < a.get(i).length; j++) {
        largest = Math.max(largest, Math.abs(a.get(i)[j] - b.get(i)[j]));
      }
    }
    return largest;
  }
}
