package dev.inproc.inference.batch;

import java.util.concurrent.atomic.AtomicLong;

/**
 * The engine runs that there may be at once. The thread that holds a slot runs the model: a worker
 * thread for as long as there is work, or a lone caller for one run. A caller that finds requests
 * waiting when its run is done hands its slot on to a worker thread, so that no caller serves
 * strangers.
 *
 * <p><b>No request is left behind.</b> A caller puts its request into the queue first, and then
 * looks for a free slot. A thread that leaves frees its slot first, and then looks into the queue.
 * Both are sequentially consistent, so the thread that comes second sees the other (Dekker): a
 * request is never in the queue while all slots are free and no thread is about to take one.
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

  /** Takes the lowest free slot, or none. While all are taken, as under load, it only reads. */
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

  /** Whether the calling thread leads: a request that it waits for would wait for its slot. */
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
