package dev.inproc.inference.cache;

import dev.inproc.inference.BlockedCaller;
import dev.inproc.inference.CallOptions;
import dev.inproc.inference.CallOptions.CacheMode;
import dev.inproc.inference.Deadline;
import dev.inproc.inference.Predictor;
import dev.inproc.inference.PredictorClosedException;
import dev.inproc.inference.cache.bound.Coins;
import dev.inproc.inference.cache.bound.HitAccount;
import dev.inproc.inference.cache.bound.HitGuarantee;
import dev.inproc.inference.cache.index.Query;
import dev.inproc.inference.internal.concurrent.CallbackExecutor;
import dev.inproc.inference.internal.concurrent.ServingThreads;
import dev.inproc.inference.internal.concurrent.Timer;
import dev.inproc.inference.internal.concurrent.Workers;
import dev.inproc.inference.metrics.LayerDescription;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The similarity cache: a look-up by similarity between the exact cache's look-up and its run. The
 * {@link ExactCache} inside has the store and the runs under way; it holds answers of the model
 * alone, since a hit by similarity never reaches it.
 *
 * <p>A request that the exact cache can answer, or for which a run is under way, goes to it at
 * once. Any other is embedded, looked up ({@link SimilarityLookup}), and answered from the index or
 * handed to the exact cache, whose answer labels the nearest entry and enters the index.
 */
final class SimilarityPredictor<I, O> implements SimilarityCachingPredictor<I, O> {
  private final Predictor<I, O> inner;
  private final Embedding<I, ?> embedding;
  private final ExactCache<I, O> exact;
  private final ServingThreads threads;
  private final Timer timer;
  private final HitGuarantee guarantee;
  private final SimilarityCounter counts = new SimilarityCounter();
  private final SimilarityLookup<I, O> lookups;
  private final SimilarSteps<I, O> steps;
  private final CacheClosing closing;
  private final Set<SimilarCall<I, O>> submitted = ConcurrentHashMap.newKeySet();

  SimilarityPredictor(
      Predictor<I, O> inner,
      SimilaritySettings<I, O> settings,
      ExactCache<I, O> exact,
      ServingThreads threads,
      Coins coins) {
    this.inner = inner;
    this.exact = exact;
    this.threads = threads;
    embedding = settings.embedding;
    timer = threads.timer();
    closing = new CacheClosing(exact, threads.workers(), () -> {});
    guarantee = new HitGuarantee(settings.promise(), coins);
    lookups = new SimilarityLookup<>(settings, exact.store(), guarantee, counts);
    AuditRuns<I, O> audits = new AuditRuns<>(exact, lookups, threads);
    steps = new SimilarSteps<>(settings, exact, lookups, audits, counts);
  }

  // ---- calls ----

  @Override
  public O predict(I input, CallOptions options) {
    Objects.requireNonNull(input, "input");
    checkOpen();
    if (!looksUp(options) || WaitGraph.isEngineThread()) {
      return exact.predict(input, options);
    }
    Object key = exact.key(input, options);
    if (steps.isExact(key, options)) {
      return exact.predict(input, options);
    }
    enter();
    try {
      Object kept = Keys.kept(key);
      return closing.inside(() -> answer(kept, Keys.owned(input, kept), armed(options)));
    } finally {
      closing.calls().release();
    }
  }

  /** Answers a request that its owner cannot change, since it may enter the index. */
  private O answer(Object key, I input, CallOptions options) {
    Query query = steps.embed(input, options);
    if (query == null) {
      return exact.predict(input, options);
    }
    Lookup<I, O> found = steps.find(query, input, options);
    SimilarEntry<I, O> hit = found.hit();
    if (hit != null) {
      return steps.hit(found, hit, options);
    }
    O answer;
    try {
      answer = exact.predict(input, options);
    } catch (RuntimeException | Error e) {
      steps.failed(found, key, input, options);
      throw e;
    }
    steps.learn(found, key, input, options, answer);
    return answer;
  }

