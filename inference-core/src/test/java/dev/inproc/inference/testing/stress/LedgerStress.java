package dev.inproc.inference.testing.stress;

import dev.inproc.inference.BatchPredictor;
import dev.inproc.inference.batch.Batching;
import dev.inproc.inference.batch.BatchingPredictor;
import dev.inproc.inference.testing.Await;
import dev.inproc.inference.testing.ThreadDump;
import dev.inproc.inference.testing.VirtualThreads;
import dev.inproc.inference.testing.stress.Ticket.Outcome;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Drives batchers with calls that go wrong in every way and keeps a ledger of each call: invariants
 * I1 to I4. Rounds, each of one to three new batchers with options drawn at random, until so many
 * calls were made: 64 producers (three in some rounds), 1 % poison, a tenth withdrawn, deadlines
 * from none to 41 ms, callbacks that call the next batcher of the ring, engines that fail, throw,
 * forget, hang and are slow, and a close of each batcher at a random moment.
 */
public final class LedgerStress<O> {
  private static final int MOST_VIOLATIONS = 20;
  private static final long LOOK_NANOS = 200_000; // it takes a core of its own otherwise

  /** "always" or "never"; without it, half of the batchers have a metering layer around them. */
  private static final String METERING = System.getProperty("inproc.stress.metering", "half");

  /** What is stressed. */
  public interface Subject<O> {
    /** Makes the stressed model, around a new one; see {@link Maker}. */
    BatchPredictor<Ticket, O> model(Maker<O> maker);

    /** Returns a batcher of it. */
    BatchingPredictor<Ticket, O> batcher(BatchPredictor<Ticket, O> model, Batching batching);

    /** Returns whether this is the answer for an id. */
    boolean isAnswer(long id, O answer);

    /** Returns an answer, alone of its identity, that no model gives. */
    O foreign();
  }

  /** Puts the faults around a model. */
  public interface Maker<O> {
    /** Returns the model that goes wrong now and then. */
    <I> BatchPredictor<Ticket, O> around(
        BatchPredictor<I, O> model, java.util.function.Function<Ticket, I> encode);
  }

  private final Subject<O> subject;
  private final LongSupplier pendingTimeouts;

  /** Without a bound: its callbacks wait for calls whose callbacks it runs too. */
  private final ExecutorService executor =
      Executors.newCachedThreadPool(
          task -> {
            Thread thread = new Thread(task, "callbacks");
            thread.setDaemon(true);
            return thread;
          });

  private final List<String> violations = new ArrayList<>();
  private final AtomicLong violationCount = new AtomicLong();
  private final AtomicBoolean dumped = new AtomicBoolean();
  private final Map<Outcome, Long> outcomes = new EnumMap<>(Outcome.class);
  private volatile @Nullable StressRound<O> current;
  private volatile boolean over;
  private final AtomicLong looks = new AtomicLong();
  private long rounds;
  private long nested;
  private long runs;
  private long faults;
  private long hangs;

  /**
   * Creates one.
   *
   * @param pendingTimeouts how many timeouts of its batchers wait; those left after closing leak
   */
  public LedgerStress(Subject<O> subject, LongSupplier pendingTimeouts) {
    this.subject = subject;
    this.pendingTimeouts = pendingTimeouts;
  }

  /** Runs rounds until so many calls were made; throws if an invariant was violated. */
  public void run(long calls, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    long start = System.nanoTime();
    long made = 0;
    long told = start;
    Thread reader = new Thread(this::look, "snapshots");
    reader.setDaemon(true);
    reader.start();
    while (made < calls && !isViolated()) {
      StressRound<O> round = new StressRound<>(this, random.split(), calls - made + 1);
      current = round;
      made += round.run();
      rounds++;
      if (System.nanoTime() - told > 60_000_000_000L) {
        told = System.nanoTime();
        System.out.println(report(made, told - start, seed));
      }
    }
    current = null;
    over = true;
    Await.end(reader);
    executor.shutdown();
    System.out.println(report(made, System.nanoTime() - start, seed));
    if (isViolated()) {
      throw new AssertionError(
          violationCount + " violations, seed " + seed + ":\n" + String.join("\n", violations));
    }
  }

  private void look() {
    while (!over) {
      StressRound<O> round = current;
      if (round != null) {
        try {
          round.look();
          looks.incrementAndGet();
        } catch (Throwable t) {
          violation("metering: " + t, t);
        }
      }
      LockSupport.parkNanos(LOOK_NANOS);
    }
  }

  private String report(long made, long nanos, long seed) {
    return made
        + " calls, "
        + rounds
        + " rounds, seed "
        + seed
        + ", "
        + nanos / 1_000_000_000
        + " s, "
        + violationCount
        + " violations: "
        + outcomes
        + ", "
        + nested
        + " by callbacks, "
        + runs
        + " runs, "
        + faults
        + " faults, "
        + hangs
        + " hangs, "
        + looks
        + " looks at figures, metering "
        + METERING
        + "; a quarter of the callers "
        + (VirtualThreads.areThere() ? "virtual" : "would be virtual on JDK 21");
  }

  // ---- for rounds ----

  @SuppressWarnings("unchecked")
  StressEngine<?, O> engine(int model, long inlineNanos, Consumer<String> onViolation) {
    return (StressEngine<?, O>)
        subject.model(
            new Maker<>() {
              @Override
              public <I> BatchPredictor<Ticket, O> around(
                  BatchPredictor<I, O> inner, java.util.function.Function<Ticket, I> encode) {
                return new StressEngine<>(inner, encode, model, inlineNanos, onViolation);
              }
            });
  }

  BatchingPredictor<Ticket, O> batcher(BatchPredictor<Ticket, O> model, Batching batching) {
    return subject.batcher(model, batching);
  }

  boolean isMetered(boolean byChance) {
    return METERING.equals("always") || (byChance && !METERING.equals("never"));
  }

  boolean isAnswer(long id, O answer) {
    return subject.isAnswer(id, answer);
  }

  O foreign() {
    return subject.foreign();
  }

  ExecutorService executor() {
    return executor;
  }

  long pendingTimeouts() {
    return pendingTimeouts.getAsLong();
  }

  boolean isViolated() {
    return violationCount.get() > 0;
  }

  void count(Map<Outcome, Long> seen, long newRuns, long newFaults, long newHangs) {
    seen.forEach((outcome, count) -> outcomes.merge(outcome, count, Long::sum));
    runs += newRuns;
    faults += newFaults;
    hangs += newHangs;
  }

  void countNested(long calls) {
    nested += calls;
  }

  /** Prints where all threads stand, once. */
  void dumpThreads() {
    if (dumped.compareAndSet(false, true)) {
      ThreadDump.print();
    }
  }

  void violation(String what, @Nullable Throwable cause) {
    if (violationCount.incrementAndGet() <= MOST_VIOLATIONS) {
      if (cause != null) {
        cause.printStackTrace();
      }
      synchronized (violations) {
        violations.add(what);
      }
    }
  }
}
