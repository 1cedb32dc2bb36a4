package dev.inproc.inference.bulk;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.function.IntToLongFunction;
import org.junit.jupiter.api.Test;

class ChunkSizeTest {
  private static int learn(ChunkSize size, IntToLongFunction nanos) {
    for (int i = 0; i < 100; i++) {
      int rows = size.rows();
      size.record(rows, nanos.applyAsLong(rows));
    }
    return size.rows();
  }

  @Test
  void rows_costOfAFixedShare_areAsManyAsItPays() {
    // 100 µs a run and 10 µs a row: a row costs 10.8 µs of 128, 10.4 of 256, 10.2 of 512. The last
    // two sizes gain less than 5 %.
    assertEquals(512, learn(ChunkSize.learned(1 << 20), rows -> 100_000 + 10_000L * rows));
  }

  @Test
  void rows_costThatDoesNotFall_stayFew() {
    assertEquals(16, learn(ChunkSize.learned(1 << 20), rows -> 1_000_000L * rows));
  }

  @Test
  void rows_costThatRises_areThoseOfTheLeast() {
    assertEquals(
        64,
        learn(
            ChunkSize.learned(1 << 20),
            rows -> rows <= 64 ? 1_000_000 + 1_000L * rows : 100_000L * rows));
  }

  @Test
  void rows_oneSlowChunk_doesNotEndTheSearch() {
    int[] calls = {0};
    int rows =
        learn(
            ChunkSize.learned(256),
            each -> 1_000_000 + 10L * each + (calls[0]++ == 3 ? 1_000_000_000 : 0));
    assertEquals(256, rows);
  }

  @Test
  void rows_neverExceedTheLimit() {
    assertEquals(5, learn(ChunkSize.learned(5), rows -> 1_000));
    assertEquals(24, learn(ChunkSize.learned(24), rows -> 1_000));
    assertEquals(7, learn(ChunkSize.fixed(7), rows -> 1_000));
  }
}
