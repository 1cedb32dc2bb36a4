package dev.inproc.inference.cache;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;

/** What is counted as calls come and runs end. Thread-safe. */
final class Counts {
  final Tally tally = new Tally();

  /** One variable, since every so-manieth miss is timed; a miss has the model run anyway. */
  final AtomicLong misses = new AtomicLong();

  final LongAdder coalesced = new LongAdder();
  final LongAdder bypassed = new LongAdder();
  final LongAdder notCached = new LongAdder();
  final LongAdder closed = new LongAdder();
  final LongAdder failureHits = new LongAdder();
  final LongAdder refreshes = new LongAdder();
  final LongAdder failedRefreshes = new LongAdder();
  final LongAdder reruns = new LongAdder();
  final LongAdder abandoned = new LongAdder();

  /** The model's time that those who joined a run had for nothing. */
  final LongAdder joinedNanos = new LongAdder();

  /** Counts a hit; see {@link Tally#hit} for what it returns. */
  long hit(Kept<?> kept) {
    if (kept.failure != null) {
      failureHits.increment();
    }
    return tally.hit(kept.runNanos);
  }

  long savedNanos() {
    return tally.savedNanos() + joinedNanos.sum();
  }

  CachingMetrics snapshot(Switch power, Store<?> store) {
    long entries = store.size(); // first: this does the evictions that are counted below
    return new CachingMetrics(
        power.isOn(),
        power.timesOff(),
        tally.hits(),
        misses.get(),
        coalesced.sum(),
        bypassed.sum(),
        notCached.sum(),
        closed.sum(),
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
