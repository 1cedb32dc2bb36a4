package dev.inproc.benchmarks;

import dev.inproc.inference.cache.AnswerEquivalence;
import dev.inproc.inference.cache.SimilarityCaching;
import dev.inproc.inference.cache.SimilarityCachingPredictor;
import dev.inproc.inference.cache.index.NearestIndex;
import dev.inproc.inference.cache.index.Query;
import dev.inproc.inference.cache.streams.FunctionPredictor;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What a call of a similarity cache costs beside the look-up in its index. The embedder and the
 * model return at once.
 *
 * <ul>
 *   <li>{@code call}: a request like an earlier one: a hit, or an audit now and then
 *   <li>{@code lookUp}: sketching and looking up the same vectors in an index of the same size
 * </ul>
 *
 * <pre>{@code
 * java -jar benchmarks/target/benchmarks.jar SimilarityHit
 * }</pre>
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(3)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@SuppressWarnings("NullAway.Init") // JMH sets them
public class SimilarityHitBenchmark {
  private static final int DIMENSION = 384;
  private static final int TOPICS = 200;
  private static final int VECTORS = 1 << 12;

  private final float[][] vectors = new float[VECTORS][];
  private SimilarityCachingPredictor<Integer, Integer> cache;
  private NearestIndex<Integer> index;
  private int next;

  /** Sends requests until most are hits. */
  @Setup
  public void learn() {
    for (int i = 0; i < VECTORS; i++) {
      boolean isAlone = i % 16 == 0; // so that the cache learns what is too far
      SplittableRandom topic = new SplittableRandom(isAlone ? -i : i % TOPICS);
      SplittableRandom way = new SplittableRandom(i);
      vectors[i] = new float[DIMENSION];
      for (int j = 0; j < DIMENSION; j++) {
        vectors[i][j] =
            (float) topic.nextInt() / Integer.MAX_VALUE
                + 0.2f * ((float) way.nextInt() / Integer.MAX_VALUE);
      }
    }
    cache =
        SimilarityCaching.<Integer, Integer>of(
                2_000,
                new FunctionPredictor<Integer, float[]>(
                    request -> vectors[request & (VECTORS - 1)]),
                AnswerEquivalence.equal())
            .withImmutableAnswers(Integer.class)
            .withMaxWrongShare(0.05)
            .adapt(new FunctionPredictor<Integer, Integer>(SimilarityHitBenchmark::answer));
    while (cache.similarityMetrics().hits() < 10_000) {
      var unused = cache.predict(next++);
    }
    index = new NearestIndex<>(DIMENSION, 1);
    for (int i = 0; i < cache.similarityMetrics().entries(); i++) {
      var unused = index.insert(null, index.query(vectors[i & (VECTORS - 1)]), i);
    }
  }

  private static int answer(int request) {
    int vector = request & (VECTORS - 1);
    return vector % 16 == 0 ? -request : vector % TOPICS;
  }

  /** Each request is a new one. */
  private int request() {
    next++;
    return next % 16 == 0 ? ++next : next;
  }

  /** A request like an earlier one. */
  @Benchmark
  public Integer call() {
    return cache.predict(request());
  }

  /** The look-up alone. */
  @Benchmark
  public Object lookUp() {
    Query query = index.query(vectors[request() & (VECTORS - 1)]);
    return index.nearest(null, query, 8);
  }

  /** Closes the cache. */
  @TearDown
  public void close() {
    cache.close();
  }
}
