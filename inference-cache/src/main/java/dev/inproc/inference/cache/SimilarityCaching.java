package dev.inproc.inference.cache;

import dev.inproc.inference.Adapter;
import dev.inproc.inference.Predictor;
import dev.inproc.inference.cache.bound.Coins;
import dev.inproc.inference.internal.concurrent.ServingThreads;
import java.time.Duration;
import java.util.Objects;
import java.util.function.BiPredicate;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A similarity cache: a request that is like an earlier one may get the earlier one's answer, and
 * the share of wrong answers among these is bounded. Immutable; {@code with...} methods return
 * changed copies.
 *
 * <pre>{@code
 * Predictor<String, String> cached =
 *     classifier.with(
 *         SimilarityCaching.<String, String>of(100_000, embedder, AnswerEquivalence.equal())
 *             .withAnswers(String.class)
 *             .withVeto(TextVetoes.all())
 *             .withMaxWrongShare(0.02));
 * }</pre>
 *
 * <p><b>A hit</b> is a request that gets the answer of another, unequal request. It is wrong if the
 * model's own answer to it would not be equivalent. A request that equals an earlier one is
 * answered as by {@link Caching}; it is no hit here and no part of the promise.
 *
 * <p><b>The promise.</b> With a probability of at least {@code 1 - errorProbability}, at every
 * moment, {@code wrong hits <= allowance + maxWrongShare * hits}; and from the moment on at which
 * the cache is certified, {@code wrong hits <= maxWrongShare * hits}. The probability is that of
 * the coins that the cache throws, whatever requests come in whatever order. The promise covers the
 * hits of one predictor, from its making to its closing. It does not hold for a model that answers
 * equal requests differently, or while {@code equivalence} changes.
 *
 * <p><b>How.</b> The cache runs the model for some of the requests that it could have answered, to
 * see whether the answer would have been wrong. Such a request is an audit: its caller gets the
 * model's answer. The fewer wrong hits the promise has room for, the more requests are audited. The
 * first thousand requests that run the model are learned from, and none is a hit.
 *
 * <p><b>Scopes</b> ({@link dev.inproc.inference.CallOptions#withCacheScope}) never share an answer.
 * The index of a scope takes memory in the number of its entries: 1,636 bytes for an embedding of
 * 384 numbers, beside the request and the answer.
 *
 * <p><b>The embedder</b> is not closed with this layer. If it fails, the request goes to the model.
 *
 * @param <I> a request
 * @param <O> an answer
 */
public final class SimilarityCaching<I, O> implements Adapter<I, O, I, O> {
  private final SimilaritySettings<I, O> settings;

  private SimilarityCaching(SimilaritySettings<I, O> settings) {
    this.settings = settings;
  }

  private SimilarityCaching<I, O> with(Consumer<SimilaritySettings.Builder<I, O>> change) {
    return new SimilarityCaching<>(settings.with(change));
  }

  /**
   * Keeps up to so many answers.
   *
   * @param embedder returns a vector for a request; requests that mean the same have a high cosine
   * @param equivalence returns whether one answer is as good as another; called by many threads
   */
  public static <I, O> SimilarityCaching<I, O> of(
      long maxEntries,
      Predictor<? super I, float[]> embedder,
      BiPredicate<? super O, ? super O> equivalence) {
    return of(maxEntries, embedder, request -> request, equivalence);
  }

  /**
   * Keeps up to so many answers.
   *
   * @param embedder returns a vector
   * @param input returns what the embedder is given for a request, such as its text
   * @param equivalence returns whether one answer is as good as another; called by many threads
   */
  public static <I, E, O> SimilarityCaching<I, O> of(
      long maxEntries,
      Predictor<E, float[]> embedder,
      Function<? super I, ? extends E> input,
      BiPredicate<? super O, ? super O> equivalence) {
    Objects.requireNonNull(embedder, "embedder");
    Objects.requireNonNull(input, "input");
    Objects.requireNonNull(equivalence, "equivalence");
    Embedding<I, E> embedding = new Embedding<>(embedder, input);
    return new SimilarityCaching<>(
        new SimilaritySettings.Builder<I, O>(maxEntries, embedding, equivalence).build());
  }

  /** Returns this caching with the largest share of hits that may be wrong; 0.02 by default. */
  public SimilarityCaching<I, O> withMaxWrongShare(double share) {
    return with(builder -> builder.maxWrongShare = share);
  }

  /** Returns this caching with the probability that the promise may break; 0.05 by default. */
  public SimilarityCaching<I, O> withErrorProbability(double probability) {
    return with(builder -> builder.errorProbability = probability);
  }

  /**
   * Returns this caching with the wrong hits that are allowed before it is certified; 30 by
   * default. Some are needed to begin; {@link #adapt} says how many.
   */
  public SimilarityCaching<I, O> withAllowance(int wrongHits) {
    return with(builder -> builder.allowance = wrongHits);
  }

  /**
   * Returns this caching with a reason more not to serve a cached answer, such as {@link
   * TextVetoes}.
   *
   * @param forbids returns whether the first request must not get the answer of the second, which
   *     was answered before; called by many threads
   */
  public SimilarityCaching<I, O> withVeto(BiPredicate<? super I, ? super I> forbids) {
    Objects.requireNonNull(forbids, "forbids");
    return with(builder -> builder.vetoes.add(forbids));
  }

  /**
   * Returns this caching with numbers from which it learns how risky a hit is, beside the
   * similarities.
   *
   * @param count how many numbers the function returns
   */
  public SimilarityCaching<I, O> withRiskFeatures(int count, RiskFunction<I> features) {
    Objects.requireNonNull(features, "features");
    if (count < 1) {
      throw new IllegalArgumentException("Expected at least one risk feature, got " + count);
    }
    return with(
        builder -> {
          builder.riskFeatureCount = count;
          builder.riskFeatures = features;
        });
  }

  /**
   * Returns this caching with answers that tell which request they were given to first; see {@link
   * dev.inproc.inference.Answer#similarTo}. That request is another caller's data, so no answer
   * tells it unless this is set.
   */
  public SimilarityCaching<I, O> withRequestsInAnswers() {
    return with(builder -> builder.tellsRequests = true);
  }

  /**
   * Returns this caching for answers of a type that the library knows; see {@link
   * Caching#withAnswers}.
   *
   * @throws IllegalArgumentException for other types; the message says what to do
   */
  public SimilarityCaching<I, O> withAnswers(Class<?> type) {
    return with(builder -> builder.answers = AnswerIsolation.of(type));
  }

  /** Returns this caching for answers that nothing changes, which are shared between callers. */
  public SimilarityCaching<I, O> withImmutableAnswers(Class<?> type) {
    return with(builder -> builder.answers = new AnswerIsolation(type, null));
  }

  /** Returns this caching for answers that are copied; see {@link Caching#withCopiedAnswers}. */
  public <T> SimilarityCaching<I, O> withCopiedAnswers(Class<T> type, UnaryOperator<T> copier) {
    return with(builder -> builder.answers = AnswerIsolation.copied(type, copier));
  }

  /** Returns this caching with a time after which an answer, counted from its run, is dropped. */
  public SimilarityCaching<I, O> withTimeToLive(Duration time) {
    if (time.isNegative() || time.isZero()) {
      throw new IllegalArgumentException("timeToLive must be more than zero, got " + time);
    }
    return with(builder -> builder.timeToLive = time);
  }

  /**
   * Returns a predictor that answers from a cache, and owns the one given.
   *
   * @throws IllegalStateException if it was not said what answers are, or the predictor has a
   *     similarity cache already
   * @throws IllegalArgumentException if the allowance is too small to begin
   */
  @Override
  public SimilarityCachingPredictor<I, O> adapt(Predictor<I, O> inner) {
    return adapt(inner, Coins.unpredictable());
  }

  /** As {@link #adapt(Predictor)}, with coins that a test or a simulation knows. */
  SimilarityCachingPredictor<I, O> adapt(Predictor<I, O> inner, Coins coins) {
    if (inner.find(SimilarityControl.class).isPresent()) {
      throw new IllegalStateException(
          "Expected a predictor without a similarity cache, got "
              + inner
              + ": a second one would take answers of other requests for the model's own");
    }
    ServingThreads threads = ServingThreads.of(inner::find);
    CacheExecutors executors = CacheExecutors.of(threads.workers());
    ExactCache<I, O> exact = Caching.cache(inner, settings.exact(), threads.timer(), executors);
    return new SimilarityPredictor<>(inner, settings, exact, threads, coins);
  }

  /** Returns the most entries that are kept. */
  public long capacity() {
    return settings.capacity;
  }

  /** Returns the largest share of hits that may be wrong. */
  public double maxWrongShare() {
    return settings.maxWrongShare;
  }

  /** Returns the probability that the promise may break. */
  public double errorProbability() {
    return settings.errorProbability;
  }

  /** Returns the wrong hits that are allowed before the cache is certified. */
  public int allowance() {
    return settings.allowance;
  }

  /** Returns the time after which an answer is dropped, or null. */
  public @Nullable Duration timeToLive() {
    return settings.timeToLive;
  }

  /** Equal cachings build caches that behave alike; functions are equal as their class says. */
  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof SimilarityCaching<?, ?> that && settings.equals(that.settings);
  }

  @Override
  public int hashCode() {
    return settings.hashCode();
  }

  @Override
  public String toString() {
    return "SimilarityCaching[" + settings + "]";
  }
}
