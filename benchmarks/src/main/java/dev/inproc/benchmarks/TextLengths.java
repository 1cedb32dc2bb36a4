package dev.inproc.benchmarks;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/**
 * How long the texts of a workload are, in tokens: without it a figure of a text model says
 * nothing, since a run costs by the token. Percentiles are by nearest rank.
 *
 * @param texts how many different ones
 * @param mean of their lengths
 * @param p50 the median
 * @param p95 the 95th percentile
 * @param least the shortest
 * @param most the longest
 */
public record TextLengths(int texts, double mean, int p50, int p95, int least, int most) {

  /** Of these lengths. */
  public static TextLengths of(IntStream lengths) {
    int[] sorted = lengths.sorted().toArray();
    if (sorted.length == 0) {
      throw new IllegalArgumentException("No texts");
    }
    return new TextLengths(
        sorted.length,
        Arrays.stream(sorted).average().orElseThrow(),
        rank(sorted, 50),
        rank(sorted, 95),
        sorted[0],
        sorted[sorted.length - 1]);
  }

  /** Of these texts, each a list of token ids. */
  public static TextLengths of(List<long[]> texts) {
    return of(texts.stream().mapToInt(ids -> ids.length));
  }

  private static int rank(int[] sorted, int percent) {
    return sorted[Math.max(0, (percent * sorted.length + 99) / 100 - 1)];
  }

  @Override
  public String toString() {
    return String.format(
        Locale.ROOT,
        "%d texts, tokens: mean %.1f, p50 %d, p95 %d, %d to %d",
        texts,
        mean,
        p50,
        p95,
        least,
        most);
  }
}
