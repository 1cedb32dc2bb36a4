package dev.inproc.inference.cache;

import dev.inproc.inference.CallOptions;
import dev.inproc.inference.DeadlineExceededException;
import dev.inproc.inference.EngineException;
import dev.inproc.inference.InferenceException;
import dev.inproc.inference.InvalidInputException;
import dev.inproc.inference.Predictor;
import dev.inproc.inference.PredictorClosedException;
import dev.inproc.inference.concurrent.Lifetime;
import dev.inproc.inference.concurrent.Timer;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The runs that are under way, at most one for a key that is not invalidated meanwhile.
 *
 * <p><b>Never twice.</b> A run's answer is in the store before its flight leaves the map. So who
 * finds neither has missed both only if the flight was just leaving: whoever puts a new flight into
 * the map looks into the store once more.
 *
 * <p><b>Never stale.</b> To invalidate marks the flight, takes it off the map, and removes from the
 * store, in this order. Marking and storing exclude each other, so what a marked flight had stored
 * is removed and what it has not is never stored; and who comes later finds no flight to join.
 *
 * <p><b>Who ends a flight</b> tells those who wait and counts the flight out of the {@link
 * Lifetime}: the run's end or the last one's leaving, whichever is first.
 */
final class Flights<I, O> {
  private static final int FEW = 4;

  private final Predictor<I, O> inner;
  private final Store<O> store;
  private final Answers answers;
  private final Timer timer;
  private final Lifetime lifetime;
  private final Object name;
  private final Executor elsewhere;
  private final ConcurrentHashMap<Object, Flight<I, O>> underWay = new ConcurrentHashMap<>();
  private final LongAdder reruns = new LongAdder();
  private final LongAdder abandoned = new LongAdder();
  private final LongAdder joinedNanos = new LongAdder();
  private final LongAdder failedRefreshes = new LongAdder();

  /** Set on a thread while it tells waiters, whose callbacks may then close the predictor. */
  private final ThreadLocal<Boolean> telling = new ThreadLocal<>();

  Flights(
      Predictor<I, O> inner,
      Store<O> store,
      Answers answers,
      Timer timer,
      Lifetime lifetime,
      Executor elsewhere,
      Object name) {
    this.elsewhere = elsewhere;
    this.name = name;
    this.inner = inner;
    this.store = store;
    this.answers = answers;
    this.timer = timer;
    this.lifetime = lifetime;
  }

  /** Returns the flight of a key, to be joined, or null. */
  @Nullable Flight<I, O> find(Object key) {
    return underWay.get(key);
  }

  /**
   * Makes a flight that the calling thread holds. Returns null if there is one.
   *
   * @throws PredictorClosedException once closed
   */
  @Nullable Flight<I, O> make(Object key, I input, CallOptions options, boolean refreshing) {
    if (!lifetime.acquire()) {
      throw new PredictorClosedException(name.toString());
    }
    boolean made = false;
    try {
      Object kept = Keys.kept(key);
      Flight<I, O> flight =
          new Flight<>(kept, input(kept, input), options, refreshing, this::abandoned);
      made = underWay.putIfAbsent(kept, flight) == null;
      return made ? flight : null;
    } finally {
      if (!made) {
        lifetime.release();
      }
    }
  }

  /** An array is run from the key's own copy: it is what the answer will be kept under. */
  @SuppressWarnings("unchecked")
  private I input(Object key, I input) {
    return input.getClass().isArray() ? (I) Keys.input(key) : input;
  }

  /** Takes a flight that is over off the map, for one who could not join it. */
  void forget(Flight<I, O> flight) {
    underWay.remove(flight.key, flight);
  }

  private void abandoned(Flight<I, O> flight) {
    abandoned.increment();
    forget(flight);
    lifetime.release();
  }

  // ---- starting ----

