package dev.inproc.examples;

import dev.inproc.inference.Predictor;
import dev.inproc.inference.batch.BatchingMetrics;
import dev.inproc.inference.cache.Caching;
import dev.inproc.inference.cache.CachingMetrics;
import dev.inproc.inference.cache.CachingPredictor;
import java.io.PrintStream;
import java.time.Duration;
import java.util.List;
import java.util.Locale;

/** Inproc beside a plain loop over ONNX Runtime: the same model, threads, tokenizer and texts. */
final class Comparison {
  private static final int CALLERS = 32;
  private static final double MAX_DIFFERENCE = 1e-4;

  private final Predictor<String, float[]> embedder;
  private final Predictor<String, float[]> direct;
  private final PlainEmbedder plain;
  private final int rounds;
  private final PrintStream out;
  private double gain;

  /**
   * @param embedder batches
   * @param direct the same without
   * @param rounds how often each side is measured, in turns, so that what else the machine does
   *     falls on both
   */
  Comparison(
      Predictor<String, float[]> embedder,
      Predictor<String, float[]> direct,
      PlainEmbedder plain,
      int rounds,
      PrintStream out) {
    this.embedder = embedder;
    this.direct = direct;
    this.plain = plain;
    this.rounds = rounds;
    this.out = out;
  }

  /** Many callers, each asking one question after the other. */
  void load(List<String> questions, Duration round) throws InterruptedException {
    LoadTest test = new LoadTest(questions, CALLERS);
    LoadTest.Result ours = new LoadTest.Result();
    LoadTest.Result alone = new LoadTest.Result();
    LoadTest.Result theirs = new LoadTest.Result();
    try (Progress progress = Progress.of("Measuring under load", 3L * rounds)) {
      for (int i = 0; i < rounds; i++) {
        test.run(() -> embedder::predict, round, ours);
        progress.step();
        test.run(() -> direct::predict, round, alone);
        progress.step();
        test.run(plain::newCaller, round, theirs);
        progress.step();
      }
    }
    out.printf(
        Locale.ROOT,
        "%-37s%9s%9s%9s%10s%n",
        CALLERS + " callers, one question a call",
        "P50 ms",
        "P95 ms",
        "P99 ms",
        "texts/s");
    row("  Inproc, batching", ours);
    row("  Inproc, each call its own run", alone);
    row("  plain ONNX Runtime loop", theirs);
    gain = ours.perSecond() / theirs.perSecond();
  }

  /** What batching did for the calls of the load. */
  void gain(BatchingMetrics metrics) {
    out.printf(
        Locale.ROOT,
        "Batching answered %.1f times as many: %.1f questions a batch, %.0f %% padding.%n",
        gain,
        metrics.batchSizes().mean(),
        100 * metrics.paddingRatio());
  }

  private void row(String name, LoadTest.Result result) {
    out.printf(
        Locale.ROOT,
        "%-37s%9.2f%9.2f%9.2f%10.0f%n",
        name,
        result.millis(50),
        result.millis(95),
        result.millis(99),
        result.perSecond());
  }

  /** One caller with all the texts at hand; the best round counts. */
  void corpus(List<String> texts) {
    Embedder caller = plain.newCaller();
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
    out.printf(Locale.ROOT, "%nOne caller, the whole FAQ%49s%n", "texts/s");
    out.printf(Locale.ROOT, "%-64s%10.0f%n", "  Inproc predictAll", texts.size() * 1e9 / ours);
    out.printf(
        Locale.ROOT,
        "%-64s%10.0f%n",
        "  plain ONNX Runtime loop, one by one",
        texts.size() * 1e9 / theirs);
    out.printf(
        Locale.ROOT,
        "%nLargest difference between the vectors of the two: %s%n",
        difference == 0 ? "none, not one bit" : String.format(Locale.ROOT, "%.1e", difference));
    if (!(difference <= MAX_DIFFERENCE)) { // NaN is no agreement
      throw new IllegalStateException("The answers differ by " + difference);
    }
  }

  /** The same texts a second time, now from a cache. */
  void cached(List<String> texts) {
    CachingPredictor<String, float[]> cached =
        Caching.exact(100_000).withAnswers(float[].class).decorate(embedder.borrowed());
    cached.predictAll(texts);
    long start = System.nanoTime();
    cached.predictAll(texts);
    double micros = (System.nanoTime() - start) / 1e3 / texts.size();
    CachingMetrics metrics = cached.metrics();
    cached.close();
    out.printf(
        Locale.ROOT,
        "%nThe questions again, from the exact cache: %d hits, %.1f microseconds each.%n",
        metrics.hits(),
        micros);
  }

  /** The encoder in INT8: how much smaller, how close, how fast. */
  void quantized(Int8Encoder int8, List<String> texts) {
    List<float[]> reference = embedder.predictAll(texts);
    int8.embedder().predictAll(texts); // its cost is learned
    long start = System.nanoTime();
    List<float[]> answers = int8.embedder().predictAll(texts);
    long nanos = System.nanoTime() - start;
    double least = 1;
    for (int i = 0; i < answers.size(); i++) {
      least = Math.min(least, FaqIndex.dot(answers.get(i), reference.get(i)));
    }
    out.printf(
        Locale.ROOT,
        "%nThe encoder quantized to row-wise INT8: %.0f MB in place of %.0f%n",
        int8.report().bytesAfter() / 1e6,
        int8.report().bytesBefore() / 1e6);
    out.println(Answers.wrapped("Checked ", int8.session().integrity().toString()));
    out.printf(
        Locale.ROOT,
        "%-64s%10.0f%n",
        String.format(Locale.ROOT, "  predictAll, cosine to FP32 at least %.4f", least),
        texts.size() * 1e9 / nanos);
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
