package dev.inproc.inference.cache;

import dev.inproc.inference.CallOptions;
import dev.inproc.inference.CallOptions.CacheMode;
import dev.inproc.inference.InferenceInterruptedException;
import dev.inproc.inference.NotCachedException;
import dev.inproc.inference.Predictor;
import dev.inproc.inference.PredictorClosedException;
import dev.inproc.inference.concurrent.Lifetime;
import dev.inproc.inference.concurrent.Nanos;
import dev.inproc.inference.concurrent.Timer;
import dev.inproc.inference.concurrent.Waiting;
import dev.inproc.inference.concurrent.Workers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The exact cache. A call looks into the {@link Store}; if it finds nothing it joins the key's
 * {@link Flight}, or makes one ({@link Flights}).
 *
 * <p><b>Who runs the model.</b> A blocking call without a timeout runs it on its own thread, as it
 * would without a cache, and others may join meanwhile. A call that could leave early, by its
 * future or its timeout, has it run elsewhere, since others may stay. A callback on one of the
 * library's workers joins nobody: the run it would wait for may need that very worker.
 *
 * <p><b>A hit</b> is a look-up and a count; a clock is read only if entries have an age. One hit in
 * a thousand, and one miss in sixteen, is timed, for {@link Worth}.
 */
final class ExactCache<I, O> implements CachingPredictor<I, O> {
  private static final int HITS_A_LOOK = 1024;
  private static final int MISSES_A_TIMING = 16;
  private static final int TIMED_LOOKUPS = 8;

  /** Of what a miss costs beside the run, about two thirds come after it. */
  private static final double AFTER_RUN = 1.5;

  private static final double BEFORE_RUN = 3;

  private final Predictor<I, O> inner;
  private final Answers answers;
  private final Timer timer;
  private final boolean alwaysOn;
  private final boolean refreshes;
  private final Keys keys = new Keys();
  private final Store<O> store;
  private final Flights<I, O> flights;
  private final Lifetime lifetime = new Lifetime(this::lastOut);
  private final AtomicInteger closers = new AtomicInteger();
  private final Switch power;
  private final Worth worth = new Worth();
  private final Tally tally = new Tally();
  private final AtomicLong misses = new AtomicLong();
  private final LongAdder coalesced = new LongAdder();
  private final LongAdder bypassed = new LongAdder();
  private final LongAdder notCached = new LongAdder();
  private final LongAdder closed = new LongAdder();
  private final LongAdder failureHits = new LongAdder();
  private final LongAdder refreshed = new LongAdder();

  ExactCache(
      Predictor<I, O> inner, Caching caching, Answers answers, Timer timer, Executor elsewhere) {
    this.inner = Objects.requireNonNull(inner, "inner");
    this.answers = answers;
    this.timer = timer;
    alwaysOn = caching.isAlwaysOn();
    store = new Store<>(caching, answers, timer);
    refreshes = store.refreshes();
    flights = new Flights<>(inner, store, answers, timer, lifetime, elsewhere, this);
    power = new Switch(timer);
  }

  // ---- one call ----

  @Override
  public O predict(I input, CallOptions options) {
    Objects.requireNonNull(input, "input");
    if (isPassedBy(options, 1)) {
      return passed(input, options);
    }
    Object key = keys.of(input, options.cacheScope());
    Kept<O> kept = options.cacheMode() == CacheMode.REFRESH ? null : store.get(key);
    if (kept == null) {
      return predictMissing(key, input, options);
    }
    hit(key, kept, input);
    Throwable failure = kept.failure;
    if (failure != null) {
      throw (RuntimeException) failure;
    }
    return answers.isolate(Flights.valueOf(kept));
  }

