package dev.inproc.inference.cache;

import dev.inproc.inference.BlockedCaller;
import dev.inproc.inference.CallOptions;
import dev.inproc.inference.Deadline;
import dev.inproc.inference.DeadlineExceededException;
import dev.inproc.inference.EngineException;
import dev.inproc.inference.InferenceException;
import dev.inproc.inference.InvalidInputException;
import dev.inproc.inference.Predictor;
import dev.inproc.inference.internal.concurrent.Timer;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * How the run of a {@link InFlightLoad} starts and ends: what the store keeps of it, and what each
 * waiter is told.
 */
final class LoadCompletion<I, O> {
  private final Predictor<I, O> inner;
  private final Store<O> store;
  private final AnswerIsolation answers;
  private final Timer timer;
  private final SingleFlight<I, O> loads;
  private final CompletionNotifier notifier;
  private final StatsCounter counts;
  private final RunTimes times = new RunTimes();

  LoadCompletion(
      Predictor<I, O> inner,
      Store<O> store,
      AnswerIsolation answers,
      Timer timer,
      SingleFlight<I, O> loads,
      CompletionNotifier notifier,
      StatsCounter counts) {
    this.inner = inner;
    this.store = store;
    this.answers = answers;
    this.timer = timer;
    this.loads = loads;
    this.notifier = notifier;
    this.counts = counts;
  }

  /** Has the model run without this thread. */
  void launch(InFlightLoad<I, O> load, CallOptions options) {
    load.starts();
    long start = timer.nanoTime();
    CompletableFuture<O> run;
    try {
      run = inner.submit(load.input(), options.withExecutor(null));
    } catch (RuntimeException | Error e) {
      run = CompletableFuture.failedFuture(e);
    }
    if (!load.attach(run)) {
      run.cancel(false);
      return;
    }
    var unused = run.whenComplete((answer, failure) -> ended(load, start, answer, failure));
  }

  private void ended(InFlightLoad<I, O> load, long start, O answer, @Nullable Throwable reported) {
    if (reported == null) {
      landQuietly(load, answer, times.answered(start, timer.nanoTime(), 1));
      return;
    }
    long took = times.failed(start, timer.nanoTime());
    // A stage that a foreign predictor derived reports its source's failure wrapped.
    Throwable cause = reported instanceof CompletionException ? reported.getCause() : null;
    fail(load, cause == null ? reported : cause, took, false, false);
  }

  /** What is known of how long runs take. */
  RunTimes times() {
    return times;
  }

  private void landQuietly(InFlightLoad<I, O> load, O answer, long runNanos) {
    try {
      land(load, answer, runNanos, false);
    } catch (RuntimeException | Error e) {
      // The waiters were told.
    }
  }

  /**
   * Keeps an answer and gives it to all waiters. Throws, once all are told, if the answer is not of
   * the declared type or cannot be sized.
   *
   * @param byCaller whether this is a caller's thread, which must not serve other callers for long
   */
  void land(InFlightLoad<I, O> load, O answer, long runNanos, boolean byCaller) {
    try {
      load.keep(store, store.entryOf(load.key, answer, runNanos));
    } catch (RuntimeException | Error e) {
      end(load, waiter -> waiter.fails(own(waiter, e)), byCaller);
      throw e;
    }
    end(load, waiter -> give(waiter, answer, runNanos), byCaller);
  }

  /** Ends a load that was not needed, since the store has an entry. */
  void landOn(InFlightLoad<I, O> load, CacheEntry<O> kept) {
    end(load, waiter -> give(waiter, kept), true);
  }

  /** Ends a call as the entry says. */
  void give(LoadWaiter<I, O> waiter, CacheEntry<O> kept) {
    Throwable failure = kept.failure;
    if (failure != null) {
      waiter.fails(own(waiter, failure));
    } else {
      give(waiter, kept.value(), kept.runNanos);
    }
  }

  private void give(LoadWaiter<I, O> waiter, O answer, long runNanos) {
    if (waiter.joined) {
      counts.joinedNanos.add(runNanos);
    }
    if (waiter.isBlocking()) {
      waiter.ends(answer); // its thread copies
      return;
    }
    O own;
    try {
      own = answers.isolate(answer);
    } catch (RuntimeException | Error e) {
      waiter.fails(e);
      return;
    }
    waiter.ends(own);
  }

  /**
   * Ends a run that failed. Waiters that the failure concerns are told; the others get another run.
   *
   * @param runNanos the time that the run took
   * @param ofOthers whether the failure may concern only the call that ran it, or other inputs of
   *     its list
   */
  void fail(
      InFlightLoad<I, O> load,
      Throwable failure,
      long runNanos,
      boolean ofOthers,
      boolean byCaller) {
    if (!ofOthers && isOfInput(failure)) {
      if (load.isRefreshing()) {
        counts.failedRefreshes.increment(); // what was kept stays
      } else if (store.keepsFailures()) {
        keepFailure(load, failure, runNanos);
      }
      end(load, waiter -> waiter.fails(own(waiter, failure)), byCaller);
      return;
    }
    if (load.isRefreshing()) {
      counts.failedRefreshes.increment();
    }
    InFlightLoad.HandOver<I, O> handOver = load.handOver(failure, ofOthers, timer.nanoTime());
    if (handOver == null) {
      return;
    }
    CallOptions next = handOver.next();
    if (next == null) {
      loads.forget(load);
      notifier.tell(handOver.told(), w -> refuse(w, failure), byCaller, loads::release);
      return;
    }
    notifier.tell(handOver.told(), waiter -> refuse(waiter, failure), byCaller, () -> {});
    counts.reruns.increment();
    launch(load, next);
  }

  private static void refuse(LoadWaiter<?, ?> waiter, Throwable failure) {
    boolean late = failure instanceof DeadlineExceededException && Deadline.isSet(waiter.options());
    waiter.fails(late ? waiter.expired() : own(waiter, failure));
  }

  /** A failure that several callers have, for one of them. A blocked caller copies it itself. */
  private static Throwable own(LoadWaiter<?, ?> waiter, Throwable failure) {
    return waiter.isBlocking() ? failure : BlockedCaller.failure(failure);
  }

  private void keepFailure(InFlightLoad<I, O> load, Throwable failure, long runNanos) {
    try {
      load.keep(store, store.entryOf(load.key, failure, runNanos));
    } catch (RuntimeException e) {
      failure.addSuppressed(e); // it could not be sized
    }
  }

  /**
   * Returns whether the same input would fail again: not if the call or the process is at fault.
   */
  private static boolean isOfInput(Throwable failure) {
    if (failure instanceof InferenceException) {
      return failure instanceof InvalidInputException
          || (failure instanceof EngineException engine && !engine.isSystemic());
    }
    return failure instanceof RuntimeException && !(failure instanceof CancellationException);
  }

  private void end(InFlightLoad<I, O> load, Consumer<LoadWaiter<I, O>> message, boolean byCaller) {
    try {
      loads.forget(load);
    } finally { // a key's hashCode may throw
      List<LoadWaiter<I, O>> waiters = load.end();
      if (waiters != null) {
        notifier.tell(waiters, message, byCaller, loads::release);
      }
    }
  }
}
