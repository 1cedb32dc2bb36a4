package dev.inproc.inference.testing.stress;

import dev.inproc.inference.CallOptions;
import dev.inproc.inference.PredictorClosedException;
import dev.inproc.inference.batch.Batching;
import dev.inproc.inference.batch.BatchingMetrics;
import dev.inproc.inference.batch.BatchingPredictor;
import dev.inproc.inference.testing.Await;
import dev.inproc.inference.testing.VirtualThreads;
import dev.inproc.inference.testing.stress.StressProducer.Manner;
import dev.inproc.inference.testing.stress.Ticket.Outcome;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** One batcher's life: options drawn at random, 64 producers, a close, and the audit. */
final class StressRound<O> {
  private static final int PRODUCERS = 64;
  private static final int FEW = 3;
  private static final long CALLS_OF_FEW = 8_192;
  private static final int EXCHANGED = 16;
  private static final Duration HANG = Duration.ofSeconds(30);

  private final LedgerStress<O> stress;
  private final StressEngine<?, O> engine;
  private final BatchingPredictor<Ticket, O> predictor;
  private final Batching batching;
  private final Closing closing;
  private final Crowd crowd;
  private final boolean allTimed;
  private final long closeAt;
  private final AtomicLong left;
  private final long calls;
  private final LongAdder added = new LongAdder();
  private final List<StressProducer<O>> producers = new ArrayList<>();
  private final List<Thread> threads = new ArrayList<>();
  private final AtomicReferenceArray<@Nullable Withdrawal> exchanged =
      new AtomicReferenceArray<>(EXCHANGED);
  private volatile boolean closed;
  private volatile boolean heckled;

  private record Withdrawal(Ticket ticket, CompletableFuture<?> future) {}

  /** Who calls in a round. */
  private enum Crowd {
    MIXED,
    /** Batches of blocked callers, who wake each other. */
    BLOCKING,
    /** Nobody comes by whose call would have a forgotten one run too. */
    FEW
  }

  /** How a round ends. */
  private enum Closing {
    AFTER_ALL,
    DRAIN,
    AT_ONCE,
    SOON,
    BY_TWO,
    BY_A_CALLBACK;

    boolean aborts() {
      return this == AT_ONCE || this == SOON;
    }
  }

  StressRound(LedgerStress<O> stress, SplittableRandom random, long mostCalls) {
    this.stress = stress;
    int draw = random.nextInt(8);
    crowd = draw == 0 ? Crowd.FEW : draw == 1 ? Crowd.BLOCKING : Crowd.MIXED;
    long most = crowd == Crowd.MIXED ? mostCalls : Math.min(mostCalls, CALLS_OF_FEW);
    calls = Math.min(most, 1L << (10 + random.nextInt(9)));
    left = new AtomicLong(calls);
    closing = Closing.values()[random.nextInt(Closing.values().length)];
    closeAt = closing == Closing.AFTER_ALL ? calls : random.nextLong(calls);
    allTimed = random.nextInt(4) == 0;
    batching =
        Batching.upTo(1 << random.nextInt(7))
            .withParallelism(1 + random.nextInt(3))
            .withMaxQueued(random.nextInt(8) == 0 ? 64 : 10_000)
            .withMaxQueuedBytes(random.nextInt(8) == 0 ? 32 << 10 : 256 << 20)
            .withMaxDelay(random.nextInt(4) == 0 ? Duration.ofNanos(50_000) : Duration.ZERO);
    // Where a run is cheaper than a wake-up, blocking callers do not queue at all.
    engine =
        stress.engine(
            crowd == Crowd.BLOCKING || random.nextBoolean() ? 40_000 : 0,
            text -> violation(text, null));
    predictor = stress.batcher(engine, batching);
    int count = crowd == Crowd.FEW ? FEW : PRODUCERS;
    for (int i = 0; i < count; i++) {
      producers.add(new StressProducer<>(this, manner(i), i, random.split()));
    }
  }

  private Manner manner(int producer) {
    return switch (crowd) {
      case FEW -> Manner.SUBMIT;
      case BLOCKING -> Manner.PREDICT;
      case MIXED ->
          producer < 40
              ? Manner.SUBMIT
              : producer < 52 ? Manner.PREDICT : producer < 58 ? Manner.MIXED : Manner.LIST;
    };
  }

