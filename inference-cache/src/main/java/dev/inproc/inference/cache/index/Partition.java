package dev.inproc.inference.cache.index;

import dev.inproc.inference.internal.concurrent.SpinLock;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * The entries of one scope, dense: removal moves the last entry into the gap. So a look-up reads no
 * empty places, and churn leaves none.
 *
 * <p>Writers take a lock for less than a microsecond. Readers take none. A reader could miss an
 * entry that moves from a place that it has still to read to one that it has read. So a move is
 * linked to the move before it, first of all; the reader remembers the last completed move before
 * it reads, and afterwards compares the entries of all moves since. Moves that no reader remembers
 * are garbage.
 *
 * @param <E> an entry
 */
final class Partition<E> implements Stored.Home<E> {
  private static final int FIRST_CAPACITY = 4;
  private static final int GROWTH = 4; // the capacities 4, 16, ... 1024

  final Object key;
  private final Object index;
  private final LongAdder blockBytes;
  private final BiConsumer<Partition<E>, Removal> onRemoved;
  private final SpinLock lock = new SpinLock();
  private volatile Block<E>[] blocks; // never changed, but replaced
  private volatile int count;
  private volatile Move<E> lastMove = new Move<>(null);
  private boolean vanished; // under the lock

  /** An entry that has got another place. */
  private static final class Move<E> {
    final @Nullable Stored<E> stored;
    volatile @Nullable Move<E> next;

    Move(@Nullable Stored<E> stored) {
      this.stored = stored;
    }
  }

  /**
   * Makes an empty one.
   *
   * @param index that it is a part of
   * @param blockBytes counts the bytes of its blocks
   * @param onRemoved is called after each removal, without the lock
   */
  @SuppressWarnings({"unchecked", "rawtypes"}) // a generic array
  Partition(
      Object index, Object key, LongAdder blockBytes, BiConsumer<Partition<E>, Removal> onRemoved) {
    this.key = key;
    this.index = index;
    this.blockBytes = blockBytes;
    this.onRemoved = onRemoved;
    blocks = new Block[0];
  }

  /** Returns null if the partition has become empty and is no longer used. */
  @Nullable Stored<E> insert(Query query, E entry) {
    Stored<E> stored = new Stored<>(query.unit, this, entry);
    lock.enter();
    try {
      if (vanished) {
        return null;
      }
      int position = count;
      stored.position = position;
      blockFor(position).put(position % Block.FULL, query.sketch, stored);
      count = position + 1;
      return stored;
    } finally {
      lock.leave();
    }
  }

  /** Returns the block of the place behind the last, which it makes if there is none. */
  private Block<E> blockFor(int position) {
    int number = position / Block.FULL;
    if (number == blocks.length) {
      return set(number, new Block<>(number == 0 ? FIRST_CAPACITY : Block.FULL));
    }
    Block<E> block = blocks[number];
    if (position % Block.FULL < block.capacity) {
      return block;
    }
    return set(number, block.resized(GROWTH * block.capacity, block.capacity));
  }

  /** Readers keep the array that they have: a change makes another. */
  private Block<E> set(int number, Block<E> block) {
    long replaced = number < blocks.length ? Block.bytes(blocks[number].capacity) : 0;
    Block<E>[] changed = Arrays.copyOf(blocks, Math.max(blocks.length, number + 1));
    changed[number] = block;
    blocks = changed;
    blockBytes.add(Block.bytes(block.capacity) - replaced);
    return block;
  }

  private void dropLast() {
    int last = blocks.length - 1;
    blockBytes.add(-Block.bytes(blocks[last].capacity));
    blocks = Arrays.copyOf(blocks, last);
  }

  /** What a removal has done. */
  enum Removal {
    NOTHING,
    REMOVED,
    /** The entry was the last: the partition is no longer used. */
    VANISHED
  }

  @Override
  public Object index() {
    return index;
  }

  @Override
  public boolean removes(Stored<E> stored) {
    Removal removal = remove(stored);
    if (removal == Removal.NOTHING) {
      return false;
    }
    onRemoved.accept(this, removal);
    return true;
  }

  Removal remove(Stored<E> stored) {
    lock.enter();
    try {
      if (stored.position == Stored.REMOVED) {
        return Removal.NOTHING;
      }
      int last = count - 1;
      if (stored.position == last) {
        block(last).clear(last % Block.FULL);
        count = last;
      } else {
        move(last, stored.position);
      }
      stored.position = Stored.REMOVED;
      stored.entry = null;
      vanished = last == 0;
      shrink();
      return vanished ? Removal.VANISHED : Removal.REMOVED;
    } finally {
      lock.leave();
    }
  }

  private void move(int from, int to) {
    Block<E> source = block(from);
    Stored<E> moved = stored(source, from);
    Move<E> move = new Move<>(moved);
    lastMove.next = move;
    VarHandle.releaseFence(); // a reader that sees any of the following sees the link
    block(to).move(to % Block.FULL, source, from % Block.FULL, moved);
    moved.position = to;
    source.clear(from % Block.FULL);
    count = from;
    lastMove = move;
  }

  /** Gives memory back, late enough that the next insertions do not need it again. */
  private void shrink() {
    int entries = count;
    int places = (blocks.length - 1) * Block.FULL; // without the last block
    if (entries == 0 || entries + Block.FULL / 2 <= places) {
      dropLast();
    } else if (places == 0) {
      Block<E> first = blocks[0];
      if (first.capacity > FIRST_CAPACITY && entries <= first.capacity / (2 * GROWTH)) {
        set(0, first.resized(first.capacity / GROWTH, entries));
      }
    }
  }

  private Block<E> block(int position) {
    return blocks[position / Block.FULL];
  }

  @SuppressWarnings("NullAway") // under the lock each place below count is filled
  private Stored<E> stored(Block<E> block, int position) {
    return block.get(position % Block.FULL);
  }

  List<Neighbour<E>> nearest(Query query, int k) {
    if (count == 0) {
      return List.of();
    }
    Reading reading = new Reading(query, k);
    while (reading.readBlock()) {}
    return reading.finish();
  }

  /** One look-up, block by block. */
  final class Reading {
    private final Move<E> before = lastMove;
    private final int entries = count;
    private final Block<E>[] read = blocks;
    private final Search<E> search;
    private int next;

    Reading(Query query, int k) {
      search = new Search<>(query, k, entries);
    }

    /** Reads the next block; returns false if there is none. */
    boolean readBlock() {
      int left = entries - next * Block.FULL;
      if (left <= 0 || next == read.length) {
        return false;
      }
      Block<E> block = read[next++];
      search.scan(block, Math.min(left, block.capacity));
      return true;
    }

    List<Neighbour<E>> finish() {
      VarHandle.acquireFence(); // what has been read was there before the links read below
      for (Move<E> move = before.next; move != null; move = move.next) {
        search.compare(move.stored);
      }
      return search.finish();
    }
  }
}