  @Override
  public CompletableFuture<O> submit(I input, CallOptions options) {
    Objects.requireNonNull(input, "input");
    Objects.requireNonNull(options, "options");
    try {
      if (isPassedBy(options, 1)) {
        bypassed.increment();
        return inner.submit(input, options);
      }
      Object key = keys.of(input, options.cacheScope());
      Kept<O> kept = options.cacheMode() == CacheMode.REFRESH ? null : store.get(key);
      if (kept == null) {
        return board(key, input, options, false);
      }
      hit(key, kept, input);
      Throwable failure = kept.failure;
      return failure == null
          ? CompletableFuture.completedFuture(answers.isolate(Flights.valueOf(kept)))
          : CompletableFuture.failedFuture(failure);
    } catch (RuntimeException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  /** Whether a call goes past the cache; throws once closed. */
  private boolean isPassedBy(CallOptions options, int requests) {
    CacheMode mode = options.cacheMode();
    if (mode == CacheMode.USE && power.isOn()) {
      return false; // what almost all calls are
    }
    if (power.isClosed()) {
      closed.add(requests);
      throw closedException();
    }
    return mode == CacheMode.BYPASS || mode == CacheMode.USE;
  }

  private PredictorClosedException closedException() {
    return new PredictorClosedException(toString());
  }

  private O passed(I input, CallOptions options) {
    bypassed.increment();
    return inner.predict(input, options);
  }

  // ---- hits ----

  void hit(Object key, Kept<O> kept, I input) {
    long count = tally.hit(kept.runNanos);
    if (kept.failure != null) {
      failureHits.increment();
    } else if (refreshes && store.isDue(kept)) {
      refresh(key, input);
    }
    if ((count & (HITS_A_LOOK - 1)) == 0 && !alwaysOn) {
      time(key, kept, input);
      look();
    }
  }

  /** Measures what a hit costs, by hitting again. */
  private void time(Object key, Kept<O> kept, I input) {
    String scope = Keys.scope(key);
    long start = System.nanoTime();
    for (int i = 0; i < TIMED_LOOKUPS; i++) {
      if (store.get(keys.of(input, scope)) == kept && kept.failure == null) {
        var unused = answers.isolate(Flights.valueOf(kept));
      }
    }
    worth.hitTook((double) (System.nanoTime() - start) / TIMED_LOOKUPS);
  }

  private void look() {
    long hits = tally.hits();
    switch (worth.look(hits, misses.get(), savedNanos())) {
      case PAYS -> power.pays();
      case COSTS -> power.costs(this);
      case OPEN -> {}
    }
  }

  private long savedNanos() {
    return tally.savedNanos() + flights.joinedNanos();
  }

  private void refresh(Object key, I input) {
    CallOptions options =
        CallOptions.DEFAULT.withPriority(CallOptions.Priority.LOW).withCacheMode(CacheMode.REFRESH);
    String scope = Keys.scope(key);
    CallOptions scoped = scope == null ? options : options.withCacheScope(scope);
    try {
      Flight<I, O> flight = flights.make(key, input, scoped, true);
      if (flight != null) {
        refreshed.increment();
        flights.launch(flight, scoped);
      }
    } catch (PredictorClosedException e) {
      // The hit is still one.
    }
  }

  // ---- misses ----

  private O predictMissing(Object key, I input, CallOptions options) {
    if (options.cacheMode() == CacheMode.ONLY_IF_CACHED) {
      throw notCached(1);
    }
    if (options.hasTimeout()) {
      return Workers.isWorker()
          ? predictOnWorker(key, input, options)
          : answers.isolate(Waiting.await(board(key, input, options, true)));
    }
    while (true) {
      Flight<I, O> found = flights.find(key);
      if (found == null) {
        Flight<I, O> made = make(key, input, options);
        if (made != null) {
          return lead(made, options);
        }
      } else if (Workers.isWorker()) {
        return passed(input, options);
      } else {
        Waiter<I, O> waiter = new Waiter<>(input, blocking(options), true);
        if (found.join(waiter)) {
          coalesced.increment();
          return answers.isolate(Waiting.await(waiter));
        }
        flights.forget(found);
      }
    }
  }

  NotCachedException notCached(int requests) {
    notCached.add(requests);
    return new NotCachedException(toString());
  }

  /** Makes a flight; counts the call if the predictor is closed. */
  @Nullable Flight<I, O> make(Object key, I input, CallOptions options) {
    try {
      return flights.make(key, input, options, false);
    } catch (PredictorClosedException e) {
      closed.increment();
      throw e;
    }
  }

  /** A blocked caller may be its executor's only thread: its answer must not wait there. */
  private static CallOptions blocking(CallOptions options) {
    return options.executor() == null ? options : options.withExecutor(null);
  }

  /** A worker must not wait for another's run; it has the model bound its own by the timeout. */
  private O predictOnWorker(Object key, I input, CallOptions options) {
    Flight<I, O> made = flights.find(key) == null ? make(key, input, options) : null;
    return made == null ? passed(input, options) : lead(made, options);
  }

  /** Runs the model on this thread. */
  private O lead(Flight<I, O> flight, CallOptions options) {
    Kept<O> kept = late(flight, options);
    if (kept != null) {
      Throwable failure = kept.failure;
      if (failure != null) {
        throw (RuntimeException) failure;
      }
      return answers.isolate(Flights.valueOf(kept));
    }
    long count = misses.incrementAndGet();
    long start = timer.nanoTime();
    O answer;
    try {
      answer = inner.predict(flight.input, options);
    } catch (RuntimeException | Error e) {
      flight.starts(start);
      flights.fail(flight, e, e instanceof InferenceInterruptedException, true);
      throw e;
    }
    long end = timer.nanoTime();
    flights.land(flight, answer, end - start, true);
    O own = answers.isolate(answer);
    timeMiss(count, end);
    return own;
  }

  /**
   * Looks again, for a run that has ended since the first look; see {@link Flights}. Counts the hit
   * if there is one.
   */
  @Nullable Kept<O> late(Flight<I, O> flight, CallOptions options) {
    if (options.cacheMode() == CacheMode.REFRESH) {
      return null;
    }
    Kept<O> kept = store.get(flight.key);
    if (kept != null) {
      tally.hit(kept.runNanos);
      if (kept.failure != null) {
        failureHits.increment();
      }
      flights.landOn(flight, kept);
    }
    return kept;
  }

  private void timeMiss(long count, long end) {
    if ((count & (MISSES_A_TIMING - 1)) != 0 || alwaysOn) {
      return;
    }
    worth.missTook((timer.nanoTime() - end) * AFTER_RUN);
    look();
  }

  /** Has the model run elsewhere, or joins a run. */
  private CompletableFuture<O> board(Object key, I input, CallOptions options, boolean blocks) {
    if (options.cacheMode() == CacheMode.ONLY_IF_CACHED) {
      throw notCached(1);
    }
    Waiter<I, O> waiter = newWaiter(input, options, blocks);
    while (true) {
      Flight<I, O> found = flights.find(key);
      if (found != null) {
        if (found.join(waiter)) {
          coalesced.increment();
          return waiter;
        }
        flights.forget(found);
        continue;
      }
      long count = misses.get();
      boolean timed = (count & (MISSES_A_TIMING - 1)) == 0 && !alwaysOn;
      long start = timed ? timer.nanoTime() : 0;
      Flight<I, O> made = make(key, input, waiter.options());
      if (made != null) {
        made.lead(waiter);
        if (late(made, options) == null) {
          misses.incrementAndGet();
          if (timed) {
            worth.missTook((timer.nanoTime() - start) * BEFORE_RUN);
            look();
          }
          flights.launch(made, waiter.options());
        }
        return waiter;
      }
    }
  }

  Waiter<I, O> newWaiter(I input, CallOptions options, boolean blocks) {
    CallOptions own = blocks ? blocking(options) : options;
    if (!own.hasTimeout()) {
      return new Waiter<>(input, own, blocks);
    }
    Waiter<I, O> waiter = new Waiter<>(input, own.arm(timer.nanoTime()), blocks);
    waiter.startTimeout(timer, Workers.shared(), blocks);
    return waiter;
  }

  // ---- lists ----

  @Override
  public List<O> predictAll(List<I> inputs, CallOptions options) {
    List<I> all = new ArrayList<>(inputs); // its owner may change it meanwhile
    all.forEach(input -> Objects.requireNonNull(input, "input"));
    if (isPassedBy(options, all.size())) {
      bypassed.add(all.size());
      return inner.predictAll(all, options);
    }
    CallOptions own = blocking(options);
    CallOptions armed = own.hasTimeout() ? own.arm(timer.nanoTime()) : own;
    return new ListCall<>(this, inner, all, armed).answers();
  }

  Object keyOf(I input, CallOptions options) {
    return keys.of(input, options.cacheScope());
  }

  @Nullable Kept<O> keptFor(Object key) {
    return store.get(key);
  }

  Flights<I, O> flights() {
    return flights;
  }

  O isolate(O answer) {
    return answers.isolate(answer);
  }

  long nanoTime() {
    return timer.nanoTime();
  }

  void countMisses(int requests) {
    long before = misses.getAndAdd(requests);
    if ((before ^ (before + requests)) >= MISSES_A_TIMING && !alwaysOn) {
      look();
    }
  }

  void countClosed(int requests) {
    closed.add(requests);
  }

  void countCoalesced(int requests) {
    coalesced.add(requests);
  }

  void countBypassed(int requests) {
    bypassed.add(requests);
  }

  // ---- invalidating ----

  @Override
  public void invalidate(I input, CallOptions options) {
    flights.invalidate(keys.of(input, options.cacheScope()));
  }

  @Override
  @SuppressWarnings("unchecked")
  public void invalidateIf(Predicate<? super I> inputs) {
    flights.invalidateIf(key -> inputs.test((I) Keys.input(key)));
  }

  @Override
  public void invalidateScope(@Nullable String scope) {
    flights.invalidateIf(key -> Objects.equals(scope, Keys.scope(key)));
  }

  @Override
  public void invalidateAll() {
    flights.invalidateIf(key -> true);
  }

  // ---- closing ----

  @Override
  public void close() {
    boolean waits = !Workers.isWorker() && !flights.isTelling();
    if (waits) {
      closers.incrementAndGet();
    }
    power.close();
    flights.abandonRefreshes();
    lifetime.close();
    if (waits) {
      lifetime.awaitFreed(Nanos.FOREVER);
      inner.close();
    }
  }

  /**
   * Whoever waits for the last call closes what is inside; else the last call has it closed, not on
   * its own thread, which may be the timer's.
   */
  private void lastOut() {
    store.clear();
    if (closers.get() == 0) {
      Workers.shared().turn(this, inner::close);
    }
  }

  // ---- figures ----

  @Override
  public CachingMetrics metrics() {
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
        refreshed.sum(),
        flights.failedRefreshes(),
        flights.reruns(),
        flights.abandonedRuns(),
        store.evictions(),
        store.expirations(),
        store.size(),
        store.bytes(),
        Duration.ofNanos(savedNanos()));
  }

  @Override
  public String toString() {
    return (power.isOn() || power.isClosed() ? "cached(" : "cached[off](") + inner + ")";
  }
}
