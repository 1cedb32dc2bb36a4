package dev.inproc.inference.metrics;

import java.io.ByteArrayOutputStream;
import org.jspecify.annotations.Nullable;

/**
 * A histogram in a few KiB, to be kept: two or three bytes for a bucket that holds values, none for
 * the others. Immutable.
 */
final class PackedHistogram {
  private final byte[] bytes;
  private final long sum;
  private final long max;

  private PackedHistogram(byte[] bytes, long sum, long max) {
    this.bytes = bytes;
    this.sum = sum;
    this.max = max;
  }

  /**
   * Packs a histogram: for each bucket with values its count, with a bit that says whether empty
   * buckets go before, and then how many.
   */
  static PackedHistogram of(Histogram histogram) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    int empty = 0;
    for (int octave = 0; octave < Histogram.OCTAVES; octave++) {
      long[] counts = histogram.octave(octave);
      for (int i = 0; i < Histogram.BUCKETS_PER_OCTAVE; i++) {
        long count = counts == null ? 0 : counts[i];
        if (count == 0) {
          empty++;
          continue;
        }
        write(out, count << 1 | (empty > 0 ? 1 : 0));
        if (empty > 0) {
          write(out, empty);
        }
        empty = 0;
      }
    }
    return new PackedHistogram(out.toByteArray(), histogram.sum(), histogram.max());
  }

  /** Seven bits a byte, the lowest first; the last byte has no eighth. */
  private static void write(ByteArrayOutputStream out, long value) {
    long rest = value;
    while ((rest & ~0x7FL) != 0) {
      out.write((int) ((rest & 0x7F) | 0x80));
      rest >>>= 7;
    }
    out.write((int) rest);
  }

  Histogram unpack() {
    long[] @Nullable [] octaves = new long[Histogram.OCTAVES][];
    Reader in = new Reader();
    int bucket = 0;
    while (in.at < bytes.length) {
      long count = in.next();
      bucket += (count & 1) == 0 ? 0 : (int) in.next();
      int octave = bucket / Histogram.BUCKETS_PER_OCTAVE;
      long[] counts = octaves[octave];
      if (counts == null) {
        counts = new long[Histogram.BUCKETS_PER_OCTAVE];
        octaves[octave] = counts;
      }
      counts[bucket % Histogram.BUCKETS_PER_OCTAVE] = count >>> 1;
      bucket++;
    }
    return new Histogram(octaves, sum, max);
  }

  private final class Reader {
    private int at;

    long next() {
      long value = 0;
      int shift = 0;
      byte each;
      do {
        each = bytes[at++];
        value |= (each & 0x7FL) << shift;
        shift += 7;
      } while (each < 0);
      return value;
    }
  }
}
