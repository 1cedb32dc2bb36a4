package dev.inproc.inference.cache;

import dev.inproc.inference.Decorator;
import dev.inproc.inference.Predictor;
import dev.inproc.inference.internal.concurrent.ServingThreads;
import dev.inproc.inference.internal.concurrent.Timer;
import java.time.Duration;
import java.util.function.Consumer;
import java.util.function.ToLongFunction;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * An exact cache: a request that equals an earlier one is answered without the model, and a request
 * that many make at once runs once. Immutable; {@code with...} methods return changed copies, and
 * one may serve any number of models, each with a store of its own, so that answers of models or
 * versions never mix.
 *
 * <pre>{@code
 * Predictor<String, float[]> cached =
 *     embedder.with(Caching.exact(100_000).withAnswers(float[].class));
 * }</pre>
 *
 * <p><b>Requests</b> are equal by {@code equals}, arrays and tensors if all their bytes are: a hash
 * alone never decides. Arrays, records and collections are copied, to any depth, so that what a
 * caller changes afterwards shows in no answer; what cannot be copied, or compares by identity, is
 * an {@link IllegalArgumentException} that names the part. A class of the application promises not
 * to change what its {@code equals} looks at.
 *
 * <p><b>Answers</b> are shared if nothing can change them, else each caller gets a copy. Which of
 * the two holds must be said: see {@link #withAnswers}.
 *
 * <p><b>Each call</b> has its scope, such as a tenant, and its mode ({@link
 * dev.inproc.inference.CallOptions#withCacheScope}, {@link
 * dev.inproc.inference.CallOptions#withCacheMode}). Equal requests in one scope share a run; each
 * may be cancelled or time out without the others, and the run is cancelled when the last has left.
 * A failure reaches the calls that wait for its run and is not kept, unless {@link
 * #withFailuresFor}.
 *
 * <p>While look-ups cost more than the model's time that they save, the cache is off and calls go
 * through; {@link CachingMetrics#on} and the log say so.
 */
public final class Caching implements Decorator {
  private final CacheSettings settings;

  private Caching(CacheSettings settings) {
    this.settings = settings;
  }

  private Caching with(Consumer<CacheSettings.Builder> change) {
    return new Caching(settings.with(change));
  }

  /** Keeps up to so many answers: the ones asked for often and lately. */
  public static Caching exact(long maxEntries) {
    return new Caching(CacheSettings.of(maxEntries, false));
  }

  /**
   * Keeps up to so many bytes of requests and answers: arrays, strings and tensors as estimated,
   * other types as {@link #withSizes} says.
   */
  public static Caching exactBytes(long maxBytes) {
    return new Caching(CacheSettings.of(maxBytes, true));
  }

  /**
   * Returns this caching for answers of a type that the library knows: immutable ones, such as
   * strings, numbers, tensors and records of these, are shared; arrays of any depth are copied for
   * each caller.
   *
   * @throws IllegalArgumentException for other types; the message says what to do
   */
  public Caching withAnswers(Class<?> type) {
    return with(builder -> builder.answers = AnswerIsolation.of(type));
  }

  /** Returns this caching for answers that nothing changes, which are shared between callers. */
  public Caching withImmutableAnswers(Class<?> type) {
    return with(builder -> builder.answers = new AnswerIsolation(type, null));
  }

  /**
   * Returns this caching for answers that are copied for each caller.
   *
   * @param copier returns an answer that shares nothing changeable with the one it is given;
   *     thread-safe
   */
  public <T> Caching withCopiedAnswers(Class<T> type, UnaryOperator<T> copier) {
    return with(builder -> builder.answers = AnswerIsolation.copied(type, copier));
  }

  /**
   * Returns this caching with the bytes that a request or an answer of a type occupies on the heap,
   * for a cache bounded in bytes.
   */
  public <T> Caching withSizes(Class<T> type, ToLongFunction<? super T> bytes) {
    return with(builder -> builder.sizes = builder.sizes.with(type, bytes));
  }

  /** Returns this caching with a time after which an entry, counted from its run, is dropped. */
  public Caching withTimeToLive(Duration time) {
    return with(builder -> builder.timeToLive = positive(time, "timeToLive"));
  }

  /**
   * Returns this caching with a time after which a hit still gets the old answer but has the model
   * run again in the background, with low priority; if that fails the old answer stays, and is
   * tried again after as much time.
   */
  public Caching withRefreshAfter(Duration time) {
    return with(builder -> builder.refreshAfter = positive(time, "refreshAfter"));
  }

  /**
   * Returns this caching with a time for which failures of an input are kept too: invalid inputs,
   * failed runs of the model that were not systemic, exceptions of codecs. What befell the call
   * (deadlines, overload, cancelling, closing) is never kept.
   */
  public Caching withFailuresFor(Duration time) {
    return with(builder -> builder.failuresFor = positive(time, "failuresFor"));
  }

  /** Returns this caching without its switching itself off. */
  public Caching withAlwaysOn() {
    return with(builder -> builder.alwaysOn = true);
  }

  private static Duration positive(Duration time, String name) {
    if (time.isNegative() || time.isZero()) {
      throw new IllegalArgumentException(name + " must be more than zero, got " + time);
    }
    return time;
  }

  /**
   * {@inheritDoc}
   *
   * @throws IllegalStateException if it was not said what answers are, or how large, or if the
   *     predictor has a {@link SimilarityCaching}: this cache would keep its wrong hits
   */
  @Override
  public <I, O> CachingPredictor<I, O> decorate(Predictor<I, O> inner) {
    if (inner.find(SimilarityControl.class).isPresent()) {
      throw new IllegalStateException(
          "Expected a predictor without a similarity cache, got "
              + inner
              + ": an exact cache around it would keep a wrong hit and answer with it again,"
              + " uncounted. Leave this cache out: SimilarityCaching has one inside");
    }
    return decorate(inner, ServingThreads.of(inner::find).timer());
  }

  <I, O> CachingPredictor<I, O> decorate(Predictor<I, O> inner, Timer timer) {
    return decorate(inner, timer, CacheExecutors.of(ServingThreads.of(inner::find).workers()));
  }

  <I, O> CachingPredictor<I, O> decorate(
      Predictor<I, O> inner, Timer timer, CacheExecutors executors) {
    return cache(inner, settings, timer, executors);
  }

  static <I, O> ExactCache<I, O> cache(
      Predictor<I, O> inner, CacheSettings settings, Timer timer, CacheExecutors executors) {
    AnswerIsolation known = settings.answers();
    if (known == null) {
      throw new IllegalStateException(
          "Expected to be told what answers are, so that no caller can change another's. Say"
              + " withAnswers(float[].class) for arrays, tensors and types known to be immutable,"
              + " withImmutableAnswers(Reply.class) if nothing changes a Reply, or"
              + " withCopiedAnswers(Reply.class, reply -> ...) to copy it");
    }
    if (settings.isInBytes() && !settings.sizes().knows(known.type())) {
      throw new IllegalStateException(
          "Expected to be told the bytes of a "
              + known.type().getTypeName()
              + ", since the cache is bounded in bytes. Say withSizes("
              + known.type().getSimpleName()
              + ".class, bytes)");
    }
    return new ExactCache<>(inner, settings, known, timer, executors);
  }

  /** Returns the most entries, or bytes, that are kept. */
  public long capacity() {
    return settings.capacity();
  }

  /** Returns whether the capacity counts bytes. */
  public boolean isInBytes() {
    return settings.isInBytes();
  }

  /** Returns the time after which an entry is dropped, or null. */
  public @Nullable Duration timeToLive() {
    return settings.timeToLive();
  }

  /** Returns the time after which a hit renews its entry, or null. */
  public @Nullable Duration refreshAfter() {
    return settings.refreshAfter();
  }

  /** Returns how long failures are kept, or null if they are not. */
  public @Nullable Duration failuresFor() {
    return settings.failuresFor();
  }

  /** Equal cachings build caches that behave alike; functions are equal as their class says. */
  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Caching that && settings.equals(that.settings);
  }

  @Override
  public int hashCode() {
    return settings.hashCode();
  }

  @Override
  public String toString() {
    return "Caching[" + settings + "]";
  }
}
