package dev.inproc.inference.cache;

import dev.inproc.inference.BlockedCaller;
import dev.inproc.inference.CallOptions;
import dev.inproc.inference.CallOptions.CacheMode;
import dev.inproc.inference.Deadline;
import dev.inproc.inference.Predictor;
import dev.inproc.inference.PredictorClosedException;
import dev.inproc.inference.internal.concurrent.ServingThreads;
import dev.inproc.inference.internal.concurrent.Timer;
import dev.inproc.inference.internal.concurrent.Workers;
import dev.inproc.inference.metrics.LayerDescription;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The exact cache. A call looks into the {@link Store} ({@link HitPath}); if that has nothing it
 * joins the key's {@link InFlightLoad}, or makes one ({@link MissPath}, {@link BulkLookup}), whose
 * run ends with an entry and answers ({@link LoadCompletion}).
 */
final class ExactCache<I, O> implements CachingPredictor<I, O> {
  private static final Logger LOG = System.getLogger("dev.inproc.inference.cache");
  private static final String WHY_PASSED =
      "since the model keeps state, or that is not known yet;"
          + " IntegrityOptions.withStateIgnored has its answers cached all the same";

  private final Predictor<I, O> inner;
  private final Keys keys = new Keys();
  private final StatsCounter counts = new StatsCounter();
  private final CacheCircuitBreaker breaker;
  private final Timer timer;
  private final ServingThreads threads;
  private final Store<O> store;
  private final CompletionNotifier notifier;
  private final SingleFlight<I, O> loads;
  private final HitPath<I, O> hits;
  private final MissPath<I, O> misses;
  private final BulkLookup.Layer<I, O> lists;
  private final CacheClosing closing;

  ExactCache(
      Predictor<I, O> inner,
      CacheSettings settings,
      AnswerIsolation answers,
      Timer timer,
      CacheExecutors on) {
    this.inner = Objects.requireNonNull(inner, "inner");
    this.timer = timer;
    threads = ServingThreads.of(inner::find);
    boolean passing = inner.keepsState();
    breaker = new CacheCircuitBreaker(timer, threads.events(), passing);
    if (passing) {
      LOG.log(Level.WARNING, "{0}: nothing is cached, {1}", inner, WHY_PASSED);
    }
    notifier = new CompletionNotifier(on.notifier());
    store = new Store<>(settings, answers, timer, on.upkeep());
    closing = new CacheClosing(inner, threads.workers(), store::clear);
    Predictor<I, O> inside = new InsidePredictor<>(inner, closing);
    loads = new SingleFlight<>(store, closing.calls(), counts, this);
    PayoffSampler meter = new PayoffSampler(breaker, counts, timer, settings.isAlwaysOn(), this);
    LoadCompletion<I, O> runs =
        new LoadCompletion<>(inside, store, answers, timer, loads, notifier, counts);
    hits = new HitPath<>(keys, store, answers, loads, runs, counts, meter);
    misses =
        new MissPath<>(inside, this, threads, answers, timer, hits, loads, runs, counts, meter);
    lists =
        new BulkLookup.Layer<>(
            inside, keys, answers, timer, hits, misses, loads, runs, counts, meter);
  }

  @Override
  public O predict(I input, CallOptions options) {
    Objects.requireNonNull(input, "input");
    if (isPassedBy(options, 1)) {
      return misses.passed(input, options);
    }
    Object key = keys.of(input, options.cacheScope());
    CacheEntry<O> kept = hits.find(key, options);
    if (kept == null) {
      return misses.predict(key, input, options);
    }
    hits.count(key, kept, input);
    return hits.answer(kept, options);
  }