  @Override
  public CompletableFuture<O> submit(I input, CallOptions options) {
    BlockedCaller.checkSubmit(options);
    Objects.requireNonNull(input, "input");
    try {
      checkOpen();
      if (!looksUp(options)) {
        return exact.submit(input, options);
      }
      Object key = exact.key(input, options);
      if (steps.isExact(key, options)) {
        return exact.submit(input, options);
      }
      return begin(call(Keys.kept(key), input, armed(options)));
    } catch (RuntimeException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  /** Makes a call. Runs code of the user, which may throw, so the call has not begun. */
  private SimilarCall<I, O> call(Object key, I input, CallOptions options) {
    SimilarCall<I, O> call = new SimilarCall<>(key, Keys.owned(input, key), options, this, threads);
    call.captureContext();
    return call;
  }

  private SimilarCall<I, O> begin(SimilarCall<I, O> call) {
    enter();
    CallOptions options = call.options();
    submitted.add(call);
    if (Deadline.isSet(options)) {
      call.startTimeout(timer);
    }
    long start = System.nanoTime();
    call.follow(
        () -> closing.inside(() -> embedding.submit(call.request(), options)),
        (vector, failure) -> closing.runInside(() -> embedded(call, start, vector, failure)));
    return call;
  }

  /** The call's last stage is over, whatever its outcome. */
  private void ended(SimilarCall<I, O> call) {
    submitted.remove(call);
    closing.calls().release();
  }

  private void embedded(
      SimilarCall<I, O> call, long start, float @Nullable [] vector, @Nullable Throwable failure) {
    if (call.isDone()) {
      ended(call); // before its coin
      return;
    }
    Lookup<I, O> found = Lookup.none();
    try {
      Query query = failure == null ? steps.query(vector, start) : steps.notEmbedded(failure);
      if (query != null) {
        found = steps.find(query, call.request(), call.options());
      }
      SimilarEntry<I, O> hit = found.hit();
      if (hit != null) {
        deliver(call, found, hit);
        ended(call);
        return;
      }
    } catch (RuntimeException | Error e) {
      call.refuse(e);
      ended(call);
      return;
    }
    run(call, found);
  }

  private void deliver(SimilarCall<I, O> call, Lookup<I, O> found, SimilarEntry<I, O> hit) {
    O own = steps.isolated(hit);
    steps.tell(found, hit, call.options());
    if (call.answer(own)) {
      steps.counted(found, hit);
    }
  }

  private void run(SimilarCall<I, O> call, Lookup<I, O> found) {
    CallOptions options = call.options();
    call.follow(
        () -> exact.submit(call.request(), options.withExecutor(null)),
        (answer, failure) -> {
          try {
            if (failure == null) {
              closing.runInside(
                  () -> steps.learn(found, call.key(), call.request(), options, answer));
              call.answer(answer);
            } else {
              steps.failed(found, call.key(), call.request(), options);
              call.refuse(failure);
            }
          } catch (RuntimeException | Error e) {
            call.refuse(e);
          } finally {
            ended(call);
          }
        });
  }

  @Override
  public List<O> predictAll(List<I> inputs, CallOptions options) {
    List<I> all = new ArrayList<>(inputs); // its owner may change it meanwhile
    all.forEach(input -> Objects.requireNonNull(input, "input"));
    checkOpen();
    if (!looksUp(options) || WaitGraph.isEngineThread()) {
      return exact.predictAll(all, options);
    }
    enter();
    try {
      CallOptions own = armed(BlockedCaller.options(options));
      return closing.inside(() -> new SimilarList<>(steps, all, own).answers());
    } finally {
      closing.calls().release();
    }
  }

  // ---- before a call ----

  /** Whether a call takes part at all; any other is the exact cache's. */
  private boolean looksUp(CallOptions options) {
    CacheMode mode = options.cacheMode();
    return (mode == CacheMode.USE || mode == CacheMode.REFRESH) && !inner.keepsState();
  }

  /** The exact cache takes calls until the last call here has ended. */
  private void checkOpen() {
    if (closing.calls().isClosed()) {
      throw new PredictorClosedException(toString());
    }
  }

  private void enter() {
    if (!closing.calls().acquire()) {
      throw new PredictorClosedException(toString());
    }
  }

  private CallOptions armed(CallOptions options) {
    return Deadline.isSet(options) ? Deadline.start(options, timer.nanoTime()) : options;
  }

  // ---- invalidating ----

  @Override
  public void invalidate(Object input, CallOptions options) {
    exact.invalidate(input, options);
  }

  @Override
  public <T> void invalidateIf(Class<T> type, Predicate<? super T> inputs) {
    exact.invalidateIf(type, inputs);
  }

  @Override
  public void invalidateScope(@Nullable String scope) {
    exact.invalidateScope(scope);
  }

  @Override
  public void invalidateAll() {
    exact.invalidateAll();
  }

  // ---- closing ----

  @Override
  public void close() {
    closing.close(mayWait());
  }

  @Override
  public boolean close(Duration timeout) {
    return closing.close(mayWait(), timeout, this::failSubmitted);
  }

  /** A worker or a callback may be what a close would wait for. */
  private static boolean mayWait() {
    return !Workers.isWorker() && !CallbackExecutor.isCallback();
  }

  private void failSubmitted() {
    for (SimilarCall<I, O> call : submitted) {
      call.failApart(() -> new PredictorClosedException(toString()));
    }
  }

  // ---- figures ----

  @Override
  public CachingMetrics metrics() {
    return exact.metrics();
  }

  HitAccount account() {
    return guarantee.account();
  }

  @Override
  public SimilarityMetrics similarityMetrics() {
    return counts.snapshot(
        exact.metrics(),
        guarantee.account(),
        lookups.riskThreshold(),
        lookups.indexed(),
        lookups.indexBytes());
  }

  @Override
  public boolean keepsState() {
    return inner.keepsState();
  }

  @Override
  public <T> Optional<T> find(Class<T> control) {
    return control.isInstance(this) ? Optional.of(control.cast(this)) : exact.find(control);
  }

  @Override
  public LayerDescription describe() {
    return LayerDescription.around(
        exact.describe(), "similarity.cache", similarityMetrics().figures());
  }

  @Override
  public String toString() {
    return "similar(" + exact + ")";
  }
}
