package dev.inproc.inference.metrics;

import dev.inproc.inference.internal.concurrent.Threads;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.lang.ref.WeakReference;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Counts calls by outcome and times them, for a layer that keeps figures. Any number of threads may
 * share one.
 *
 * <p>A platform thread owns a slot, which it alone writes, without atomic instructions. A thread
 * that finds its slot taken, and every virtual thread, since these are many and short-lived, writes
 * one of some shared slots with atomic instructions. The counts of a thread that has ended are put
 * aside when another takes its slot. No slot keeps a thread, or a class of the application,
 * reachable.
 *
 * <p>In no snapshot have more calls ended than begun: a snapshot reads what has ended first, and a
 * call's beginning is written before its end.
 */
@SuppressWarnings("EnumOrdinal") // indexes an array that nothing outside sees
public final class CallRecorder {
  private static final int OWNED = 64;
  private static final int SHARED =
      Integer.highestOneBit(2 * Runtime.getRuntime().availableProcessors());
  private static final int CLAIM_ONE_IN = 64;
  private static final int OUTCOMES = Outcome.values().length;
  private static final VarHandle ENDED = MethodHandles.arrayElementVarHandle(long[].class);
  private static final VarHandle SLOT = MethodHandles.arrayElementVarHandle(Slot[].class);
  private static final VarHandle BEGUN;

  static {
    try {
      BEGUN = MethodHandles.lookup().findVarHandle(Slot.class, "begun", long.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private final @Nullable Slot[] owned = new @Nullable Slot[OWNED];
  private final @Nullable Slot[] shared = new @Nullable Slot[SHARED];
  private final ReentrantLock lock = new ReentrantLock();
  private final Sum left = new Sum(); // by threads that have ended; under the lock

  /** Creates one that has counted nothing. */
  public CallRecorder() {}

  /** What one thread, or some, have counted. */
  private static final class Slot {
    private final long owner; // 0 if shared
    private final @Nullable WeakReference<Thread> thread;
    private final HistogramRecorder latency = new HistogramRecorder();
    private final long[] ended = new long[OUTCOMES]; // but for answered ones, which latency counts
    private long begun;

    Slot(@Nullable Thread owner) {
      this.owner = owner == null ? 0 : owner.getId();
      thread = owner == null ? null : new WeakReference<>(owner);
    }

    void begin(int calls) {
      if (owner != 0) {
        BEGUN.setRelease(this, begun + calls);
      } else {
        BEGUN.getAndAdd(this, (long) calls);
      }
    }

    void answered(long nanos, int calls) {
      if (owner != 0) {
        latency.recordOwned(nanos, calls);
      } else {
        latency.record(nanos, calls);
      }
    }

    void end(int outcome, int calls) {
      if (owner != 0) {
        ENDED.setRelease(ended, outcome, ended[outcome] + calls);
      } else {
        ENDED.getAndAdd(ended, outcome, (long) calls);
      }
    }

    boolean isLeft() {
      Thread alive = thread == null ? null : thread.get();
      return owner != 0 && (alive == null || !alive.isAlive());
    }

    long begun() {
      return (long) BEGUN.getAcquire(this);
    }
  }

  /** Counts calls that begin. */
  public void begin(int calls) {
    slot().begin(calls);
  }

  /** Counts calls that were answered, each after this time. */
  public void answered(long nanos, int calls) {
    slot().answered(nanos, calls);
  }

  /** Counts calls that ended so. For answered ones, see {@link #answered}. */
  public void end(Outcome outcome, int calls) {
    if (outcome == Outcome.ANSWERED) {
      throw new IllegalArgumentException("Expected a failure; answered() records answers");
    }
    slot().end(outcome.ordinal(), calls);
  }

  private Slot slot() {
    Thread thread = Thread.currentThread();
    long id = thread.getId();
    Slot slot = owned[(int) id & (OWNED - 1)];
    return slot != null && slot.owner == id ? slot : otherSlot(thread, id);
  }

  private Slot otherSlot(Thread thread, long id) {
    int index = (int) id & (OWNED - 1);
    boolean tries = owned[index] == null || ThreadLocalRandom.current().nextInt(CLAIM_ONE_IN) == 0;
    if (tries && !Threads.currentIsVirtual()) {
      Slot claimed = claim(thread, index);
      if (claimed != null) {
        return claimed;
      }
    }
    int stripe = (int) id & (SHARED - 1);
    Slot slot = (Slot) SLOT.getAcquire(shared, stripe);
    if (slot == null) {
      Slot made = new Slot(null);
      Slot other = (Slot) SLOT.compareAndExchange(shared, stripe, (Slot) null, made);
      slot = other == null ? made : other;
    }
    return slot;
  }

  private @Nullable Slot claim(Thread thread, int index) {
    if (!lock.tryLock()) {
      return null; // a call waits for nobody: it uses a shared slot
    }
    try {
      return claimLocked(thread, index);
    } finally {
      lock.unlock();
    }
  }

  private @Nullable Slot claimLocked(Thread thread, int index) {
    Slot slot = owned[index];
    if (slot != null) {
      if (!slot.isLeft()) {
        return null;
      }
      left.addEnded(slot);
      left.begun += slot.begun();
    }
    Slot made = new Slot(thread);
    owned[index] = made;
    return made;
  }

  /** What some slots have counted. */
  private static final class Sum {
    private final HistogramSum latency = new HistogramSum();
    private final long[] ended = new long[OUTCOMES];
    private long begun;

    void addEnded(Slot slot) {
      for (int i = 0; i < OUTCOMES; i++) {
        ended[i] += (long) ENDED.getAcquire(slot.ended, i);
      }
      slot.latency.addTo(latency);
    }

    void addEnded(Sum other) {
      for (int i = 0; i < OUTCOMES; i++) {
        ended[i] += other.ended[i];
      }
      latency.add(other.latency);
    }

    CallMetrics metrics() {
      Histogram answered = latency.histogram();
      Map<Outcome, Long> counts = new EnumMap<>(Outcome.class);
      for (Outcome outcome : Outcome.values()) {
        counts.put(outcome, ended[outcome.ordinal()]);
      }
      counts.put(Outcome.ANSWERED, answered.count());
      return new CallMetrics(begun, counts, answered);
    }
  }

  /** Returns what was counted so far. */
  public CallMetrics snapshot() {
    lock.lock();
    try {
      Sum all = new Sum();
      all.addEnded(left);
      forEachSlot(all::addEnded);
      all.begun = left.begun;
      forEachSlot(slot -> all.begun += slot.begun());
      return all.metrics();
    } finally {
      lock.unlock();
    }
  }

  private void forEachSlot(Consumer<Slot> action) {
    for (Slot slot : owned) {
      if (slot != null) {
        action.accept(slot);
      }
    }
    for (int i = 0; i < SHARED; i++) {
      Slot slot = (Slot) SLOT.getAcquire(shared, i);
      if (slot != null) {
        action.accept(slot);
      }
    }
  }
}
