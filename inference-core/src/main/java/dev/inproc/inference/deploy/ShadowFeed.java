package dev.inproc.inference.deploy;

import dev.inproc.inference.CallOptions;
import dev.inproc.inference.deploy.ShadowMetrics.Failure;
import dev.inproc.inference.internal.concurrent.MappedFuture;
import dev.inproc.inference.internal.concurrent.Timer;
import dev.inproc.inference.model.ModelVersion;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Takes copies of answered calls for a shadow. It never blocks, never throws, and runs no code of
 * the application but the plan's copiers. A copy needs one of so many places from before it is made
 * until its run begins, so a shadow that hangs costs a caller no copying once they are taken.
 * Thread-safe.
 */
final class ShadowFeed<I, O> {
  /** A copy of an answered call. */
  record Pair<I, O>(
      ModelVersion version, I input, O answer, CallOptions options, long primaryNanos) {}

  private final ShadowPlan<I, O> plan;
  private final Timer timer;
  private final ShadowLedger ledger;
  private final Supplier<ModelVersion> serving;
  private final Queue<Pair<I, O>> queue = new ConcurrentLinkedQueue<>();
  private final AtomicInteger places = new AtomicInteger(); // that are taken
  private volatile @Nullable Runnable onCopy;
  private volatile boolean isClosed;

  /**
   * Creates one.
   *
   * @param serving returns the version that serves; the calls of a canary are not compared with it
   */
  ShadowFeed(
      ShadowPlan<I, O> plan, Timer timer, ShadowLedger ledger, Supplier<ModelVersion> serving) {
    this.plan = plan;
    this.timer = timer;
    this.ledger = ledger;
    this.serving = serving;
  }

  /** Sets what is told that there is a copy; it must not block. */
  void onCopy(Runnable wake) {
    onCopy = wake;
  }

  long nanoTime() {
    return timer.nanoTime();
  }

  // ---- on the way of a caller ----

  /** Copies a call that is answered, if the sample has it and there is room. */
  void answered(ModelVersion version, I input, O answer, CallOptions options, long start) {
    if (!isSampled()) {
      return;
    }
    long took = timer.nanoTime() - start;
    ledger.offered();
    if (!takePlace(version)) {
      ledger.dropped();
      return;
    }
    try {
      add(new Pair<>(version, plan.copyInput(input), plan.copyAnswer(answer), options, took));
    } catch (Throwable t) {
      places.decrementAndGet();
      ledger.failed(Failure.COPY, t);
    }
  }

  /**
   * Copies the request of a submitted call now, and its answer when it comes. A call that fails
   * leaves nothing.
   */
  <T> CompletableFuture<T> follow(
      ModelVersion version,
      I input,
      CallOptions options,
      long start,
      CompletableFuture<T> future,
      Function<T, O> answerOf) {
    if (!isSampled()) {
      return future;
    }
    Submitted submitted = new Submitted(version, input, options, start);
    return MappedFuture.map(
        future,
        answer -> {
          submitted.answered(answerOf.apply(answer));
          return answer;
        },
        submitted::ended);
  }

  /** A call on its way. */
  private final class Submitted {
    private final ModelVersion version;
    private final CallOptions options;
    private final long start;
    private final AtomicBoolean hasPlace;
    private @Nullable I input;
    private @Nullable Throwable failure;

    Submitted(ModelVersion version, I original, CallOptions options, long start) {
      this.version = version;
      this.options = options;
      this.start = start;
      hasPlace = new AtomicBoolean(takePlace(version));
      if (hasPlace.get()) {
        try {
          input = plan.copyInput(original);
        } catch (Throwable t) {
          failure = t;
        }
      }
    }

    void answered(O answer) {
      long took = timer.nanoTime() - start;
      ledger.offered();
      if (!hasPlace.compareAndSet(true, false)) {
        ledger.dropped();
        return;
      }
      I copied = input;
      Throwable failed = failure;
      try {
        if (failed == null && copied != null) {
          add(new Pair<>(version, copied, plan.copyAnswer(answer), options, took));
          return;
        }
        failed = failed == null ? new NullPointerException("the copier returned null") : failed;
      } catch (Throwable t) {
        failed = t;
      }
      places.decrementAndGet();
      ledger.failed(Failure.COPY, failed);
    }

    /** Whatever became of the call, it keeps no place. */
    void ended() {
      if (hasPlace.compareAndSet(true, false)) {
        places.decrementAndGet();
      }
    }
  }

  private boolean isSampled() {
    return plan.share() == 1 || ThreadLocalRandom.current().nextDouble() < plan.share();
  }

  private boolean takePlace(ModelVersion version) {
    if (isClosed || places.get() >= plan.queue() || !version.equals(serving.get())) {
      return false;
    }
    if (places.incrementAndGet() <= plan.queue()) {
      return true;
    }
    places.decrementAndGet();
    return false;
  }

  private void add(Pair<I, O> pair) {
    ledger.queued(pair.primaryNanos);
    queue.add(pair);
    if (isClosed) { // after the queue was emptied, maybe
      dropAll();
      return;
    }
    Runnable wake = onCopy;
    if (wake != null) {
      wake.run();
    }
  }

  // ---- on the shadow's side ----

  boolean isEmpty() {
    return queue.isEmpty();
  }

  /** Takes the oldest copy, whose place is free from now on; null if there is none. */
  @Nullable Pair<I, O> poll() {
    Pair<I, O> pair = queue.poll();
    if (pair != null) {
      places.decrementAndGet();
    }
    return pair;
  }

  /** Takes no more copies, and drops those that wait. */
  void close() {
    isClosed = true;
    dropAll();
  }

  private void dropAll() {
    while (poll() != null) {
      ledger.droppedWaiting();
    }
  }
}
