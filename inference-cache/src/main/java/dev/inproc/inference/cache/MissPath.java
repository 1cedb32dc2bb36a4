package dev.inproc.inference.cache;

import dev.inproc.inference.Answer.Source;
import dev.inproc.inference.BlockedCaller;
import dev.inproc.inference.CallOptions;
import dev.inproc.inference.CallOptions.CacheMode;
import dev.inproc.inference.Deadline;
import dev.inproc.inference.InferenceInterruptedException;
import dev.inproc.inference.NotCachedException;
import dev.inproc.inference.Predictor;
import dev.inproc.inference.PredictorClosedException;
import dev.inproc.inference.internal.concurrent.ServingThreads;
import dev.inproc.inference.internal.concurrent.Timer;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Answers single calls that the store has nothing for: each joins its key's {@link InFlightLoad},
 * or makes one.
 *
 * <p><b>The thread that runs the model.</b> A blocking call without a timeout runs it on its own
 * thread, as it would without a cache, and others may join meanwhile. A call that could leave
 * early, by its future or its timeout, has it run elsewhere, since others may stay. A model's own
 * code on an engine thread joins no run: the run that it would wait for may need that very thread.
 */
final class MissPath<I, O> {
  private final Predictor<I, O> inner;
  private final Object name;
  private final ServingThreads threads;
  private final AnswerIsolation answers;
  private final Timer timer;
  private final HitPath<I, O> hits;
  private final SingleFlight<I, O> loads;
  private final LoadCompletion<I, O> runs;
  private final StatsCounter counts;
  private final PayoffSampler meter;

  MissPath(
      Predictor<I, O> inner,
      Object name,
      ServingThreads threads,
      AnswerIsolation answers,
      Timer timer,
      HitPath<I, O> hits,
      SingleFlight<I, O> loads,
      LoadCompletion<I, O> runs,
      StatsCounter counts,
      PayoffSampler meter) {
    this.inner = inner;
    this.name = name;
    this.threads = threads;
    this.answers = answers;
    this.timer = timer;
    this.hits = hits;
    this.loads = loads;
    this.runs = runs;
    this.counts = counts;
    this.meter = meter;
  }

  O predict(Object key, I input, CallOptions options) {
    if (options.cacheMode() == CacheMode.ONLY_IF_CACHED) {
      throw notCached(1);
    }
    if (Deadline.isSet(options)) {
      return WaitGraph.isEngineThread()
          ? predictOnEngine(key, input, options)
          : answers.isolate(BlockedCaller.await(submit(key, input, options, true)));
    }
    while (true) {
      InFlightLoad<I, O> found = loads.find(key);
      if (found == null) {
        InFlightLoad<I, O> made = make(key, input, options);
        if (made != null) {
          return lead(made, options);
        }
      } else if (WaitGraph.isEngineThread()) {
        return passed(input, options);
      } else {
        LoadWaiter<I, O> waiter = newWaiter(input, options, true, counts);
        if (found.join(waiter)) {
          return answers.isolate(BlockedCaller.await(waiter));
        }
        loads.forget(key, found);
      }
    }
  }

  NotCachedException notCached(int requests) {
    counts.notCached.add(requests);
    return new NotCachedException(name.toString());
  }

  /** Goes past the cache. */
  O passed(I input, CallOptions options) {
    counts.bypassed.increment();
    return inner.predict(input, options);
  }

  /** Makes a load; counts the call if the predictor is closed. */
  @Nullable InFlightLoad<I, O> make(Object key, I input, CallOptions options) {
    try {
      return loads.make(key, input, options, false);
    } catch (PredictorClosedException e) {
      counts.closed.increment();
      throw e;
    }
  }

  /**
   * An engine thread must not wait for another call's run; the timeout bounds the run made here.
   */
  private O predictOnEngine(Object key, I input, CallOptions options) {
    // Armed: when it runs late, the load tells apart the callers that have more time left.
    CallOptions armed = Deadline.start(options, timer.nanoTime());
    InFlightLoad<I, O> made = loads.find(key) == null ? make(key, input, armed) : null;
    return made == null ? passed(input, armed) : lead(made, armed);
  }

  /** Runs the model on this thread. */
  private O lead(InFlightLoad<I, O> load, CallOptions options) {
    CacheEntry<O> kept = hits.late(load, options);
    if (kept != null) {
      return hits.answer(kept, options);
    }
    long number = counts.misses.incrementAndGet();
    try {
      O own = run(load, options, number);
      counts.answered.increment();
      return own;
    } catch (RuntimeException | Error e) {
      counts.failed(e, 1);
      throw e;
    }
  }

  private O run(InFlightLoad<I, O> load, CallOptions options, long number) {
    long start = timer.nanoTime();
    O answer;
    try {
      answer = inner.predict(load.input(), options);
    } catch (RuntimeException | Error e) {
      long took = runs.times().failed(start, timer.nanoTime());
      runs.fail(load, e, took, e instanceof InferenceInterruptedException, true);
      throw e;
    }
    long end = timer.nanoTime();
    runs.land(load, answer, runs.times().answered(start, end, 1), true);
    O own = answers.isolate(answer);
    if (meter.timesMiss(number)) {
      meter.missEnded(end);
    }
    return own;
  }

  /** Has the model run elsewhere, or joins a run. */
  CompletableFuture<O> submit(Object key, I input, CallOptions options, boolean blocks) {
    if (options.cacheMode() == CacheMode.ONLY_IF_CACHED) {
      throw notCached(1);
    }
    LoadWaiter<I, O> waiter = newWaiter(input, options, blocks, counts);
    boolean boarded = false;
    try {
      board(key, input, waiter);
      boarded = true;
    } finally {
      if (!boarded) {
        waiter.cancel(false); // for its timer
      }
    }
    return waiter;
  }

  private void board(Object key, I input, LoadWaiter<I, O> waiter) {
    while (true) {
      InFlightLoad<I, O> found = loads.find(key);
      if (found != null) {
        if (found.join(waiter)) {
          return;
        }
        loads.forget(key, found);
        continue;
      }
      boolean timed = meter.timesMiss(counts.misses.get());
      long start = timed ? timer.nanoTime() : 0;
      InFlightLoad<I, O> made = make(key, input, waiter.options());
      if (made != null) {
        CacheEntry<O> kept = hits.late(made, waiter.options());
        if (kept != null) {
          waiter.tell(Source.EXACT_CACHE);
          runs.give(waiter, kept);
          return;
        }
        counts.misses.incrementAndGet();
        made.lead(waiter);
        try {
          if (timed) {
            meter.missBegan(start);
          }
        } finally {
          runs.launch(made, waiter.options()); // others may have joined it
        }
        return;
      }
    }
  }

  /**
   * Makes a call that waits, with its timeout started.
   *
   * @param counter counts it; null if its list does
   */
  LoadWaiter<I, O> newWaiter(
      I input, CallOptions options, boolean blocks, @Nullable StatsCounter counter) {
    CallOptions own = blocks ? BlockedCaller.options(options) : options;
    CallOptions started = Deadline.isSet(own) ? Deadline.start(own, timer.nanoTime()) : own;
    LoadWaiter<I, O> waiter = new LoadWaiter<>(input, started, blocks, name, threads, counter);
    if (!blocks) {
      waiter.captureContext();
    }
    if (Deadline.isSet(own)) {
      waiter.startTimeout(timer);
    }
    return waiter;
  }
}
