package dev.inproc.inference.testing.stress;

import dev.inproc.inference.testing.VirtualThreads;
import dev.inproc.inference.testing.stress.StressProducer.Manner;
import dev.inproc.inference.testing.stress.StressedModel.Closing;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Queue;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * The life of one to three batchers, whose calls' callbacks call the next of them in a ring:
 * options drawn at random, 64 producers, a close of each, and the audit.
 */
final class StressRound<O> {
  private static final int PRODUCERS = 64;
  private static final int FEW = 3;
  private static final long CALLS_OF_FEW = 8_192;
  private static final int EXCHANGED = 16;
  private static final long HANG_NANOS = StressedModel.HANG.toNanos();

  private final LedgerStress<O> stress;
  private final List<StressedModel<O>> models = new ArrayList<>();
  private final Crowd crowd;
  private final boolean allTimed;
  private final int callsPerNestedCall;
  private final long[] closeAt; // ascending, one for each model
  private final AtomicLong left;
  private final long calls;
  private final List<StressProducer<O>> producers = new ArrayList<>();
  private final List<Thread> threads = new ArrayList<>();
  private final Queue<Ticket> nested = new ConcurrentLinkedQueue<>();
  private final AtomicLong nestedIds = new AtomicLong(1L << 50);
  private final AtomicReferenceArray<@Nullable Withdrawal> exchanged =
      new AtomicReferenceArray<>(EXCHANGED);
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

  StressRound(LedgerStress<O> stress, SplittableRandom random, long mostCalls) {
    this.stress = stress;
    int draw = random.nextInt(8);
    crowd = draw == 0 ? Crowd.FEW : draw == 1 ? Crowd.BLOCKING : Crowd.MIXED;
    long most = crowd == Crowd.MIXED ? mostCalls : Math.min(mostCalls, CALLS_OF_FEW);
    calls = Math.min(most, 1L << (10 + random.nextInt(9)));
    left = new AtomicLong(calls);
    allTimed = random.nextInt(4) == 0;
    callsPerNestedCall = 1 << (crowd == Crowd.FEW ? 2 : 4 + 2 * random.nextInt(5)); // 16 to 4,096
    int ring = 1 + random.nextInt(3);
    closeAt = random.longs(ring, 0, calls).sorted().toArray();
    for (int i = 0; i < ring; i++) {
      models.add(new StressedModel<>(stress, this::violation, i, random, crowd == Crowd.BLOCKING));
    }
    int count = crowd == Crowd.FEW ? FEW : PRODUCERS;
    for (int i = 0; i < count; i++) {
      StressedModel<O> model = models.get(i % ring);
      producers.add(new StressProducer<>(this, model, manner(i), i, random.split()));
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

  /** Of so many submitted calls one has a callback that calls: each may block a thread. */
  int callsPerNestedCall() {
    return callsPerNestedCall;
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
    for (int i = 0; i < models.size(); i++) {
      if (models.get(i).closing() != Closing.AFTER_ALL) {
        awaitCalls(closeAt[i]);
        models.get(i).close(); // the others are called on
      }
    }
    awaitCalls(calls);
    if (haveAllEnded()) {
      models.forEach(StressedModel::drain);
      audit();
    }
    return tickets();
  }

  /** Looks at the figures of each model, from a thread that does so again and again. */
  void look() {
    models.forEach(StressedModel::look);
  }

  /** Until so many calls were made, or nobody makes one any more. */
  private void awaitCalls(long made) {
    long seen = left.get();
    long since = System.nanoTime();
    while (seen > calls - made && isAnyCalling() && !stress.isViolated()) {
      LockSupport.parkNanos(20_000);
      if (left.get() != seen) {
        seen = left.get();
        since = System.nanoTime();
      } else if (System.nanoTime() - since > HANG_NANOS) {
        hangs("I1: nobody has called for " + StressedModel.HANG, null);
      }
    }
  }

  private boolean isAnyCalling() {
    return threads.stream().anyMatch(Thread::isAlive);
  }

  /** Waits for the producers; those that hang are named, with what they wait for. */
  private boolean haveAllEnded() {
    long end = System.nanoTime() + 2 * HANG_NANOS;
    boolean all = true;
    for (int i = 0; i < threads.size(); i++) {
      Thread thread = threads.get(i);
      if (!hasEnded(thread, Math.max(1, (end - System.nanoTime()) / 1_000_000))) {
        all = false;
        IllegalStateException hang = new IllegalStateException("in state " + thread.getState());
        hang.setStackTrace(thread.getStackTrace());
        String what = thread.getName() + " hangs, waiting for " + producers.get(i).waitsFor();
        hangs("I1: " + what, hang);
      }
    }
    return all;
  }

  static boolean hasEnded(Thread thread, long millis) {
    try {
      thread.join(millis);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
    return !thread.isAlive();
  }

  // ---- what producers ask ----

  boolean next() {
    return left.getAndDecrement() > 0 && !stress.isViolated();
  }

  /** How long to wait for a call before it counts as forgotten: not again and again. */
  long patienceMillis() {
    return stress.isViolated() ? 10 : StressedModel.HANG.toMillis();
  }

  /** Counts in the rest of a list. */
  void more(int tickets) {
    left.addAndGet(-tickets);
  }

  /** The model that callbacks of a model's calls call. */
  StressedModel<O> after(StressedModel<O> model) {
    return models.get((model.number() + 1) % models.size());
  }

  /** Returns what a callback calls a model by. */
  StressCaller<O> nested(StressedModel<O> model, SplittableRandom random) {
    return new StressCaller<>(this, model, random, nestedIds::getAndIncrement, nested);
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

  boolean hasHeckled() {
    return heckled;
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

  /** Notes a hang, and prints once where all threads stand. */
  void hangs(String what, @Nullable Throwable cause) {
    stress.dumpThreads();
    violation(what, cause);
  }

  void violation(String what, @Nullable Throwable cause) {
    stress.violation(this + ": " + what, cause);
  }

  // ---- the audit ----

  private long tickets() {
    return nested.size()
        + models.stream().mapToLong(StressedModel::added).sum()
        + producers.stream().mapToLong(p -> p.tickets().size()).sum();
  }

  private void audit() {
    List<List<Ticket>> ofModel = new ArrayList<>();
    models.forEach(model -> ofModel.add(new ArrayList<>()));
    producers.forEach(p -> p.tickets().forEach(each -> ofModel.get(each.model()).add(each)));
    nested.forEach(each -> ofModel.get(each.model()).add(each));
    for (int i = 0; i < models.size(); i++) {
      models.get(i).audit(ofModel.get(i));
    }
    stress.countNested(nested.size());
  }

  @Override
  public String toString() {
    return crowd
        + ", "
        + calls
        + " calls, ring of "
        + models.size()
        + ", a nested call in "
        + callsPerNestedCall
        + ", closing at "
        + Arrays.toString(closeAt)
        + ", timed "
        + allTimed;
  }
}
