package dev.inproc.inference.cache;

import dev.inproc.inference.DeadlineExceededException;
import dev.inproc.inference.InferenceInterruptedException;
import java.time.Duration;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/** What is counted as calls come and runs end. Thread-safe. */
final class StatsCounter {
  final StripedCounter hits = new StripedCounter();

  /** One variable, since every 16th miss is timed; its cost is small beside the model's run. */
  final AtomicLong misses = new AtomicLong();

  /** Of the misses and the coalesced, how they ended. */
  final LongAdder answered = new LongAdder();

  private final LongAdder failed = new LongAdder();
  private final LongAdder expired = new LongAdder();
  private final LongAdder cancelled = new LongAdder();

  final LongAdder coalesced = new LongAdder();
  final LongAdder bypassed = new LongAdder();
  final LongAdder notCached = new LongAdder();
  final LongAdder closed = new LongAdder();
  final LongAdder failureHits = new LongAdder();
  final LongAdder refreshes = new LongAdder();
  final LongAdder failedRefreshes = new LongAdder();
  final LongAdder reruns = new LongAdder();
  final LongAdder abandoned = new LongAdder();

  /** The run time that calls saved by joining a run. */
  final LongAdder joinedNanos = new LongAdder();

  /** Counts a hit; see {@link StripedCounter#hit} for what it returns. */
  long hit(CacheEntry<?> kept) {
    if (kept.failure != null) {
      failureHits.increment();
    }
    return hits.hit(kept.runNanos);
  }

  /** Counts requests that the model, a layer or their own input failed. */
  void failed(Throwable failure, int requests) {
    if (failure instanceof DeadlineExceededException) {
      expired.add(requests);
    } else if (failure instanceof CancellationException
        || failure instanceof InferenceInterruptedException) {
      cancelled.add(requests);
    } else {
      failed.add(requests);
    }
  }

  /** Counts a request that was ended by the timer or by its caller. */
  void gone(@Nullable Throwable failure) {
    (failure instanceof DeadlineExceededException ? expired : cancelled).increment();
  }

  long savedNanos() {
    return hits.savedNanos() + joinedNanos.sum();
  }

  /** Every request is counted before its outcome is, and outcomes are read first. */
  CachingMetrics snapshot(CacheCircuitBreaker breaker, Store<?> store) {
    long entries = store.size(); // first: this does the evictions that are counted below
    long answeredNow = answered.sum();
    long failedNow = failed.sum();
    long expiredNow = expired.sum();
    long cancelledNow = cancelled.sum();
    return new CachingMetrics(
        breaker.isOn(),
        breaker.timesOff(),
        hits.hits(),
        misses.get(),
        coalesced.sum(),
        bypassed.sum(),
        notCached.sum(),
        closed.sum(),
        answeredNow,
        failedNow,
        expiredNow,
        cancelledNow,
        failureHits.sum(),
        refreshes.sum(),
        failedRefreshes.sum(),
        reruns.sum(),
        abandoned.sum(),
        store.evictions(),
        store.expirations(),
        entries,
        store.bytes(),
        Duration.ofNanos(savedNanos()));
  }
}
