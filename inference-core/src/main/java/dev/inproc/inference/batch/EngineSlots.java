package dev.inproc.inference.batch;

import java.util.concurrent.atomic.AtomicLong;

/**
 * The engine runs that there may be at once. Who holds a slot turns an engine: a worker for as long
 * as there is work, or a lone caller for one run. A caller that finds work waiting when it is done
 * hands its slot on to a worker, so that no caller serves strangers.
 *
 * <p><b>No request is left behind.</b> One that comes is put into the queue first, and then its
 * caller looks for a free slot. One who leaves frees the slot first, and then looks into the queue.
 * Both are sequentially consistent, so whichever comes second sees the other (Dekker): a request is
 * never in the queue while all slots are free and nobody is about to take one.
 */
final class EngineSlots {
  /** In place of a slot: all are taken. */
  static final int NONE = -1;

  /** As many as the word has bits. */
  static final int MOST = Long.SIZE;

  private static final long NOBODY = 0;

  private final AtomicLong taken = new AtomicLong(); // a bit for each
  private final long all;
  private final long[] leaders; // the id of the caller that holds a slot; its own to read

  EngineSlots(int count) {
    leaders = new long[count];
    all = count == MOST ? -1 : (1L << count) - 1;
  }

  int count() {
    return leaders.length;
  }

  /**
   * Takes the lowest free slot, or none. When all are taken, which is when it matters, it reads.
   */
  int tryTake() {
    long seen = taken.get();
    while (seen != all) {
      long lowest = ~seen & (seen + 1);
      if (taken.compareAndSet(seen, seen | lowest)) {
        return Long.numberOfTrailingZeros(lowest);
      }
      seen = taken.get();
    }
    return NONE;
  }

  void free(int slot) {
    taken.getAndAdd(-(1L << slot));
  }

  /** Notes that the calling thread runs the model itself, and may call from within. */
  void lead(int slot) {
    leaders[slot] = Thread.currentThread().getId();
  }

  /** Ends that; false if the slot was {@link #giveUp given up} meanwhile. */
  boolean endLead(int slot) {
    boolean isHeld = leaders[slot] == Thread.currentThread().getId();
    if (isHeld) {
      leaders[slot] = NOBODY;
    }
    return isHeld;
  }

  /** Whether the calling thread leads: what it waits for would wait for it. */
  boolean isLeading() {
    return leading() != NONE;
  }

  /** Takes the slot from the calling thread if it leads; else returns none. */
  int giveUp() {
    int slot = leading();
    if (slot != NONE) {
      leaders[slot] = NOBODY;
    }
    return slot;
  }

  private int leading() {
    for (int slot = 0; slot < leaders.length; slot++) {
      if (leaders[slot] != NOBODY && leaders[slot] == Thread.currentThread().getId()) {
        return slot;
      }
    }
    return NONE;
  }

  boolean areAllFree() {
    return taken.get() == 0;
  }

  boolean areAllTaken() {
    return taken.get() == all;
  }
}
