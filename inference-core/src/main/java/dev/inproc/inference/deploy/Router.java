package dev.inproc.inference.deploy;

import dev.inproc.inference.CallOptions;
import dev.inproc.inference.Deadline;
import dev.inproc.inference.Predictor;
import dev.inproc.inference.PredictorClosedException;
import dev.inproc.inference.internal.concurrent.MappedFuture;
import dev.inproc.inference.internal.concurrent.Timer;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Sends calls to lanes. Calls are not counted: a switch publishes a new table first and closes the
 * old lane afterwards, and that lane answers what it has accepted. A call that read the old table
 * and comes to the lane too late is refused with {@link PredictorClosedException}, and is tried
 * again on the table of that time.
 *
 * <p>The refusal of a lane that is still in the table stands: the application closed the lane, or a
 * codec throws that exception by itself. So each further attempt needs another switch, and their
 * number is bounded.
 */
final class Router<I, O> {
  /** More attempts than switches can overtake one call. */
  private static final int MOST_RETRIES = 32;

  private final Timer timer;
  private final LongAdder retries = new LongAdder();
  private volatile RoutingTable<I, O> table;

  Router(RoutingTable<I, O> table, Timer timer) {
    this.table = table;
    this.timer = timer;
  }

  RoutingTable<I, O> table() {
    return table;
  }

  /** A call that begins after this returned goes by this table. */
  void publish(RoutingTable<I, O> next) {
    table = next;
  }

  long retries() {
    return retries.sum();
  }

  /** Starts the deadline of a call, once for all its attempts. */
  private CallOptions arm(CallOptions options) {
    return Deadline.isSet(options) ? Deadline.start(options, timer.nanoTime()) : options;
  }

  /** Predicts through a view of the lane. */
  <T> T predict(Function<Lane<I, O>, Predictor<I, T>> view, I input, CallOptions options) {
    CallOptions armed = arm(options);
    Lane<I, O> lane = table.lane(input, armed);
    try {
      return view.apply(lane).predict(input, armed);
    } catch (PredictorClosedException e) {
      return retry(lane, e, input, armed, next -> view.apply(next).predict(input, armed));
    }
  }

  /**
   * Predicts a list on one lane, its first input's; a list that a switch stopped starts anew. An
   * empty list goes to the stable lane.
   */
  <T> List<T> predictAll(
      Function<Lane<I, O>, Predictor<I, T>> view, List<I> inputs, CallOptions options) {
    CallOptions armed = arm(options);
    List<I> all = new ArrayList<>(inputs); // its owner may change it before another attempt
    RoutingTable<I, O> now = table;
    if (all.isEmpty()) {
      return view.apply(now.stable()).predictAll(all, armed);
    }
    I first = all.get(0);
    Lane<I, O> lane = now.lane(first, armed);
    try {
      return view.apply(lane).predictAll(all, armed);
    } catch (PredictorClosedException e) {
      return retry(lane, e, first, armed, next -> view.apply(next).predictAll(all, armed));
    }
  }

  private <R> R retry(
      Lane<I, O> lane,
      PredictorClosedException refusal,
      I input,
      CallOptions options,
      Function<Lane<I, O>, R> call) {
    Attempts attempts = new Attempts(lane, input, options);
    PredictorClosedException last = refusal;
    while (true) {
      Lane<I, O> next = attempts.next();
      if (next == null) {
        throw last;
      }
      try {
        return call.apply(next);
      } catch (PredictorClosedException e) {
        last = e;
      }
    }
  }

  /**
   * Submits to a view of the lane. Cancelling the future withdraws whichever attempt is under way.
   */
  <T> CompletableFuture<T> submit(
      Function<Lane<I, O>, Predictor<I, T>> view, I input, CallOptions options) {
    CallOptions armed = arm(options);
    Lane<I, O> lane = table.lane(input, armed);
    CompletableFuture<T> first = submit(view.apply(lane), input, armed);
    if (first.isDone() && !first.isCompletedExceptionally()) {
      return first; // such as a cache's
    }
    Attempts attempts = new Attempts(lane, input, armed);
    return MappedFuture.retrying(
        first,
        failure -> {
          Lane<I, O> next = failure instanceof PredictorClosedException ? attempts.next() : null;
          return next == null ? null : submit(view.apply(next), input, armed);
        });
  }

  private static <I, T> CompletableFuture<T> submit(
      Predictor<I, T> predictor, I input, CallOptions options) {
    try {
      return Objects.requireNonNull(predictor.submit(input, options));
    } catch (PredictorClosedException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  /** The attempts of one call after the first. */
  private final class Attempts {
    private final I input;
    private final CallOptions options;
    private Lane<I, O> refused;
    private int count;

    Attempts(Lane<I, O> refused, I input, CallOptions options) {
      this.refused = refused;
      this.input = input;
      this.options = options;
    }

    /** Returns the lane to try after a refusal; null if the refusal stands. */
    @Nullable Lane<I, O> next() {
      RoutingTable<I, O> now = table;
      if (now.has(refused) || count++ == MOST_RETRIES) {
        return null;
      }
      retries.increment();
      refused = now.lane(input, options);
      return refused;
    }
  }
}
