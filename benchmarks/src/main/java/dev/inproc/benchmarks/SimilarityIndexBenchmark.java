package dev.inproc.benchmarks;

import dev.inproc.inference.cache.index.NearestIndex;
import dev.inproc.inference.cache.index.Neighbour;
import dev.inproc.inference.cache.index.Query;
import dev.inproc.inference.cache.index.Stored;
import java.util.ArrayDeque;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * The similarity cache's index beside a scan of all vectors, with 384 dimensions.
 *
 * <ul>
 *   <li>{@code lookUp}: the nearest entry; {@code scan}: the same from one array of all vectors.
 *       The stored vectors are subjects of ten, with cosines of about 0.85 within. Every second
 *       query is near a stored vector, at 0.9, the others are near none.
 *   <li>{@code lookUp} with {@code writes}: beside a thread that inserts and removes so many
 *       entries a second. Run that with {@code -t 2}.
 *   <li>{@code insert}: an insertion, its query given, and the removal of the oldest entry; {@code
 *       query}: normalizing and sketching a vector.
 * </ul>
 *
 * <pre>{@code
 * java -jar benchmarks/target/benchmarks.jar SimilarityIndex
 * java -jar benchmarks/target/benchmarks.jar SimilarityIndexBenchmark.lookUp -t 2 -p writes=0,10000
 * }</pre>
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(value = 1, jvmArgsAppend = "-Xmx6g")
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class SimilarityIndexBenchmark {
  private static final int DIMENSION = 384;
  private static final int QUERIES = 1 << 10;

  private static float[] random(SplittableRandom random) {
    float[] vector = new float[DIMENSION];
    for (int i = 0; i < DIMENSION; i++) {
      vector[i] = (float) random.nextInt() / Integer.MAX_VALUE; // between -1 and 1
    }
    return vector;
  }

  /** Returns a vector at about this cosine from another, in its scale. */
  private static float[] near(float[] vector, double cosine, SplittableRandom random) {
    float scale = (float) Math.sqrt(1 / (cosine * cosine) - 1);
    float[] near = random(random);
    for (int i = 0; i < DIMENSION; i++) {
      near[i] = vector[i] + scale * near[i];
    }
    return near;
  }

  private static float[] subject(long number) {
    return random(new SplittableRandom(number));
  }

  private static float[] stored(long number) {
    return near(subject(number / 10), 0.92, new SplittableRandom(~number));
  }

  /** A thread's place among the queries. */
  @State(Scope.Thread)
  public static class Cursor {
    private int next = (int) (Thread.currentThread().getId() * 7919);

    float[] next(float[][] queries) {
      return queries[next++ & (QUERIES - 1)];
    }

    Query next(Query[] queries) {
      return queries[next++ & (QUERIES - 1)];
    }
  }

  private static float[][] queries(int entries) {
    SplittableRandom random = new SplittableRandom(1);
    float[][] queries = new float[QUERIES][];
    for (int i = 0; i < QUERIES; i++) {
      queries[i] =
          i % 2 == 0 ? near(stored(random.nextInt(entries)), 0.9, random) : random(random);
    }
    return queries;
  }

  /** An index of so many entries. */
  @State(Scope.Benchmark)
  @SuppressWarnings("NullAway.Init") // JMH sets them
  public static class Filled {
    /** How many. */
    @Param({"100000", "1000000"})
    int entries;

    /** Insertions and removals a second, by another thread. */
    @Param("0")
    int writes;

    NearestIndex<Long> index;
    float[][] vectors;
    Query[] queries;
    private @Nullable Thread writer;
    final ArrayDeque<Stored<Long>> oldest = new ArrayDeque<>();

    /** Fills the index and starts the writer. */
    @Setup
    public void fill() {
      index = new NearestIndex<>(DIMENSION, 1);
      for (long i = 0; i < entries; i++) {
        oldest.add(index.insert(null, index.query(stored(i)), i));
      }
      vectors = queries(entries);
      queries = new Query[QUERIES];
      for (int i = 0; i < QUERIES; i++) {
        queries[i] = index.query(vectors[i]);
      }
      if (writes > 0) {
        writer = new Thread(this::write, "writer");
        writer.start();
      }
    }

    private void write() {
      long start = System.nanoTime();
      long done = 0;
      while (!Thread.currentThread().isInterrupted()) {
        long due = (System.nanoTime() - start) * writes / 1_000_000_000L;
        for (; done < due; done++) {
          replaceOne(queries[(int) done & (QUERIES - 1)]);
        }
        LockSupport.parkNanos(100_000);
      }
    }

    Stored<Long> replaceOne(Query query) {
      Stored<Long> inserted = index.insert(null, query, 0L);
      oldest.add(inserted);
      index.remove(oldest.remove());
      return inserted;
    }

    /** Ends the writer. */
    @TearDown
    public void end() throws InterruptedException {
      if (writer != null) {
        writer.interrupt();
        writer.join();
      }
    }
  }

  /** All vectors in one array. */
  @State(Scope.Benchmark)
  @SuppressWarnings("NullAway.Init") // JMH sets them
  public static class Flat {
    /** How many. */
    @Param({"100000", "1000000"})
    int entries;

    private float[] all;
    float[][] queries;

    /** Fills the array. */
    @Setup
    public void fill() {
      all = new float[entries * DIMENSION];
      for (int i = 0; i < entries; i++) {
        System.arraycopy(unit(stored(i)), 0, all, i * DIMENSION, DIMENSION);
      }
      queries = queries(entries);
      for (int i = 0; i < QUERIES; i++) {
        queries[i] = unit(queries[i]);
      }
    }

    private static float[] unit(float[] vector) {
      double squares = 0;
      for (float value : vector) {
        squares += value * value;
      }
      for (int i = 0; i < DIMENSION; i++) {
        vector[i] /= (float) Math.sqrt(squares);
      }
      return vector;
    }

    int nearest(float[] query) {
      int nearest = -1;
      float cosine = -2;
      for (int i = 0; i < entries; i++) {
        float next = dot(query, i * DIMENSION);
        if (next > cosine) {
          cosine = next;
          nearest = i;
        }
      }
      return nearest;
    }

    private float dot(float[] query, int from) {
      float[] values = all;
      float s0 = 0;
      float s1 = 0;
      float s2 = 0;
      float s3 = 0;
      float s4 = 0;
      float s5 = 0;
      float s6 = 0;
      float s7 = 0;
      for (int i = 0; i < DIMENSION; i += 8) {
        int j = from + i;
        s0 += query[i] * values[j];
        s1 += query[i + 1] * values[j + 1];
        s2 += query[i + 2] * values[j + 2];
        s3 += query[i + 3] * values[j + 3];
        s4 += query[i + 4] * values[j + 4];
        s5 += query[i + 5] * values[j + 5];
        s6 += query[i + 6] * values[j + 6];
        s7 += query[i + 7] * values[j + 7];
      }
      return ((s0 + s1) + (s2 + s3)) + ((s4 + s5) + (s6 + s7));
    }
  }

  @Benchmark
  public List<Neighbour<Long>> lookUp(Filled filled, Cursor cursor) {
    return filled.index.nearest(null, cursor.next(filled.queries), 1);
  }

  @Benchmark
  public int scan(Flat flat, Cursor cursor) {
    return flat.nearest(cursor.next(flat.queries));
  }

  @Benchmark
  public Stored<Long> insert(Filled filled, Cursor cursor) {
    return filled.replaceOne(cursor.next(filled.queries));
  }

  @Benchmark
  public Query query(Filled filled, Cursor cursor) {
    return filled.index.query(cursor.next(filled.vectors));
  }
}
