package dev.inproc.inference.internal.experiment;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * Which keys were seen, by their 64-bit hashes, each with the number under which it came. Keys
 * whose hashes are equal are one: of a million keys, one pair in 37 million experiments.
 *
 * <p>{@link #has} may run on any thread. Whatever else is guarded by the owner's lock. The table is
 * in segments, so that no caller waits while all of it is copied.
 */
public final class ExposedKeys {
  private static final VarHandle HASHES = MethodHandles.arrayElementVarHandle(long[].class);
  private static final int SEGMENTS = 64;
  private static final int FIRST_SLOTS = 64;
  private static final int SEGMENT_SHIFT =
      32; // the high bits decide the arm, the low ones the slot
  private static final long BYTES_PER_SLOT = Long.BYTES + Integer.BYTES;

  private final Segment[] segments = new Segment[SEGMENTS];
  private int count;

  /** Creates an empty set. */
  public ExposedKeys() {
    for (int i = 0; i < SEGMENTS; i++) {
      segments[i] = new Segment();
    }
  }

  private static final class Segment {
    private volatile Table table = new Table(FIRST_SLOTS);
    private int count;
  }

  /** Open addressing, at most half full; a hash of 0 is an empty slot. */
  private static final class Table {
    private final long[] hashes;
    private final int[] numbers;

    Table(int slots) {
      hashes = new long[slots];
      numbers = new int[slots];
    }

    /** Returns the slot of a hash, or the empty one where it belongs. */
    int slot(long hash) {
      int mask = hashes.length - 1;
      int slot = (int) hash & mask;
      while (true) {
        long there = (long) HASHES.getOpaque(hashes, slot);
        if (there == hash || there == 0) {
          return slot;
        }
        slot = (slot + 1) & mask;
      }
    }

    void put(long hash, int number) {
      int slot = slot(hash);
      numbers[slot] = number;
      HASHES.setOpaque(hashes, slot, hash);
    }
  }

  private Segment segment(long hash) {
    return segments[(int) (hash >>> SEGMENT_SHIFT) & (SEGMENTS - 1)];
  }

  private static long stored(long hash) {
    return hash == 0 ? 1 : hash;
  }

  /** Returns whether a key was added; false for one that another thread adds just now. */
  public boolean has(long hash) {
    long key = stored(hash);
    Table table = segment(key).table;
    return (long) HASHES.getOpaque(table.hashes, table.slot(key)) == key;
  }

  /** Returns the number of a key, from 0; -1 if it was not added. */
  public int number(long hash) {
    long key = stored(hash);
    Table table = segment(key).table;
    int slot = table.slot(key);
    return table.hashes[slot] == key ? table.numbers[slot] : -1;
  }

  /** Adds a key that is not there; it gets the next number. */
  public void add(long hash) {
    long key = stored(hash);
    Segment segment = segment(key);
    Table table = segment.table;
    if (2 * (segment.count + 1) > table.hashes.length) {
      Table larger = new Table(2 * table.hashes.length);
      for (int i = 0; i < table.hashes.length; i++) {
        if (table.hashes[i] != 0) {
          larger.put(table.hashes[i], table.numbers[i]);
        }
      }
      segment.table = larger;
      table = larger;
    }
    table.put(key, count++);
    segment.count++;
  }

  /** Returns how many keys were added. */
  public int count() {
    return count;
  }

  /** Returns about how much memory this takes. */
  public long bytes() {
    long slots = 0;
    for (Segment segment : segments) {
      slots += segment.table.hashes.length;
    }
    return slots * BYTES_PER_SLOT;
  }
}
