package dev.inproc.benchmarks;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class TextLengthsTest {
  @Test
  void percentiles_areThoseOfNearestRank() {
    TextLengths lengths = TextLengths.of(IntStream.rangeClosed(1, 100));
    assertEquals("100 texts, tokens: mean 50.5, p50 50, p95 95, 1 to 100", lengths.toString());
  }

  @Test
  void one_isAllOfThem() {
    assertEquals(new TextLengths(1, 7, 7, 7, 7, 7), TextLengths.of(IntStream.of(7)));
  }
}