  @Override
  public CompletableFuture<O> submit(I input, CallOptions options) {
    BlockedCaller.checkSubmit(options);
    Objects.requireNonNull(input, "input");
    Objects.requireNonNull(options, "options");
    try {
      if (isPassedBy(options, 1)) {
        counts.bypassed.increment();
        return inner.submit(input, options);
      }
      Object key = keys.of(input, options.cacheScope());
      CacheEntry<O> kept = hits.find(key, options);
      if (kept == null) {
        return misses.submit(key, input, options, false);
      }
      hits.count(key, kept, input);
      return CompletableFuture.completedFuture(hits.answer(kept, options));
    } catch (RuntimeException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  @Override
  public List<O> predictAll(List<I> inputs, CallOptions options) {
    List<I> all = new ArrayList<>(inputs); // its owner may change it meanwhile
    all.forEach(input -> Objects.requireNonNull(input, "input"));
    if (isPassedBy(options, all.size())) {
      counts.bypassed.add(all.size());
      return inner.predictAll(all, options);
    }
    CallOptions own = BlockedCaller.options(options);
    CallOptions armed = Deadline.isSet(own) ? Deadline.start(own, timer.nanoTime()) : own;
    return new BulkLookup<>(lists, all, armed).answers();
  }

  /** Whether a call goes past the cache; throws once closed. */
  private boolean isPassedBy(CallOptions options, int requests) {
    CacheMode mode = options.cacheMode();
    boolean isUsual = mode == CacheMode.USE || mode == CacheMode.EXACT_ONLY;
    if (isUsual && breaker.isOn()) {
      return false; // what almost all calls are
    }
    if (breaker.isClosed()) {
      counts.closed.add(requests);
      throw new PredictorClosedException(toString());
    }
    if (breaker.isPassing()) {
      if (inner.keepsState()) {
        return mode != CacheMode.ONLY_IF_CACHED;
      }
      breaker.settle(); // it was not known before
      return mode == CacheMode.BYPASS;
    }
    return mode == CacheMode.BYPASS || isUsual;
  }

  // ---- for a similarity cache around this one ----

  Object key(I input, CallOptions options) {
    return keys.of(input, options.cacheScope());
  }

  Store<O> store() {
    return store;
  }

  boolean isUnderWay(Object key) {
    return loads.find(key) != null;
  }

  // ---- invalidating ----

  @Override
  public void invalidate(Object input, CallOptions options) {
    loads.invalidate(keys.of(input, options.cacheScope()));
  }

  @Override
  public <T> void invalidateIf(Class<T> type, Predicate<? super T> inputs) {
    loads.invalidateIf(
        key -> {
          Object input = Keys.input(key);
          return type.isInstance(input) && inputs.test(type.cast(input));
        });
  }

  @Override
  public void invalidateScope(@Nullable String scope) {
    loads.invalidateIf(key -> Objects.equals(scope, Keys.scope(key)));
  }

  @Override
  public void invalidateAll() {
    loads.invalidateIf(key -> true);
  }

  // ---- closing ----

  @Override
  public void close() {
    closing.close(stopIntake());
  }

  @Override
  public boolean close(Duration timeout) {
    return closing.close(stopIntake(), timeout, () -> {});
  }

  /** Takes no more calls. Returns whether this thread may wait for the calls under way. */
  private boolean stopIntake() {
    breaker.close();
    loads.abandonRefreshes();
    return !Workers.isWorker() && !notifier.isTelling();
  }

  // ---- figures ----

  @Override
  public CachingMetrics metrics() {
    return counts.snapshot(breaker, store);
  }

  @Override
  public boolean keepsState() {
    return inner.keepsState();
  }

  @Override
  public <T> Optional<T> find(Class<T> control) {
    return control.isInstance(this) ? Optional.of(control.cast(this)) : inner.find(control);
  }

  @Override
  public LayerDescription describe() {
    return LayerDescription.around(inner.describe(), "exact.cache", metrics().figures());
  }

  @Override
  public String toString() {
    if (breaker.isPassing()) {
      return "cached[off: the model may keep state](" + inner + ")";
    }
    return (breaker.isOn() || breaker.isClosed() ? "cached(" : "cached[off](") + inner + ")";
  }
}