  int window(SplittableRandom random) {
    return 1 << random.nextInt(crowd == Crowd.FEW ? 2 : 8);
  }

  /** Runs it; returns the calls made. */
  long run() {
    for (int i = 0; i < producers.size(); i++) {
      Thread thread;
      if (i % 4 == 3) {
        thread = VirtualThreads.unstarted(producers.get(i));
      } else {
        thread = new Thread(producers.get(i));
        thread.setDaemon(true);
      }
      thread.setName("producer-" + i);
      threads.add(thread);
    }
    threads.forEach(Thread::start);
    awaitCloseAt();
    if (closing.aborts()) {
      engine.hangFreely();
    }
    if (closing != Closing.AFTER_ALL) {
      close();
    }
    if (haveAllEnded()) {
      drain();
      audit();
    }
    return tickets();
  }

  /** Until so many calls were made, or nobody makes one any more. */
  private void awaitCloseAt() {
    long seen = left.get();
    long since = System.nanoTime();
    while (seen > calls - closeAt && threads.get(0).isAlive() && !stress.isViolated()) {
      LockSupport.parkNanos(20_000);
      if (left.get() != seen) {
        seen = left.get();
        since = System.nanoTime();
      } else if (System.nanoTime() - since > HANG.toNanos()) {
        violation("I1: nobody has called for " + HANG + "; " + predictor.metrics(), null);
      }
    }
  }

  /** Waits for the producers; those that hang are named, with what they wait for. */
  private boolean haveAllEnded() {
    long end = System.nanoTime() + 2 * HANG.toNanos();
    boolean all = true;
    for (int i = 0; i < threads.size(); i++) {
      Thread thread = threads.get(i);
      if (!hasEnded(thread, Math.max(1, (end - System.nanoTime()) / 1_000_000))) {
        all = false;
        IllegalStateException hang = new IllegalStateException("in state " + thread.getState());
        hang.setStackTrace(thread.getStackTrace());
        String what = thread.getName() + " hangs, waiting for " + producers.get(i).waitsFor();
        violation("I1: " + what + "; " + predictor.metrics(), hang);
      }
    }
    return all;
  }

