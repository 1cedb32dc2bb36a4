package dev.inproc.inference.cache;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.RemovalCause;
import dev.inproc.inference.internal.concurrent.Durations;
import dev.inproc.inference.internal.concurrent.Timer;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The entries, in Caffeine: bounded by number or by bytes, and by age.
 *
 * <p>The thread that stores an entry also evicts; handing that to an executor would double the cost
 * of a miss. Ordering the entries by use goes to an executor: on the threads that hit, it would
 * double the cost of a hit.
 *
 * @param <O> an answer
 */
final class Store<O> {
  private final Cache<Object, CacheEntry<O>> entries;
  private final Timer timer;
  private final boolean inBytes;
  private final Weigher sizes;
  private final AnswerIsolation answers;
  private final long refreshNanos;
  private final long failureNanos;
  private final ThreadLocal<Boolean> storing = new ThreadLocal<>();
  private final LongAdder evicted = new LongAdder();
  private final LongAdder expired = new LongAdder();

  Store(CacheSettings settings, AnswerIsolation answers, Timer timer, Executor upkeep) {
    this.timer = timer;
    this.answers = answers;
    inBytes = settings.isInBytes();
    sizes = settings.sizes();
    refreshNanos = nanos(settings.refreshAfter());
    failureNanos = nanos(settings.failuresFor());
    Caffeine<Object, Object> builder = Caffeine.newBuilder().executor(task -> keepUp(task, upkeep));
    Duration timeToLive = settings.timeToLive();
    if (timeToLive != null) {
      builder.expireAfterWrite(Durations.of(timeToLive), TimeUnit.NANOSECONDS);
      builder.ticker(timer::nanoTime);
    }
    Caffeine<Object, CacheEntry<O>> bounded =
        inBytes
            ? builder
                .maximumWeight(settings.capacity())
                .weigher((Object key, CacheEntry<O> kept) -> kept.weight())
                .evictionListener(this::gone)
            : builder.maximumSize(settings.capacity()).evictionListener(this::gone);
    entries = bounded.removalListener(this::left).build();
  }

  /** Zero means never. */
  private static long nanos(@Nullable Duration duration) {
    return duration == null ? 0 : Math.max(1, Durations.of(duration));
  }

  private void gone(@Nullable Object key, @Nullable CacheEntry<O> kept, RemovalCause cause) {
    (cause == RemovalCause.EXPIRED ? expired : evicted).increment();
  }

  private void left(@Nullable Object key, @Nullable CacheEntry<O> kept, RemovalCause cause) {
    if (kept != null) {
      kept.gone();
    }
  }

  /** Returns whether there is an entry, without counting this as a use of it. */
  boolean holds(Object key) {
    return entries.policy().getIfPresentQuietly(key) != null;
  }

  /** Returns an answer's entry without counting this as a use of it, or null. */
  @Nullable CacheEntry<O> peek(Object key) {
    CacheEntry<O> kept = entries.policy().getIfPresentQuietly(key);
    return kept == null || kept.failure != null ? null : kept;
  }

  @Nullable CacheEntry<O> get(Object key) {
    CacheEntry<O> kept = entries.getIfPresent(key);
    if (kept != null && kept.failure != null && kept.isOver(timer.nanoTime())) {
      entries.asMap().remove(key, kept);
      return null;
    }
    return kept;
  }

  boolean keepsFailures() {
    return failureNanos > 0;
  }

  boolean refreshes() {
    return refreshNanos > 0;
  }

  /** Returns whether the caller that found this entry is to refresh it. */
  boolean isDue(CacheEntry<O> kept) {
    return kept.failure == null && kept.takeRefresh(timer.nanoTime(), refreshNanos);
  }

  /** Returns an entry for an answer; throws if it is not of the declared type. */
  CacheEntry<O> entryOf(Object key, O answer, long runNanos) {
    answers.check(answer);
    CacheEntry<O> kept =
        CacheEntry.answer(answer, runNanos, inBytes ? sizes.weigh(key, answer) : 1);
    if (refreshes()) {
      kept.refreshAt(timer.nanoTime() + refreshNanos);
    }
    return kept;
  }

  CacheEntry<O> entryOf(Object key, Throwable failure, long runNanos) {
    int weight = inBytes ? sizes.weigh(key, null) : 1;
    return CacheEntry.failure(failure, runNanos, weight, timer.nanoTime() + failureNanos);
  }

  void put(Object key, CacheEntry<O> kept) {
    storing.set(true);
    try {
      entries.put(key, kept);
    } finally {
      storing.remove();
    }
  }

  private void keepUp(Runnable task, Executor upkeep) {
    if (storing.get() == null) {
      upkeep.execute(task);
    } else {
      task.run();
    }
  }

  void remove(Object key) {
    entries.invalidate(key);
  }

  void removeIf(Predicate<Object> keys) {
    entries.asMap().keySet().removeIf(keys);
  }

  void clear() {
    entries.invalidateAll();
  }

  long size() {
    entries.cleanUp();
    return entries.estimatedSize();
  }

  long bytes() {
    return inBytes ? entries.policy().eviction().orElseThrow().weightedSize().orElse(0) : 0;
  }

  long evictions() {
    return evicted.sum();
  }

  long expirations() {
    return expired.sum();
  }
}
