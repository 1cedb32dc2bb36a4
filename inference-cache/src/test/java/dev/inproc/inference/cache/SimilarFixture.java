package dev.inproc.inference.cache;

import dev.inproc.inference.CallOptions;
import dev.inproc.inference.ForwardingPredictor;
import dev.inproc.inference.InvalidInputException;
import dev.inproc.inference.Predictor;
import dev.inproc.inference.internal.concurrent.ServingThreads;
import dev.inproc.inference.testing.ManualTimer;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A similarity cache over a model of texts such as {@code "topic 7, way 12"}: the model answers
 * with the topic, and ways to ask of one topic have vectors close to each other. {@link #learned}
 * returns a cache that serves; the test then sets how the next coins fall.
 */
final class SimilarFixture {
  private static final int TOPICS = 50;
  private static final int DIMENSIONS = 16;

  /** A request that the model refuses; none is like it. */
  static final String INVALID = "topic 666, way 666";

  enum Coin {
    RANDOM,
    HIT,
    AUDIT
  }

  volatile Coin coin = Coin.RANDOM;
  final ManualTimer timer = new ManualTimer();
  final FakeModel<String, float[]> embedder;
  final FakeModel<String, float[]> model;
  final SimilarityPredictor<String, float[]> cache;
  private final AtomicInteger ways = new AtomicInteger();

  private SimilarFixture(
      FakeModel<String, float[]> model,
      Function<String, float[]> embedder,
      UnaryOperator<SimilarityCaching<String, float[]>> change) {
    this.model = model;
    this.embedder = FakeModel.of(embedder);
    SimilarityCaching<String, float[]> caching =
        SimilarityCaching.<String, float[]>of(
                10_000, this.embedder, AnswerEquivalence.<float[]>equal())
            .withAnswers(float[].class)
            .withMaxWrongShare(0.05);
    SplittableRandom random = new SplittableRandom(3);
    cache =
        (SimilarityPredictor<String, float[]>)
            change
                .apply(caching)
                .adapt(
                    new Timed<>(model, timer),
                    probability ->
                        switch (coin) {
                          case RANDOM -> random.nextDouble() < probability;
                          case HIT -> false;
                          case AUDIT -> true;
                        });
  }

  /** A cache that has learned enough to serve, over a model that answers at once. */
  static SimilarFixture learned() {
    return learned(caching -> caching, SimilarFixture::vector);
  }

  static SimilarFixture learned(
      UnaryOperator<SimilarityCaching<String, float[]>> change,
      Function<String, float[]> embedder) {
    SimilarFixture fixture =
        new SimilarFixture(FakeModel.of(SimilarFixture::answer), embedder, change);
    fixture.learn(null);
    return fixture;
  }

  /** A cache that has learned nothing. */
  static SimilarFixture fresh(UnaryOperator<SimilarityCaching<String, float[]>> change) {
    return new SimilarFixture(FakeModel.of(SimilarFixture::answer), SimilarFixture::vector, change);
  }

  /** A cache that has learned; each run of its model from here on ends when the test says so. */
  static SimilarFixture byHand() {
    SimilarFixture fixture =
        new SimilarFixture(
            FakeModel.byHand(SimilarFixture::answer), SimilarFixture::vector, c -> c);
    fixture.learn(null);
    return fixture;
  }

  /** Sends requests until a candidate is served. */
  void learn(@Nullable String scope) {
    CallOptions options = CallOptions.DEFAULT;
    CallOptions scoped = scope == null ? options : options.withCacheScope(scope);
    for (int i = 0; i < 1_500 || cache.similarityMetrics().hits() < 100; i++) {
      if (i == 20_000) {
        throw new AssertionError("Serves nothing: " + cache.describe());
      }
      int topic = i % 5 == 0 ? 1_000 + i : i % TOPICS; // so that it learns what is too far
      var answer = cache.submit(another(topic), scoped);
      if (!answer.isDone() && model.runs() > 0) {
        model.finish(model.runs() - 1);
      }
      answer.join();
    }
    model.forget();
    embedder.forget();
  }

  /** Returns a text that no call had yet. */
  String another(int topic) {
    return "topic " + topic + ", way " + ways.incrementAndGet();
  }

  static int topic(String text) {
    return Integer.parseInt(text.substring(6, text.indexOf(',')));
  }

  static float[] answer(String text) {
    if (text.equals(INVALID)) {
      throw new InvalidInputException("request", "a topic that the model knows", text);
    }
    return new float[] {topic(text)};
  }

  static float[] vector(String text) {
    float[] vector = new float[DIMENSIONS];
    SplittableRandom centre = new SplittableRandom(topic(text) * 7_919L);
    SplittableRandom way = new SplittableRandom(text.hashCode());
    for (int i = 0; i < DIMENSIONS; i++) {
      vector[i] = (float) (centre.nextDouble() - 0.5 + 0.1 * (way.nextDouble() - 0.5));
    }
    return vector;
  }

  /** Gives the layers around it a clock. */
  private static final class Timed<I, O> extends ForwardingPredictor<I, O> {
    private final ServingThreads threads;

    Timed(Predictor<I, O> inner, ManualTimer timer) {
      super(inner);
      threads = ServingThreads.withTimer(timer);
    }

    @Override
    public <T> Optional<T> find(Class<T> control) {
      return control.isInstance(threads) ? Optional.of(control.cast(threads)) : super.find(control);
    }

    @Override
    public String toString() {
      return inner().toString();
    }
  }
}
