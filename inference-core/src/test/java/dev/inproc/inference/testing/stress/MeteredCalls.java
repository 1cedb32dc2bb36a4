package dev.inproc.inference.testing.stress;

import dev.inproc.inference.Predictor;
import dev.inproc.inference.metrics.CallMetrics;
import dev.inproc.inference.metrics.Outcome;
import dev.inproc.inference.monitoring.Metering;
import dev.inproc.inference.monitoring.MeteringStats;
import dev.inproc.inference.testing.Await;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A metering layer around a batcher of the ledger. A thread reads snapshots meanwhile ({@link
 * #look}); in the end its figures are compared with the ledger, outcome by outcome.
 */
final class MeteredCalls<O> {
  private final Predictor<Ticket, O> predictor;
  private final MeteringStats stats;
  private final Consumer<String> violations;
  private @Nullable CallMetrics last; // under the lock

  MeteredCalls(Predictor<Ticket, O> inner, Consumer<String> violations) {
    predictor = inner.with(Metering.named("ledger"));
    stats = predictor.find(MeteringStats.class).orElseThrow();
    this.violations = violations;
  }

  /** Returns what counts the calls. */
  Predictor<Ticket, O> predictor() {
    return predictor;
  }

  /** Takes a snapshot: no more calls may have ended than begun, and no count may fall. */
  synchronized CallMetrics look() {
    CallMetrics now = stats.metrics().total();
    if (now.allEnded() > now.begun()) {
      violations.accept("more calls ended than begun: " + now);
    }
    CallMetrics before = last;
    if (before != null && (now.begun() < before.begun() || hasFallen(before, now))) {
      violations.accept("a count fell: " + before + ", then " + now);
    }
    last = now;
    return now;
  }

  private static boolean hasFallen(CallMetrics before, CallMetrics now) {
    boolean fell = now.latencyNanos().sum() < before.latencyNanos().sum();
    for (Outcome outcome : Outcome.values()) {
      fell |= now.count(outcome) < before.count(outcome);
    }
    return fell;
  }

  /**
   * Compares with the ledger, when all calls have ended.
   *
   * @param calls how many calls came
   * @param seen what callers saw
   */
  void audit(long calls, Map<Ticket.Outcome, Long> seen) {
    try {
      Await.until("metered calls", () -> look().allEnded() >= calls); // callbacks may be late
    } catch (AssertionError e) {
      violations.accept(e.getMessage());
    }
    CallMetrics now = look();
    if (now.begun() != calls || now.allEnded() != calls) {
      violations.accept(calls + " calls; " + now);
    }
    long answered = seenAs(seen, Ticket.Outcome.ANSWERED) + seenAs(seen, Ticket.Outcome.FOREIGN);
    if (now.count(Outcome.ANSWERED) != answered || now.latencyNanos().count() != answered) {
      violations.accept(answered + " answered; " + now);
    }
    // A list that fails counts as so many calls with its failure.
    long lost = seenAs(seen, Ticket.Outcome.LOST_IN_LIST);
    for (Outcome outcome : Outcome.values()) {
      if (outcome != Outcome.ANSWERED) {
        long more = now.count(outcome) - seenAs(seen, Ticket.Outcome.valueOf(outcome.name()));
        lost -= more;
        if (more < 0) {
          violations.accept(outcome + ": " + seen + "; " + now);
        }
      }
    }
    if (lost != 0) {
      violations.accept("lists: " + seen + "; " + now);
    }
  }

  private static long seenAs(Map<Ticket.Outcome, Long> seen, Ticket.Outcome outcome) {
    return seen.getOrDefault(outcome, 0L);
  }
}
