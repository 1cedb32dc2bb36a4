package dev.inproc.benchmarks;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.inproc.inference.CallOptions;
import dev.inproc.inference.Predictor;
import dev.inproc.inference.cache.Caching;
import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.Tensors;
import java.time.Duration;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
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
import org.openjdk.jmh.annotations.Warmup;

/**
 * What the exact cache costs, blocking, beside a bare Caffeine cache and beside no cache.
 *
 * <ul>
 *   <li>{@code caffeineGet}: Caffeine's {@code getIfPresent}; {@code hit}: {@code predict}, with
 *       answers that are shared; {@code caffeineGetTtl} and {@code hitTtl}: with a time to live;
 *       {@code scopedHit}: in a tenant's scope; {@code copyHit}: with answers of 384 floats, copied
 *       for each call. Requests are texts that are equal to those stored but other objects, as they
 *       are in an application, in a random order, the n-th most frequent a n-th as often. All
 *       caches are full: Caffeine keeps no order in one that is less than half full, and is then
 *       four times as fast.
 *   <li>{@code tensorHit}: requests of 1 to 256 KiB, whose bytes are hashed and compared; {@code
 *       tensorHash}: only hashed.
 *   <li>{@code miss}: texts that never come again before they are evicted, around a model that does
 *       nothing; {@code uncached}: that model, with the same texts. The difference is what a miss
 *       costs; an entry is made and another evicted each time. {@code caffeineMiss}: a look-up and
 *       a {@code put} of bare Caffeine.
 * </ul>
 *
 * <pre>{@code
 * java -jar benchmarks/target/benchmarks.jar ExactCache -rf json -rff out.json       # -t 2 for two
 * java -cp benchmarks/target/benchmarks.jar dev.inproc.benchmarks.RatioReport out.json
 * }</pre>
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(value = 5, jvmArgsAppend = "-Xmx1g")
@Warmup(iterations = 3, time = 300, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 3, time = 300, timeUnit = TimeUnit.MILLISECONDS)
public class ExactCacheBenchmark {
  private static final int REQUESTS = 1 << 14;
  private static final int TENSORS = 16;
  private static final int COLD = 1 << 18;
  private static final int CAPACITY = 1_000;
  private static final Duration LONG = Duration.ofHours(1);

  private static String[] texts(int count) {
    return IntStream.range(0, count)
        .mapToObj(i -> "how do I reset password number " + i)
        .toArray(String[]::new);
  }

  private static Tensors answer() {
    return Tensors.of("y", Tensor.of(new float[384]));
  }

  private static <I, O> Predictor<I, O> cached(O answer, int capacity) {
    return new ConstantPredictor<I, O>(answer)
        .with(Caching.exact(capacity).withAnswers(answer.getClass()).withAlwaysOn());
  }

  /** A thread's place among the requests. */
  @State(Scope.Thread)
  public static class Cursor {
    private int next = (int) (Thread.currentThread().getId() * 7919);

    int next(int size) {
      return next++ & (size - 1);
    }
  }

  /** What is cached and what is asked for. */
  @State(Scope.Benchmark)
  @SuppressWarnings("NullAway.Init") // JMH sets them
  public static class Texts {
    /** How many: few stay in the processor's caches, many do not. */
    @Param({"256", "16384"})
    int keys;

    String[] stored;
    private String[] requests;

    /** Draws the requests by Zipf's law. */
    @Setup
    public void draw() {
      stored = texts(keys);
      String[] equal = texts(keys);
      Random random = new Random(1);
      double[] sums = new double[keys];
      double sum = 0;
      for (int i = 0; i < keys; i++) {
        sum += 1.0 / (i + 1);
        sums[i] = sum;
      }
      requests = new String[REQUESTS];
      for (int i = 0; i < REQUESTS; i++) {
        int found = Arrays.binarySearch(sums, random.nextDouble() * sum);
        requests[i] = equal[found < 0 ? -found - 1 : found];
      }
    }

    String next(Cursor cursor) {
      return requests[cursor.next(REQUESTS)];
    }
  }

  /** Caffeine alone, as an application would make it. */
  @State(Scope.Benchmark)
  @SuppressWarnings("NullAway.Init")
  public static class Bare {
    Cache<String, Tensors> cache;
    Cache<String, Tensors> expiring;

    /** Fills them. */
    @Setup
    public void fill(Texts texts) {
      cache = Caffeine.newBuilder().maximumSize(texts.keys).build();
      expiring = Caffeine.newBuilder().maximumSize(texts.keys).expireAfterWrite(LONG).build();
      for (String text : texts.stored) {
        cache.put(text, answer());
        expiring.put(text, answer());
      }
    }
  }

  /** Answers that are shared. */
  @State(Scope.Benchmark)
  @SuppressWarnings("NullAway.Init")
  public static class Shared {
    final CallOptions scope = CallOptions.DEFAULT.withCacheScope("tenant");
    Predictor<String, Tensors> cache;
    Predictor<String, Tensors> expiring;
    Predictor<String, Tensors> scoped;

    /** Fills them. */
    @Setup
    public void fill(Texts texts) {
      cache = cached(answer(), texts.keys);
      scoped = cached(answer(), texts.keys);
      expiring =
          new ConstantPredictor<String, Tensors>(answer())
              .with(
                  Caching.exact(texts.keys)
                      .withAnswers(Tensors.class)
                      .withTimeToLive(LONG)
                      .withAlwaysOn());
      for (String text : texts.stored) {
        cache.predict(text);
        expiring.predict(text);
        scoped.predict(text, scope);
      }
    }
  }

  /** Answers that are copied. */
  @State(Scope.Benchmark)
  @SuppressWarnings("NullAway.Init")
  public static class Copied {
    Predictor<String, float[]> cache;

    /** Fills it. */
    @Setup
    public void fill(Texts texts) {
      cache = cached(new float[384], texts.keys);
      for (String text : texts.stored) {
        cache.predict(text);
      }
    }
  }

  /** Tensors that are cached, and others that are equal to them. */
  @State(Scope.Benchmark)
  @SuppressWarnings("NullAway.Init")
  public static class HotTensors {
    @Param({"1024", "16384", "262144"})
    int bytes;

    Predictor<Tensors, Tensors> cache;
    private Tensors[] requests;

    /** Fills it. */
    @Setup
    public void fill() {
      cache = cached(answer(), TENSORS);
      for (Tensors each : random()) {
        cache.predict(each);
      }
      requests = random();
    }

    private Tensors[] random() {
      Random random = new Random(1);
      return IntStream.range(0, TENSORS)
          .mapToObj(i -> Tensors.of("x", random(random, bytes / Float.BYTES)))
          .toArray(Tensors[]::new);
    }

    private static Tensor random(Random random, int length) {
      float[] values = new float[length];
      for (int i = 0; i < length; i++) {
        values[i] = random.nextFloat();
      }
      return Tensor.of(values);
    }

    Tensors next(Cursor cursor) {
      return requests[cursor.next(TENSORS)];
    }
  }

  /** Texts that come once in a long while. */
  @State(Scope.Benchmark)
  public static class Cold {
    final String[] texts = texts(COLD);
    final Tensors answer = answer();
    final Predictor<String, Tensors> bare = new ConstantPredictor<>(answer);
    final Predictor<String, Tensors> cached = cached(answer, CAPACITY);
    final Cache<String, Tensors> caffeine = Caffeine.newBuilder().maximumSize(CAPACITY).build();
  }

  @Benchmark
  public @Nullable Tensors caffeineGet(Bare state, Texts texts, Cursor cursor) {
    return state.cache.getIfPresent(texts.next(cursor));
  }

  @Benchmark
  public @Nullable Tensors caffeineGetTtl(Bare state, Texts texts, Cursor cursor) {
    return state.expiring.getIfPresent(texts.next(cursor));
  }

  @Benchmark
  public Tensors hit(Shared state, Texts texts, Cursor cursor) {
    return state.cache.predict(texts.next(cursor));
  }

  @Benchmark
  public Tensors hitTtl(Shared state, Texts texts, Cursor cursor) {
    return state.expiring.predict(texts.next(cursor));
  }

  @Benchmark
  public Tensors scopedHit(Shared state, Texts texts, Cursor cursor) {
    return state.scoped.predict(texts.next(cursor), state.scope);
  }

  @Benchmark
  public float[] copyHit(Copied state, Texts texts, Cursor cursor) {
    return state.cache.predict(texts.next(cursor));
  }

  @Benchmark
  public Tensors tensorHit(HotTensors state, Cursor cursor) {
    return state.cache.predict(state.next(cursor));
  }

  @Benchmark
  public int tensorHash(HotTensors state, Cursor cursor) {
    return state.next(cursor).hashCode();
  }

  @Benchmark
  public Tensors miss(Cold state, Cursor cursor) {
    return state.cached.predict(state.texts[cursor.next(COLD)]);
  }

  @Benchmark
  public @Nullable Tensors caffeineMiss(Cold state, Cursor cursor) {
    String text = state.texts[cursor.next(COLD)];
    Tensors found = state.caffeine.getIfPresent(text);
    if (found == null) {
      state.caffeine.put(text, state.answer);
    }
    return found;
  }

  @Benchmark
  public Tensors uncached(Cold state, Cursor cursor) {
    return state.bare.predict(state.texts[cursor.next(COLD)]);
  }
}
