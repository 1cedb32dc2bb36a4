package dev.inproc.inference.testing.stress;

import dev.inproc.inference.CallOptions;
import dev.inproc.inference.Predictor;
import dev.inproc.inference.PredictorClosedException;
import dev.inproc.inference.batch.Batching;
import dev.inproc.inference.batch.BatchingMetrics;
import dev.inproc.inference.batch.BatchingPredictor;
import dev.inproc.inference.testing.Await;
import dev.inproc.inference.testing.stress.Ticket.Outcome;
import java.time.Duration;
import java.util.Collection;
import java.util.EnumMap;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/** One model of a round: its batcher, its end, and the audit of its calls. */
final class StressedModel<O> {
  static final Duration HANG = Duration.ofSeconds(30);

  private final LedgerStress<O> stress;
  private final BiConsumer<String, @Nullable Throwable> violations;
  private final int number;
  private final StressEngine<?, O> engine;
  private final BatchingPredictor<Ticket, O> predictor;
  private final @Nullable MeteredCalls<O> metered;
  private final Batching batching;
  private final Closing closing;
  private final LongAdder added = new LongAdder();
  private volatile boolean closed;

  /** How a model ends. */
  enum Closing {
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

  StressedModel(
      LedgerStress<O> stress,
      BiConsumer<String, @Nullable Throwable> violations,
      int number,
      SplittableRandom random,
      boolean alwaysQueues) {
    this.stress = stress;
    this.violations = violations;
    this.number = number;
    closing = Closing.values()[random.nextInt(Closing.values().length)];
    batching =
        Batching.upTo(1 << random.nextInt(7))
            .withParallelism(1 + random.nextInt(3))
            .withMaxQueued(random.nextInt(8) == 0 ? 64 : 10_000)
            .withMaxQueuedBytes(random.nextInt(8) == 0 ? 32 << 10 : 256 << 20)
            .withMaxDelay(random.nextInt(4) == 0 ? Duration.ofNanos(50_000) : Duration.ZERO);
    // Where a run is cheaper than a wake-up, blocking callers do not queue at all.
    engine =
        stress.engine(
            number,
            alwaysQueues || random.nextBoolean() ? 40_000 : 0,
            text -> violation(text, null));
    predictor = stress.batcher(engine, batching);
    boolean isMetered = stress.isMetered(random.nextBoolean());
    metered = isMetered ? new MeteredCalls<>(predictor, this::metering) : null;
  }

  int number() {
    return number;
  }

  Closing closing() {
    return closing;
  }

  /** Returns what callers call: the batcher, or the layer around it. */
  Predictor<Ticket, O> predictor() {
    return metered == null ? predictor : metered.predictor();
  }

  /** Looks at the figures while calls come. */
  void look() {
    if (metered != null) {
      metered.look();
    }
  }

  private void metering(String what) {
    violation("I3, metering: " + what, null);
  }

  boolean isClosing() {
    return closed;
  }

  // ---- the end ----

  /** Ends it in its way, at a random moment. */
  void close() {
    if (closing.aborts()) {
      engine.hangFreely();
    }
    closed = true;
    switch (closing) {
      case AT_ONCE -> predictor.close(Duration.ZERO);
      case SOON -> predictor.close(Duration.ofMillis(2));
      case BY_TWO -> {
        Thread second = new Thread(this::drain);
        second.setDaemon(true);
        second.start();
        drain();
        if (!StressRound.hasEnded(second, HANG.toMillis())) {
          violation("I4: the second who closes hangs; " + predictor.metrics(), null);
        }
      }
      case BY_A_CALLBACK -> {
        var unused =
            predictor
                .submit(new Ticket(1L << 60, number), CallOptions.DEFAULT)
                .whenComplete((value, failure) -> predictor.close());
        added.increment();
      }
      case AFTER_ALL, DRAIN -> drain();
    }
  }

  /** Closes and waits; the end of the time shows a request or a slot that nobody gave back. */
  void drain() {
    closed = true;
    long start = System.nanoTime();
    boolean released = predictor.close(HANG);
    if (!released || System.nanoTime() - start > HANG.toNanos()) {
      stress.dumpThreads();
      violation("I4: closing hangs; " + predictor.metrics(), null);
    }
  }

  // ---- the audit ----

  /** How many calls it had beside those of producers and of their callbacks. */
  long added() {
    return added.sum();
  }

  /** Audits its calls, when all have ended. */
  void audit(Collection<Ticket> tickets) {
    Map<Outcome, Long> seen = new EnumMap<>(Outcome.class);
    for (Ticket ticket : tickets) {
      String wrong = ticket.audit();
      if (!wrong.isEmpty()) {
        violation("I1: " + ticket + ": " + wrong, null);
      }
      seen.merge(ticket.outcome(), 1L, Long::sum);
    }
    auditAccounts(seen, tickets.size() + added());
    if (metered != null) {
      metered.audit(tickets.size(), seen);
    }
    auditRemains();
    stress.count(seen, engine.runs(), engine.faults(), engine.hangs());
  }

  /** I3. Notices may be late, so it waits for the sum. */
  private void auditAccounts(Map<Outcome, Long> seen, long submitted) {
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
      predictor.predict(new Ticket(0, number));
      violation("I4: answers after closing", null);
    } catch (PredictorClosedException e) {
      // as it should
    }
  }

  private static boolean isAnyTurning() {
    return Thread.getAllStackTraces().entrySet().stream()
        .filter(entry -> entry.getKey().getName().startsWith("inproc-worker"))
        .flatMap(entry -> java.util.Arrays.stream(entry.getValue()))
        .anyMatch(frame -> frame.getClassName().endsWith(".batch.BatchLoop"));
  }

  private void violation(String what, @Nullable Throwable cause) {
    violations.accept(this + ": " + what, cause);
  }

  @Override
  public String toString() {
    return "model "
        + number
        + ", closing "
        + closing
        + ", upTo "
        + batching.maxBatchSize()
        + " x "
        + batching.parallelism()
        + ", queue "
        + batching.maxQueued()
        + (metered == null ? "" : ", metered");
  }
}
