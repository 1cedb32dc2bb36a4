package dev.inproc.inference.batch;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import org.jctools.queues.varhandle.MpscVarHandleArrayQueue;

/**
 * Where requests come in: a bounded ring of many producers and one consumer (JCTools), and one word
 * that counts what waits. The word holds a flag for closed in its sign, then the number of
 * requests, then their size in lines of 64 bytes, so that admission is one atomic add: added first
 * and looked at afterwards; who finds too much takes his own share back.
 *
 * <p>A request counts from its admission until it is taken or leaves. One that left may still sit
 * in the ring until it is drained, so the ring can be full while the count is not; then, and for
 * callers who wait for room, requests go to an unbounded queue beside it.
 */
final class Intake<R> {
  private static final int LINES_BITS = 40; // 64 TiB, more than callers can add before taking back
  private static final int LINE_BITS = 6;
  private static final long ONE = 1L << LINES_BITS;
  private static final long CLOSED = Long.MIN_VALUE;

  /** The largest limits, half of what the word can count. */
  static final int MOST_QUEUED = 1 << 22;

  static final long MOST_BYTES = 1L << (LINES_BITS - 1 + LINE_BITS);

  private static final int LARGEST_RING = 1 << 16;

  private final Word load = new Word();
  private final MpscVarHandleArrayQueue<R> ring;
  private final Queue<R> besides = new ConcurrentLinkedQueue<>();
  private final LongAdder offeredBesides = new LongAdder();
  private final int maxQueued;
  private final long maxLines;

  /** Written by every caller, so alone on its cache line. */
  private static final class Word extends AtomicLong {
    private static final long serialVersionUID = 1L;

    @SuppressWarnings("unused")
    private transient long p1, p2, p3, p4, p5, p6, p7, p8, p9, p10, p11, p12, p13, p14, p15;
  }

  /** What became of an admission. */
  enum Admission {
    ADMITTED,
    OVERLOADED,
    CLOSED
  }

  Intake(int maxQueued, long maxBytes) {
    this.maxQueued = maxQueued;
    maxLines = lines(maxBytes);
    ring = new MpscVarHandleArrayQueue<>(Math.min(Math.max(2, maxQueued), LARGEST_RING));
  }

  /** The size of a request of so many bytes. */
  static long lines(long bytes) {
    return (bytes + (1 << LINE_BITS) - 1) >>> LINE_BITS;
  }

  /**
   * Counts so many requests in, all or none.
   *
   * @param lines their sizes' sum
   * @param patient whether they go in past the limits too
   */
  Admission admit(int requests, long lines, boolean patient) {
    long share = requests * ONE + lines;
    long after = load.addAndGet(share);
    if (after < 0) {
      load.addAndGet(-share);
      return Admission.CLOSED;
    }
    if (!patient && (count(after) > maxQueued || (after & (ONE - 1)) > maxLines)) {
      load.addAndGet(-share);
      return Admission.OVERLOADED;
    }
    return Admission.ADMITTED;
  }

  /** Puts in what was admitted. */
  void offer(R request) {
    if (!ring.offer(request)) {
      besides.add(request);
      offeredBesides.increment();
    }
  }

  /** How many were put in so far. */
  long offered() {
    return ring.currentProducerIndex() + offeredBesides.sum();
  }

  /** Counts out what was taken or has left. */
  void leave(int requests, long lines) {
    load.addAndGet(-(requests * ONE + lines));
  }

  /** Hands over everything that is in; one thread at a time. */
  void drain(Consumer<? super R> consumer) {
    R next;
    while ((next = ring.poll()) != null) {
      consumer.accept(next);
    }
    while ((next = besides.poll()) != null) {
      consumer.accept(next);
    }
  }

  /** Whether something is in that was not drained. */
  boolean hasArrivals() {
    return !ring.isEmpty() || !besides.isEmpty();
  }

  /** Admits no more. Returns false if it was closed before. */
  boolean close() {
    long seen;
    do {
      seen = load.get();
      if (seen < 0) {
        return false;
      }
    } while (!load.compareAndSet(seen, seen | CLOSED));
    return true;
  }

  boolean isClosed() {
    return load.get() < 0;
  }

  /** How many wait, admitted and not yet taken. */
  int waiting() {
    return count(load.get());
  }

  long waitingBytes() {
    return (load.get() & (ONE - 1)) << LINE_BITS;
  }

  /** Whether nobody waits and it is open: what a lone caller asks. */
  boolean isOpenAndEmpty() {
    return load.get() == 0;
  }

  int capacity() {
    return maxQueued;
  }

  private static int count(long word) {
    return (int) ((word & ~CLOSED) >>> LINES_BITS);
  }
}
