package dev.inproc.benchmarks;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.inproc.inference.CallOptions;
import dev.inproc.inference.Predictor;
import dev.inproc.inference.cache.Caching;
import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.Tensors;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
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
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What the exact cache costs, blocking, beside a bare Caffeine cache and beside no cache.
 *
 * <ul>
 *   <li>{@code caffeineGet}: Caffeine's {@code getIfPresent}, of 256 texts in turn; {@code hit}:
 *       {@code predict} of the same texts, with answers that are shared; {@code scopedHit}: in a
 *       tenant's scope; {@code copyHit}: with answers of 384 floats, copied for each call.
 *   <li>{@code tensorHit}: requests of 1.5 kB and 64 kB, whose bytes are hashed and compared.
 *   <li>{@code miss}: texts that never come again before they are evicted, around a model that does
 *       nothing; {@code uncached}: that model, with the same texts. The difference is what a miss
 *       costs; an entry is made and another evicted each time.
 * </ul>
 *
 * <pre>{@code
 * java -jar benchmarks/target/benchmarks.jar ExactCache -rf json -rff out.json       # -t 2 for two
 * java -cp benchmarks/target/benchmarks.jar dev.inproc.benchmarks.RatioReport out.json
 * }</pre>
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(value = 3, jvmArgsAppend = "-Xmx1g")
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class ExactCacheBenchmark {
  private static final int HOT = 256;
  private static final int COLD = 1 << 18;
  private static final int CAPACITY = 1_000;

  /** A model that does nothing. */
  private record Constant<I, O>(O answer) implements Predictor<I, O> {
    @Override
    public CompletableFuture<O> submit(I input, CallOptions options) {
      return CompletableFuture.completedFuture(answer);
    }

    @Override
    public O predict(I input, CallOptions options) {
      return answer;
    }

    @Override
    public List<O> predictAll(List<I> inputs, CallOptions options) {
      return inputs.stream().map(input -> answer).toList();
    }

    @Override
    public void close() {}
  }

  private static String[] texts(int count) {
    return IntStream.range(0, count)
        .mapToObj(i -> "how do I reset password number " + i)
        .toArray(String[]::new);
  }

  private static Tensors answer() {
    return Tensors.of("y", Tensor.of(new float[384]));
  }

  /** A thread's place among the requests. */
  @State(Scope.Thread)
  public static class Cursor {
    private int next = (int) (Thread.currentThread().getId() * 7919);

    int next(int size) {
      return next++ & (size - 1);
    }
  }

  /** Texts that are cached. */
  @State(Scope.Benchmark)
  public static class Hot {
    final String[] texts = texts(HOT);
    final Cache<String, Tensors> caffeine = Caffeine.newBuilder().maximumSize(CAPACITY).build();
    final Predictor<String, Tensors> shared =
        new Constant<String, Tensors>(answer())
            .with(Caching.exact(CAPACITY).withAnswers(Tensors.class).withAlwaysOn());
    final Predictor<String, float[]> copied =
        new Constant<String, float[]>(new float[384])
            .with(Caching.exact(CAPACITY).withAnswers(float[].class).withAlwaysOn());
    final CallOptions scoped = CallOptions.DEFAULT.withCacheScope("tenant");

    /** Fills the caches. */
    public Hot() {
      for (String text : texts) {
        caffeine.put(text, answer());
        caffeine.put("tenant " + text, answer()); // as full as ours: half empty, it keeps no order
        shared.predict(text);
        shared.predict(text, scoped);
        copied.predict(text);
      }
    }
  }

  /** Tensors that are cached. */
  @State(Scope.Benchmark)
  @SuppressWarnings("NullAway.Init") // JMH sets it
  public static class HotTensors {
    private static final int REQUESTS = 16;

    @Param({"1536", "65536"})
    int bytes;

    private Tensors @Nullable [] requests;
    final Predictor<Tensors, Tensors> cached =
        new Constant<Tensors, Tensors>(answer())
            .with(Caching.exact(CAPACITY).withAnswers(Tensors.class).withAlwaysOn());

    Tensors request(int index) {
      Tensors[] made = requests;
      if (made == null) {
        Random random = new Random(1);
        made =
            IntStream.range(0, REQUESTS)
                .mapToObj(i -> Tensors.of("x", random(random, bytes / Float.BYTES)))
                .toArray(Tensors[]::new);
        requests = made;
      }
      return made[index & (REQUESTS - 1)];
    }

    private static Tensor random(Random random, int length) {
      float[] values = new float[length];
      for (int i = 0; i < length; i++) {
        values[i] = random.nextFloat();
      }
      return Tensor.of(values);
    }
  }

  /** Texts that come once in a long while. */
  @State(Scope.Benchmark)
  public static class Cold {
    final String[] texts = texts(COLD);
    final Predictor<String, Tensors> bare = new Constant<>(answer());
    final Predictor<String, Tensors> cached =
        bare.borrowed().with(Caching.exact(CAPACITY).withAnswers(Tensors.class).withAlwaysOn());
  }

  @Benchmark
  public @Nullable Tensors caffeineGet(Hot state, Cursor cursor) {
    return state.caffeine.getIfPresent(state.texts[cursor.next(HOT)]);
  }

  @Benchmark
  public Tensors hit(Hot state, Cursor cursor) {
    return state.shared.predict(state.texts[cursor.next(HOT)]);
  }

  @Benchmark
  public Tensors scopedHit(Hot state, Cursor cursor) {
    return state.shared.predict(state.texts[cursor.next(HOT)], state.scoped);
  }

  @Benchmark
  public float[] copyHit(Hot state, Cursor cursor) {
    return state.copied.predict(state.texts[cursor.next(HOT)]);
  }

  @Benchmark
  public Tensors tensorHit(HotTensors state, Cursor cursor) {
    return state.cached.predict(state.request(cursor.next(HotTensors.REQUESTS)));
  }

  @Benchmark
  public Tensors miss(Cold state, Cursor cursor) {
    return state.cached.predict(state.texts[cursor.next(COLD)]);
  }

  @Benchmark
  public Tensors uncached(Cold state, Cursor cursor) {
    return state.bare.predict(state.texts[cursor.next(COLD)]);
  }
}