  private static boolean hasEnded(Thread thread, long millis) {
    try {
      thread.join(millis);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
    return !thread.isAlive();
  }

  private void close() {
    closed = true;
    switch (closing) {
      case AT_ONCE -> predictor.close(Duration.ZERO);
      case SOON -> predictor.close(Duration.ofMillis(2));
      case BY_TWO -> {
        Thread second = new Thread(this::drain);
        second.setDaemon(true);
        second.start();
        drain();
        if (!hasEnded(second, HANG.toMillis())) {
          violation("I4: the second who closes hangs; " + predictor.metrics(), null);
        }
      }
      case BY_A_CALLBACK -> {
        var unused =
            predictor
                .submit(new Ticket(1L << 60), CallOptions.DEFAULT)
                .whenComplete((value, failure) -> predictor.close());
        added.increment();
      }
      case AFTER_ALL, DRAIN -> drain();
    }
  }

  /** Closes and waits; the end of the time shows a request or a slot that nobody gave back. */
  private void drain() {
    closed = true;
    long start = System.nanoTime();
    boolean released = predictor.close(HANG);
    if (!released || System.nanoTime() - start > HANG.toNanos()) {
      violation("I4: closing hangs; " + predictor.metrics(), null);
    }
  }

  // ---- what producers ask ----

  boolean next() {
    return left.getAndDecrement() > 0 && !stress.isViolated();
  }

  /** How long to wait for a call before it counts as forgotten: not again and again. */
  long patienceMillis() {
    return stress.isViolated() ? 10 : HANG.toMillis();
  }

  /** Counts in the rest of a list. */
  void more(int tickets) {
    left.addAndGet(-tickets);
  }

  BatchingPredictor<Ticket, O> predictor() {
    return predictor;
  }

  Executor executor() {
    return stress.executor();
  }

  O foreign() {
    return stress.foreign();
  }

  boolean isAnswer(long id, O answer) {
    return stress.isAnswer(id, answer);
  }

  boolean allTimed() {
    return allTimed;
  }

  boolean isClosing() {
    return closed;
  }

  boolean hasHeckled() {
    return heckled;
  }

  void engineFailed(Throwable failure, boolean poison) {
    if ("poisoned".equals(failure.getMessage()) && !poison) {
      violation("I2: failed with a poisoned stranger", failure);
    }
  }

  /** Leaves a call for another to withdraw, and withdraws what another left. */
  void exchange(Ticket ticket, CompletableFuture<?> future, SplittableRandom random) {
    Withdrawal other =
        exchanged.getAndSet(random.nextInt(EXCHANGED), new Withdrawal(ticket, future));
    if (other != null) {
      other.ticket.withdraw();
      other.future.cancel(false);
    }
  }

  /** Interrupts somebody. */
  void heckle(SplittableRandom random) {
    heckled = true;
    threads.get(random.nextInt(threads.size())).interrupt();
  }

  void violation(String what, @Nullable Throwable cause) {
    stress.violation(this + ": " + what, cause);
  }

  // ---- the audit ----

  private long tickets() {
    return added.sum() + producers.stream().mapToLong(p -> p.tickets().size()).sum();
  }

  private void audit() {
    Map<Outcome, Long> seen = new EnumMap<>(Outcome.class);
    for (StressProducer<O> producer : producers) {
      for (Ticket ticket : producer.tickets()) {
        String wrong = ticket.audit();
        if (!wrong.isEmpty()) {
          violation("I1: " + ticket + ": " + wrong, null);
        }
        seen.merge(ticket.outcome(), 1L, Long::sum);
      }
    }
    auditAccounts(seen);
    auditRemains();
    stress.count(seen, engine.runs(), engine.faults(), engine.hangs());
  }

  /** I3. Notices may be late, so it waits for the sum. */
  private void auditAccounts(Map<Outcome, Long> seen) {
    long submitted = tickets();
    try {
      Await.until("accounts", () -> sum(predictor.metrics()) == submitted);
    } catch (AssertionError e) {
      violation("I3: " + sum(predictor.metrics()) + " ended of " + submitted, e);
    }
    BatchingMetrics m = predictor.metrics();
    if (m.submitted() != submitted) {
      violation("I3: " + submitted + " submitted; " + m, null);
    }
    // An executor may be overtaken by the caller after the batcher has counted.
    if (m.overloaded() < seen.getOrDefault(Outcome.OVERLOADED, 0L)) {
      violation("I3: " + seen + "; " + m, null);
    }
    if (m.answered() < seen.getOrDefault(Outcome.ANSWERED, 0L)) {
      violation("I3: " + seen + "; " + m, null);
    }
    if (m.waiting() != 0 || m.waitingBytes() != 0) {
      violation("I3: waiting after closing: " + m, null);
    }
  }

  private static long sum(BatchingMetrics m) {
    return m.answered() + m.failed() + m.expired() + m.cancelled() + m.overloaded() + m.closed();
  }

  /** I4. */
  private void auditRemains() {
    try {
      Await.until("timeouts", () -> stress.pendingTimeouts() == 0);
      Await.until("workers", () -> !isAnyTurning());
    } catch (AssertionError e) {
      violation("I4: " + e.getMessage() + "; timeouts: " + stress.pendingTimeouts(), e);
    }
    if (engine.closes() != 1 || engine.active() != 0) {
      violation("I4: " + engine.closes() + " closes, " + engine.active() + " runs", null);
    }
    try {
      predictor.predict(new Ticket(0));
      violation("I4: answers after closing", null);
    } catch (PredictorClosedException e) {
      // as it should
    }
  }

  private static boolean isAnyTurning() {
    return Thread.getAllStackTraces().entrySet().stream()
        .filter(entry -> entry.getKey().getName().startsWith("inproc-worker"))
        .flatMap(entry -> java.util.Arrays.stream(entry.getValue()))
        .anyMatch(frame -> frame.getClassName().endsWith(".batch.Turner"));
  }

  @Override
  public String toString() {
    return crowd
        + ", "
        + calls
        + " calls, closing "
        + closing
        + " at "
        + closeAt
        + ", upTo "
        + batching.maxBatchSize()
        + " x "
        + batching.parallelism()
        + ", queue "
        + batching.maxQueued()
        + ", timed "
        + allTimed;
  }
}
