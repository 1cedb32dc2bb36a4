package dev.inproc.inference.cache;

import dev.inproc.inference.Answer.Source;
import dev.inproc.inference.AnswerFacts;
import dev.inproc.inference.BlockedCaller;
import dev.inproc.inference.CallOptions;
import dev.inproc.inference.CallOptions.CacheMode;
import dev.inproc.inference.PredictorClosedException;
import org.jspecify.annotations.Nullable;

/**
 * Answers calls from the store. A hit is a look-up and a count; a clock is read only if entries
 * have an age. One hit in 1,024 is timed, by repeating the look-up.
 */
final class HitPath<I, O> {
  /** Timed together: one look-up takes about as long as reading the clock. */
  private static final int TIMED_LOOKUPS = 8;

  private final Keys keys;
  private final Store<O> store;
  private final AnswerIsolation answers;
  private final SingleFlight<I, O> loads;
  private final LoadCompletion<I, O> runs;
  private final StatsCounter counts;
  private final PayoffSampler meter;
  private final boolean refreshes;

  HitPath(
      Keys keys,
      Store<O> store,
      AnswerIsolation answers,
      SingleFlight<I, O> loads,
      LoadCompletion<I, O> runs,
      StatsCounter counts,
      PayoffSampler meter) {
    this.keys = keys;
    this.store = store;
    this.answers = answers;
    this.loads = loads;
    this.runs = runs;
    this.counts = counts;
    this.meter = meter;
    refreshes = store.refreshes();
  }

  /** Returns the entry, not counted yet, or null. */
  @Nullable CacheEntry<O> find(Object key, CallOptions options) {
    return options.cacheMode() == CacheMode.REFRESH ? null : store.get(key);
  }

  /** Counts a hit, and does what is due with it. */
  void count(Object key, CacheEntry<O> kept, I input) {
    long number = counts.hit(kept);
    if (refreshes && store.isDue(kept)) {
      refresh(key, input);
    }
    if (meter.timesHit(number)) {
      time(key, kept, input);
    }
  }

  /**
   * Looks again, for a run that has ended since the first look; see {@link SingleFlight}. Counts
   * the hit if there is one, and ends the load with it.
   */
  @Nullable CacheEntry<O> late(InFlightLoad<I, O> load, CallOptions options) {
    CacheEntry<O> kept;
    try {
      kept = find(load.key, options);
    } catch (RuntimeException | Error e) {
      runs.fail(load, e, 0, false, true); // a key's equals may throw
      throw e;
    }
    if (kept != null) {
      counts.hit(kept);
      runs.landOn(load, kept);
    }
    return kept;
  }

  /** Returns the caller's own answer, or throws the kept failure. */
  O answer(CacheEntry<O> kept, CallOptions options) {
    AnswerFacts facts = AnswerFacts.of(options);
    if (facts != null) {
      facts.source(Source.EXACT_CACHE);
    }
    Throwable failure = kept.failure;
    if (failure != null) {
      throw BlockedCaller.rethrow(failure);
    }
    return answers.isolate(kept.value());
  }

  private void time(Object key, CacheEntry<O> kept, I input) {
    String scope = Keys.scope(key);
    long start = System.nanoTime();
    for (int i = 0; i < TIMED_LOOKUPS; i++) {
      if (store.get(keys.of(input, scope)) == kept && kept.failure == null) {
        var unused = answers.isolate(kept.value());
      }
    }
    meter.hitTook((double) (System.nanoTime() - start) / TIMED_LOOKUPS);
  }

  private void refresh(Object key, I input) {
    CallOptions options =
        CallOptions.DEFAULT.withPriority(CallOptions.Priority.LOW).withCacheMode(CacheMode.REFRESH);
    String scope = Keys.scope(key);
    CallOptions scoped = scope == null ? options : options.withCacheScope(scope);
    try {
      InFlightLoad<I, O> load = loads.make(key, input, scoped, true);
      if (load != null) {
        counts.refreshes.increment();
        runs.launch(load, scoped);
      }
    } catch (PredictorClosedException e) {
      // The hit is still one.
    }
  }
}
