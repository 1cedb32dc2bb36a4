package dev.inproc.inference.cache;

import dev.inproc.inference.CallOptions;
import dev.inproc.inference.DeadlineExceededException;
import dev.inproc.inference.EngineException;
import dev.inproc.inference.InferenceException;
import dev.inproc.inference.InvalidInputException;
import dev.inproc.inference.Predictor;
import dev.inproc.inference.concurrent.Timer;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** How the run of a {@link Flight} starts and ends: what is kept of it, and who is told what. */
final class Runs<I, O> {
  private final Predictor<I, O> inner;
  private final Store<O> store;
  private final Answers answers;
  private final Timer timer;
  private final Flights<I, O> flights;
  private final Telling telling;
  private final Counts counts;

  Runs(
      Predictor<I, O> inner,
      Store<O> store,
      Answers answers,
      Timer timer,
      Flights<I, O> flights,
      Telling telling,
      Counts counts) {
    this.inner = inner;
    this.store = store;
    this.answers = answers;
    this.timer = timer;
    this.flights = flights;
    this.telling = telling;
    this.counts = counts;
  }

  /** Has the model run without this thread. */
  void launch(Flight<I, O> flight, CallOptions options) {
    flight.starts(timer.nanoTime());
    CompletableFuture<O> run;
    try {
      run = inner.submit(flight.input, options.withExecutor(null));
    } catch (RuntimeException | Error e) {
      run = CompletableFuture.failedFuture(e);
    }
    if (!flight.attach(run)) {
      run.cancel(false);
      return;
    }
    var unused = run.whenComplete((answer, failure) -> ended(flight, answer, failure));
  }

  private void ended(Flight<I, O> flight, O answer, @Nullable Throwable reported) {
    if (reported == null) {
      landQuietly(flight, answer);
      return;
    }
    // A stage that a foreign predictor derived reports its source's failure wrapped.
    Throwable cause = reported instanceof CompletionException ? reported.getCause() : null;
    fail(flight, cause == null ? reported : cause, false, false);
  }

  private void landQuietly(Flight<I, O> flight, O answer) {
    try {
      land(flight, answer, flight.nanosSinceStart(timer.nanoTime()), false);
    } catch (RuntimeException | Error e) {
      // Those who wait were told.
    }
  }

  /**
   * Keeps an answer and gives it to all who wait. Throws, after telling all, if it is amiss.
   *
   * @param byCaller whether the thread is a caller's, who did not come to serve others for long
   */
  void land(Flight<I, O> flight, O answer, long runNanos, boolean byCaller) {
    try {
      flight.keep(store, store.entryOf(flight.key, answer, runNanos));
    } catch (RuntimeException | Error e) {
      end(flight, waiter -> waiter.refuse(e), byCaller);
      throw e;
    }
    end(flight, waiter -> give(waiter, answer, runNanos), byCaller);
  }

  /** Ends a flight that was not needed, since the store has an entry. */
  void landOn(Flight<I, O> flight, Kept<O> kept) {
    Throwable failure = kept.failure;
    if (failure != null) {
      end(flight, waiter -> waiter.refuse(failure), true);
    } else {
      end(flight, waiter -> give(waiter, kept.value(), kept.runNanos), true);
    }
  }

  private void give(Waiter<I, O> waiter, O answer, long runNanos) {
    if (waiter.joined) {
      counts.joinedNanos.add(runNanos);
    }
    if (waiter.isBlocking()) {
      waiter.answer(answer); // its thread copies
      return;
    }
    O own;
    try {
      own = answers.isolate(answer);
    } catch (RuntimeException | Error e) {
      waiter.refuse(e);
      return;
    }
    waiter.answer(own);
  }

  /**
   * Ends a run that failed: all who wait are told, but for those whom it does not concern, who get
   * another run.
   *
   * @param ofOthers whether the failure may concern only those who ran it, or others in their list
   */
  void fail(Flight<I, O> flight, Throwable failure, boolean ofOthers, boolean byCaller) {
    if (!ofOthers && isOfInput(failure)) {
      if (flight.isRefreshing()) {
        counts.failedRefreshes.increment(); // what was kept stays
      } else if (store.keepsFailures()) {
        keepFailure(flight, failure);
      }
      end(flight, waiter -> waiter.refuse(failure), byCaller);
      return;
    }
    if (flight.isRefreshing()) {
      counts.failedRefreshes.increment();
    }
    Flight.HandOver<I, O> handOver = flight.handOver(failure, ofOthers, timer.nanoTime());
    if (handOver == null) {
      return;
    }
    CallOptions next = handOver.next();
    if (next == null) {
      flights.forget(flight);
      telling.tell(handOver.told(), w -> refuse(w, failure), byCaller, flights::release);
      return;
    }
    telling.tell(handOver.told(), waiter -> refuse(waiter, failure), byCaller, () -> {});
    counts.reruns.increment();
    launch(flight, next);
  }

  private static void refuse(Waiter<?, ?> waiter, Throwable failure) {
    boolean late = failure instanceof DeadlineExceededException && waiter.options().hasTimeout();
    waiter.refuse(late ? waiter.expired() : failure);
  }

  private void keepFailure(Flight<I, O> flight, Throwable failure) {
    try {
      long took = flight.nanosSinceStart(timer.nanoTime());
      flight.keep(store, store.entryOf(flight.key, failure, took));
    } catch (RuntimeException e) {
      failure.addSuppressed(e); // it could not be sized
    }
  }

  /** Whether the same input would fail again: not for what befell the call or the process. */
  private static boolean isOfInput(Throwable failure) {
    if (failure instanceof InferenceException) {
      return failure instanceof InvalidInputException
          || (failure instanceof EngineException engine && !engine.isSystemic());
    }
    return failure instanceof RuntimeException && !(failure instanceof CancellationException);
  }

  private void end(Flight<I, O> flight, Consumer<Waiter<I, O>> message, boolean byCaller) {
    try {
      flights.forget(flight);
    } finally { // a key's hashCode may throw
      List<Waiter<I, O>> waiters = flight.end();
      if (waiters != null) {
        telling.tell(waiters, message, byCaller, flights::release);
      }
    }
  }
}
