package dev.inproc.inference.cache;

import dev.inproc.inference.Decorator;
import dev.inproc.inference.Predictor;
import dev.inproc.inference.internal.concurrent.ServingThreads;
import dev.inproc.inference.internal.concurrent.Timer;
import java.time.Duration;
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
 * A failure reaches those who wait for its run and is not kept, unless {@link #withFailuresFor}.
 *
 * <p>While look-ups cost more than the model's time that they save, the cache is off and calls go
 * through; {@link CachingMetrics#on} and the log say so.
 */
public final class Caching implements Decorator {
  private final long capacity;
  private final boolean inBytes;
  private final @Nullable AnswerIsolation answers;
  private final Weigher sizes;
  private final @Nullable Duration timeToLive;
  private final @Nullable Duration refreshAfter;
  private final @Nullable Duration failuresFor;
  private final boolean alwaysOn;

  private Caching(Builder from) {
    capacity = from.capacity;
    inBytes = from.inBytes;
    answers = from.answers;
    sizes = from.sizes;
    timeToLive = from.timeToLive;
    refreshAfter = from.refreshAfter;
    failuresFor = from.failuresFor;
    alwaysOn = from.alwaysOn;
  }

  /** What a copy is made from. */
  private static final class Builder {
    private final long capacity;
    private final boolean inBytes;
    private @Nullable AnswerIsolation answers;
    private Weigher sizes = Weigher.KNOWN;
    private @Nullable Duration timeToLive;
    private @Nullable Duration refreshAfter;
    private @Nullable Duration failuresFor;
    private boolean alwaysOn;

    Builder(long capacity, boolean inBytes) {
      if (capacity < 1) {
        throw new IllegalArgumentException("The capacity must be at least 1, got " + capacity);
      }
      this.capacity = capacity;
      this.inBytes = inBytes;
    }
  }

  private Builder copy() {
    Builder copy = new Builder(capacity, inBytes);
    copy.answers = answers;
    copy.sizes = sizes;
    copy.timeToLive = timeToLive;
    copy.refreshAfter = refreshAfter;
    copy.failuresFor = failuresFor;
    copy.alwaysOn = alwaysOn;
    return copy;
  }

  /** Keeps up to so many answers, those asked for often and lately. */
  public static Caching exact(long maxEntries) {
    return new Caching(new Builder(maxEntries, false));
  }

  /**
   * Keeps up to so many bytes of requests and answers: arrays, strings and tensors as estimated,
   * other types as {@link #withSizes} says.
   */
  public static Caching exactBytes(long maxBytes) {
    return new Caching(new Builder(maxBytes, true));
  }

  /**
   * Returns this caching for answers of a type that the library knows: immutable ones, such as
   * strings, numbers, tensors and records of these, are shared; arrays of any depth are copied for
   * each caller.
   *
   * @throws IllegalArgumentException for other types; the message says what to do
   */
  public Caching withAnswers(Class<?> type) {
    Builder copy = copy();
    copy.answers = AnswerIsolation.of(type);
    return new Caching(copy);
  }

  /** Returns this caching for answers that nothing changes, which are shared between callers. */
  public Caching withImmutableAnswers(Class<?> type) {
    Builder copy = copy();
    copy.answers = new AnswerIsolation(type, null);
    return new Caching(copy);
  }

  /**
   * Returns this caching for answers that are copied for each caller.
   *
   * @param copier returns an answer that shares nothing changeable with the one it is given;
   *     thread-safe
   */
  public <T> Caching withCopiedAnswers(Class<T> type, UnaryOperator<T> copier) {
    Builder copy = copy();
    copy.answers = AnswerIsolation.copied(type, copier);
    return new Caching(copy);
  }

  /**
   * Returns this caching with the bytes that a request or an answer of a type occupies on the heap,
   * for a cache bounded in bytes.
   */
  public <T> Caching withSizes(Class<T> type, ToLongFunction<? super T> bytes) {
    Builder copy = copy();
    copy.sizes = sizes.with(type, bytes);
    return new Caching(copy);
  }

  /** Returns this caching with a time after which an entry, counted from its run, is dropped. */
  public Caching withTimeToLive(Duration time) {
    Builder copy = copy();
    copy.timeToLive = positive(time, "timeToLive");
    return new Caching(copy);
  }

  /**
   * Returns this caching with a time after which a hit still gets the old answer but has the model
   * run again in the background, with low priority; if that fails the old answer stays, and is
   * tried again after as much time.
   */
  public Caching withRefreshAfter(Duration time) {
    Builder copy = copy();
    copy.refreshAfter = positive(time, "refreshAfter");
    return new Caching(copy);
  }

  /**
   * Returns this caching with a time for which failures of an input are kept too: invalid inputs,
   * failed runs of the model that were not systemic, exceptions of codecs. What befell the call
   * (deadlines, overload, cancelling, closing) is never kept.
   */
  public Caching withFailuresFor(Duration time) {
    Builder copy = copy();
    copy.failuresFor = positive(time, "failuresFor");
    return new Caching(copy);
  }

  /** Returns this caching without its switching itself off. */
  public Caching withAlwaysOn() {
    Builder copy = copy();
    copy.alwaysOn = true;
    return new Caching(copy);
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
   * @throws IllegalStateException if it was not said what answers are, or how large
   */
  @Override
  public <I, O> CachingPredictor<I, O> decorate(Predictor<I, O> inner) {
    return decorate(
        inner, inner.find(ServingThreads.class).orElse(ServingThreads.shared()).timer());
  }

  <I, O> CachingPredictor<I, O> decorate(Predictor<I, O> inner, Timer timer) {
    return decorate(
        inner,
        timer,
        CacheExecutors.of(
            inner.find(ServingThreads.class).orElse(ServingThreads.shared()).workers()));
  }

  <I, O> CachingPredictor<I, O> decorate(
      Predictor<I, O> inner, Timer timer, CacheExecutors executors) {
    AnswerIsolation known = answers;
    if (known == null) {
      throw new IllegalStateException(
          "Expected to be told what answers are, so that no caller can change another's. Say"
              + " withAnswers(float[].class) for arrays, tensors and types known to be immutable,"
              + " withImmutableAnswers(Reply.class) if nothing changes a Reply, or"
              + " withCopiedAnswers(Reply.class, reply -> ...) to copy it");
    }
    if (inBytes && !sizes.knows(known.type())) {
      throw new IllegalStateException(
          "Expected to be told the bytes of a "
              + known.type().getTypeName()
              + ", since the cache is bounded in bytes. Say withSizes("
              + known.type().getSimpleName()
              + ".class, bytes)");
    }
    return new ExactCache<>(inner, this, known, timer, executors);
  }

  /** Returns the most entries, or bytes, that are kept. */
  public long capacity() {
    return capacity;
  }

  /** Returns whether the capacity counts bytes. */
  public boolean isInBytes() {
    return inBytes;
  }

  /** Returns the time after which an entry is dropped, or null. */
  public @Nullable Duration timeToLive() {
    return timeToLive;
  }

  /** Returns the time after which a hit renews its entry, or null. */
  public @Nullable Duration refreshAfter() {
    return refreshAfter;
  }

  /** Returns how long failures are kept, or null if they are not. */
  public @Nullable Duration failuresFor() {
    return failuresFor;
  }

  Weigher sizes() {
    return sizes;
  }

  boolean isAlwaysOn() {
    return alwaysOn;
  }
}
