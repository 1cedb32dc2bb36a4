package dev.inproc.inference.cache;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.lang.ref.WeakReference;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * Counts hits, exactly, for less than a hit costs. An atomic addition takes as long as the look-up
 * itself, so a slot belongs to one thread, which alone writes it, without atomics. A thread that
 * finds its slot taken by another that lives uses a shared adder, and now and then looks again; the
 * slot of a thread that has ended is taken over and its count put aside.
 *
 * <p>Only the owner writes a slot's fields. A thread that takes a slot over has seen that its owner
 * has ended, which orders all that the owner wrote before.
 */
final class StripedCounter {
  private static final int SLOTS = 64; // a power of two: the index is a mask of the thread's id

  /** A thread without a slot looks for a free one at one hit in so many: it takes a lock. */
  private static final int LOOK_AGAIN = 256;

  private static final VarHandle HITS;
  private static final VarHandle SAVED;

  static {
    try {
      MethodHandles.Lookup lookup = MethodHandles.lookup();
      HITS = lookup.findVarHandle(Slot.class, "hits", long.class);
      SAVED = lookup.findVarHandle(Slot.class, "saved", long.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private final @Nullable Slot[] slots = new @Nullable Slot[SLOTS];
  private final LongAdder sharedHits = new LongAdder();
  private final LongAdder sharedSaved = new LongAdder();
  private long endedHits;
  private long endedSaved;

  /** Padded, so that two owners do not write to one cache line. */
  private static final class Slot extends WeakReference<Thread> {
    long hits;
    long saved;
    @SuppressWarnings("UnusedVariable")
    long p0, p1, p2, p3, p4, p5, p6, p7, p8, p9, p10, p11, p12, p13;

    Slot(Thread owner) {
      super(owner);
    }
  }

  /**
   * Counts a hit.
   *
   * @param savedNanos the run that it saved
   * @return this thread's hit count, for sampling every n-th hit; -1 if the hit went to the shared
   *     counter
   */
  long hit(long savedNanos) {
    Thread thread = Thread.currentThread();
    Slot slot = slots[index(thread)];
    if (slot == null || !slot.refersTo(thread)) {
      return hitElsewhere(thread, savedNanos);
    }
    long count = slot.hits + 1;
    HITS.setOpaque(slot, count);
    SAVED.setOpaque(slot, slot.saved + savedNanos);
    return count;
  }

  private static int index(Thread thread) {
    return (int) thread.getId() & (SLOTS - 1);
  }

  private long hitElsewhere(Thread thread, long savedNanos) {
    sharedHits.increment();
    sharedSaved.add(savedNanos);
    if (ThreadLocalRandom.current().nextInt(LOOK_AGAIN) == 0) {
      claim(thread);
      return 0;
    }
    return -1;
  }

  private synchronized void claim(Thread thread) {
    int index = index(thread);
    Slot slot = slots[index];
    if (slot != null) {
      Thread owner = slot.get();
      if (owner != null && owner.isAlive()) {
        return;
      }
      endedHits += (long) HITS.getOpaque(slot);
      endedSaved += (long) SAVED.getOpaque(slot);
    }
    slots[index] = new Slot(thread);
  }

  synchronized long hits() {
    long sum = endedHits + sharedHits.sum();
    for (Slot slot : slots) {
      sum += slot == null ? 0 : (long) HITS.getOpaque(slot);
    }
    return sum;
  }

  synchronized long savedNanos() {
    long sum = endedSaved + sharedSaved.sum();
    for (Slot slot : slots) {
      sum += slot == null ? 0 : (long) SAVED.getOpaque(slot);
    }
    return sum;
  }
}
