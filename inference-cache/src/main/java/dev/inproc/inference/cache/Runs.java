package dev.inproc.inference.cache;

import dev.inproc.inference.CallOptions;
import dev.inproc.inference.Deadline;
import dev.inproc.inference.DeadlineExceededException;
import dev.inproc.inference.EngineException;
import dev.inproc.inference.InferenceException;
import dev.inproc.inference.InvalidInputException;
import dev.inproc.inference.Predictor;
import dev.inproc.inference.internal.calls.Failures;
import dev.inproc.inference.internal.concurrent.Timer;
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
  private final RunTimes times = new RunTimes();

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
    flight.starts();
    long start = timer.nanoTime();
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
    var unused = run.whenComplete((answer, failure) -> ended(flight, start, answer, failure));
  }

  private void ended(Flight<I, O> flight, long start, O answer, @Nullable Throwable reported) {
    if (reported == null) {
      landQuietly(flight, answer, times.answered(start, timer.nanoTime(), 1));
      return;
    }
    long took = times.failed(start, timer.nanoTime());
    // A stage that a foreign predictor derived reports its source's failure wrapped.
    Throwable cause = reported instanceof CompletionException ? reported.getCause() : null;
    fail(flight, cause == null ? reported : cause, took, false, false);
  }

  /** What is known of how long runs take. */
  RunTimes times() {
    return times;
  }

  private void landQuietly(Flight<I, O> flight, O answer, long runNanos) {
    try {
      land(flight, answer, runNanos, false);
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
      end(flight, waiter -> waiter.fails(own(waiter, e)), byCaller);
      throw e;
    }
    end(flight, waiter -> give(waiter, answer, runNanos), byCaller);
  }

  /** Ends a flight that was not needed, since the store has an entry. */
  void landOn(Flight<I, O> flight, Kept<O> kept) {
    end(flight, waiter -> give(waiter, kept), true);
  }

  /** Ends a call as the entry says. */
  void give(Waiter<I, O> waiter, Kept<O> kept) {
    Throwable failure = kept.failure;
    if (failure != null) {
      waiter.fails(own(waiter, failure));
    } else {
      give(waiter, kept.value(), kept.runNanos);
    }
  }

  private void give(Waiter<I, O> waiter, O answer, long runNanos) {
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
   * Ends a run that failed: all who wait are told, but for those whom it does not concern, who get
   * another run.
   *
   * @param runNanos the time that the run took
   * @param ofOthers whether the failure may concern only those who ran it, or others in their list
   */
  void fail(
      Flight<I, O> flight, Throwable failure, long runNanos, boolean ofOthers, boolean byCaller) {
    if (!ofOthers && isOfInput(failure)) {
      if (flight.isRefreshing()) {
        counts.failedRefreshes.increment(); // what was kept stays
      } else if (store.keepsFailures()) {
        keepFailure(flight, failure, runNanos);
      }
      end(flight, waiter -> waiter.fails(own(waiter, failure)), byCaller);
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
    boolean late = failure instanceof DeadlineExceededException && Deadline.isSet(waiter.options());
    waiter.fails(late ? waiter.expired() : own(waiter, failure));
  }

  /** A failure that several callers have, for one of them. A blocked caller copies it itself. */
  private static Throwable own(Waiter<?, ?> waiter, Throwable failure) {
    return waiter.isBlocking() ? failure : Failures.copy(failure);
  }

  private void keepFailure(Flight<I, O> flight, Throwable failure, long runNanos) {
    try {
      flight.keep(store, store.entryOf(flight.key, failure, runNanos));
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