  /** Has the model run without this thread. */
  void launch(Flight<I, O> flight, CallOptions options) {
    flight.starts(timer.nanoTime());
    CompletableFuture<O> run;
    try {
      CallOptions own = options.executor() == null ? options : options.withExecutor(null);
      run = inner.submit(flight.input, own);
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

  // ---- ending ----

  /**
   * Keeps an answer and gives it to all who wait. Throws, after telling all, if it is amiss.
   *
   * @param byCaller whether the thread is a caller's, who did not come to serve others for long
   */
  void land(Flight<I, O> flight, O answer, long runNanos, boolean byCaller) {
    Kept<O> kept;
    try {
      kept = store.entryOf(flight.key, answer, runNanos);
    } catch (RuntimeException | Error e) {
      close(flight, waiter -> waiter.refuse(e), byCaller);
      throw e;
    }
    flight.keep(store, kept);
    close(flight, waiter -> give(waiter, answer, runNanos), byCaller);
  }

  /** Ends a flight that was not needed, since the store has an entry. */
  void landOn(Flight<I, O> flight, Kept<O> kept) {
    Throwable failure = kept.failure;
    if (failure != null) {
      close(flight, waiter -> waiter.refuse(failure), true);
    } else {
      close(flight, waiter -> give(waiter, valueOf(kept), kept.runNanos), true);
    }
  }

  @SuppressWarnings("NullAway") // without a failure there is an answer
  static <O> O valueOf(Kept<O> kept) {
    return kept.answer;
  }

  private boolean give(Waiter<I, O> waiter, O answer, long runNanos) {
    if (waiter.joined) {
      joinedNanos.add(runNanos);
    }
    if (waiter.isBlocking()) {
      return waiter.answer(answer); // its thread copies
    }
    O own;
    try {
      own = answers.isolate(answer);
    } catch (RuntimeException | Error e) {
      return waiter.refuse(e);
    }
    return waiter.answer(own);
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
        failedRefreshes.increment(); // what was kept stays
      } else if (store.keepsFailures()) {
        keepFailure(flight, failure);
      }
      close(flight, waiter -> waiter.refuse(failure), byCaller);
      return;
    }
    if (flight.isRefreshing()) {
      failedRefreshes.increment();
    }
    Flight.HandOver<I, O> handOver = flight.handOver(failure, ofOthers, timer.nanoTime());
    if (handOver == null) {
      return;
    }
    CallOptions next = handOver.next();
    if (next == null) {
      forget(flight);
    }
    tell(handOver.told(), waiter -> refuse(waiter, failure));
    if (next == null) {
      lifetime.release();
    } else {
      reruns.increment();
      launch(flight, next);
    }
  }

  private static boolean refuse(Waiter<?, ?> waiter, Throwable failure) {
    boolean late = failure instanceof DeadlineExceededException && waiter.options().hasTimeout();
    return waiter.refuse(late ? waiter.expired() : failure);
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

  private void close(Flight<I, O> flight, Consumer<Waiter<I, O>> message, boolean byCaller) {
    forget(flight);
    List<Waiter<I, O>> waiters = flight.end();
    if (waiters == null) {
      return;
    }
    if (byCaller && takesLong(waiters) && tellElsewhere(waiters, message)) {
      return;
    }
    tell(waiters, message);
    lifetime.release();
  }

  /** To wake many threads takes time, and a future's callbacks may take any. */
  private static boolean takesLong(List<? extends Waiter<?, ?>> waiters) {
    if (waiters.size() > FEW) {
      return true;
    }
    for (Waiter<?, ?> waiter : waiters) {
      if (!waiter.isBlocking() && waiter.joined) {
        return true;
      }
    }
    return false;
  }

  private boolean tellElsewhere(List<Waiter<I, O>> waiters, Consumer<Waiter<I, O>> message) {
    try {
      elsewhere.execute(
          () -> {
            tell(waiters, message);
            lifetime.release();
          });
      return true;
    } catch (RuntimeException | Error e) {
      return false; // no thread to be had
    }
  }

  private void tell(List<Waiter<I, O>> waiters, Consumer<Waiter<I, O>> message) {
    if (waiters.isEmpty()) {
      return;
    }
    Boolean before = telling.get();
    telling.set(true);
    try {
      waiters.forEach(message);
    } finally {
      if (before == null) {
        telling.remove();
      }
    }
  }

  /** Whether this thread is telling someone of an end: it must not wait for the ends of others. */
  boolean isTelling() {
    return telling.get() != null;
  }

  // ---- invalidating ----

  void invalidate(Object key) {
    Flight<I, O> flight = underWay.get(key);
    if (flight != null) {
      flight.invalidate();
      forget(flight);
    }
    store.remove(key);
  }

  void invalidateIf(Predicate<Object> keys) {
    for (Flight<I, O> flight : underWay.values()) {
      if (keys.test(flight.key)) {
        flight.invalidate();
        forget(flight);
      }
    }
    store.removeIf(keys);
  }

  void abandonRefreshes() {
    underWay.values().forEach(Flight::abandonRefresh);
  }

  // ---- figures ----

  long reruns() {
    return reruns.sum();
  }

  long abandonedRuns() {
    return abandoned.sum();
  }

  long failedRefreshes() {
    return failedRefreshes.sum();
  }

  /** The model's time that those who joined a run had for nothing. */
  long joinedNanos() {
    return joinedNanos.sum();
  }
}
