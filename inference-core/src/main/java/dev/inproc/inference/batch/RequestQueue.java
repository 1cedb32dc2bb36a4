package dev.inproc.inference.batch;

import dev.inproc.inference.CallOptions.Priority;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import org.jctools.queues.varhandle.MpscVarHandleArrayQueue;

/**
 * Where requests come in: a bounded ring of many producers and one consumer (JCTools), and one word
 * that counts what waits. The word holds a flag for closed in its sign, then the number of
 * requests, then their size in lines of 64 bytes, so that admission is one atomic add. A caller
 * adds first and looks afterwards; if it finds too much, it takes its own share back.
 *
 * <p>A request counts from its admission until it is taken or leaves. A request that left may still
 * sit in the ring until it is drained, so the ring can be full while the count is not; then
 * requests go to an unbounded queue beside it.
 *
 * <p>The ring is small until it has been full once, so that an idle model costs little memory. The
 * large ring then takes its place for good; a request that comes late to the small one is drained
 * too.
 */
final class RequestQueue<R extends QueuedRequest> {
  private static final VarHandle RING;

  static {
    try {
      RING =
          MethodHandles.lookup()
              .findVarHandle(RequestQueue.class, "ring", MpscVarHandleArrayQueue.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private static final int LINES_BITS = 40; // 64 TiB, more than callers can add before taking back
  private static final int LINE_BITS = 6;
  private static final long ONE = 1L << LINES_BITS;
  private static final long CLOSED = Long.MIN_VALUE;

  /** The largest limits, half of what the word can count. */
  static final int MOST_QUEUED = 1 << 22;

  static final long MOST_BYTES = 1L << (LINES_BITS - 1 + LINE_BITS);

  private static final int FIRST_RING = 64;
  private static final int LARGEST_RING = 1 << 16;

  private final Word load = new Word();
  private final MpscVarHandleArrayQueue<R> first;
  private volatile MpscVarHandleArrayQueue<R> ring; // the first or the large one
  private final Queue<R> overflow = new ConcurrentLinkedQueue<>();
  private final LongAdder offeredBesides = new LongAdder();
  // Requests of the normal class, which is nearly all, are not counted apart.
  private final AtomicInteger low = new AtomicInteger();
  private final AtomicInteger high = new AtomicInteger();
  private final int maxQueued;
  private final long maxBytes;
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
    /** As many requests wait as may. */
    TOO_MANY,
    /** As many bytes wait as may. */
    TOO_LARGE,
    CLOSED
  }

  RequestQueue(int maxQueued, long maxBytes) {
    this.maxQueued = maxQueued;
    this.maxBytes = maxBytes;
    maxLines = lines(maxBytes);
    first = new MpscVarHandleArrayQueue<>(Math.min(Math.max(2, maxQueued), FIRST_RING));
    ring = first;
  }

  /** The size in lines of a request of this many bytes. */
  static long lines(long bytes) {
    return (bytes + (1 << LINE_BITS) - 1) >>> LINE_BITS;
  }

  /** Counts a request in if there is room for it. */
  Admission admit(long lines) {
    return admit(lines, maxQueued, maxLines, false);
  }

  /**
   * Counts a request in if there is room for it within narrower limits.
   *
   * @param evenClosed whether it is part of what was accepted before this was closed
   */
  Admission admit(long lines, int mostQueued, long mostLines, boolean evenClosed) {
    long after = load.addAndGet(ONE + lines);
    if (after < 0 && !evenClosed) {
      load.addAndGet(-(ONE + lines));
      return Admission.CLOSED;
    }
    boolean tooMany = count(after) > mostQueued;
    if (tooMany || (after & (ONE - 1)) > mostLines) {
      load.addAndGet(-(ONE + lines));
      return tooMany ? Admission.TOO_MANY : Admission.TOO_LARGE;
    }
    return Admission.ADMITTED;
  }

  /** Counts a request in for which room is to be made; false if this is closed. */
  boolean force(long lines) {
    if (load.addAndGet(ONE + lines) < 0) {
      load.addAndGet(-(ONE + lines));
      return false;
    }
    return true;
  }

  /** Puts in a request that was admitted. */
  void offer(R request) {
    Priority priority = request.priority();
    if (priority != Priority.NORMAL) {
      (priority == Priority.LOW ? low : high).incrementAndGet();
    }
    MpscVarHandleArrayQueue<R> here = ring;
    if (!here.offer(request)) {
      spill(here, request);
    }
  }

  private void spill(MpscVarHandleArrayQueue<R> full, R request) {
    if (full == first && maxQueued > first.capacity() && enlarge().offer(request)) {
      return;
    }
    offeredBesides.increment(); // first, so that no outcome is counted before its request
    overflow.add(request);
  }

  /** Two threads may make a ring at once; one of the rings is taken. */
  private MpscVarHandleArrayQueue<R> enlarge() {
    if (ring == first) {
      RING.compareAndSet(
          this, first, new MpscVarHandleArrayQueue<>(Math.min(maxQueued, LARGEST_RING)));
    }
    return ring;
  }

  /** The number of requests put in so far. */
  long offered() {
    MpscVarHandleArrayQueue<R> here = ring;
    long later = here == first ? 0 : here.currentProducerIndex();
    return first.currentProducerIndex() + later + offeredBesides.sum();
  }

  /** Counts out requests that were taken or have left; call {@link #leaveClass} for each. */
  void leave(int requests, long lines) {
    load.addAndGet(-(requests * ONE + lines));
  }

  /** Counts a request out of its class. */
  void leaveClass(R request) {
    Priority priority = request.priority();
    if (priority != Priority.NORMAL) {
      (priority == Priority.LOW ? low : high).decrementAndGet();
    }
  }

  /** Whether requests of a lower class wait. */
  boolean waitsBelow(Priority priority) {
    return switch (priority) {
      case LOW -> false;
      case NORMAL -> low.get() > 0;
      case HIGH -> waiting() - high.get() > 0;
    };
  }

  /** Whether the bytes that wait are within the limit. */
  boolean fitsInBytes() {
    return (load.get() & (ONE - 1)) <= maxLines;
  }

  /** Hands over every request that is in; one thread at a time. */
  void drain(Consumer<? super R> consumer) {
    MpscVarHandleArrayQueue<R> here = ring;
    drain(first, consumer);
    if (here != first) {
      drain(here, consumer);
    }
    R next;
    while ((next = overflow.poll()) != null) {
      consumer.accept(next);
    }
  }

  private static <R> void drain(MpscVarHandleArrayQueue<R> queue, Consumer<? super R> consumer) {
    R next;
    while ((next = queue.poll()) != null) {
      consumer.accept(next);
    }
  }

  /** Whether a request is in that was not drained. */
  boolean hasArrivals() {
    MpscVarHandleArrayQueue<R> here = ring;
    return !here.isEmpty() || (here != first && !first.isEmpty()) || !overflow.isEmpty();
  }

  /** Admits no more requests. Returns false if it was closed before. */
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

  /** The number of requests that wait: admitted and not yet taken. */
  int waiting() {
    return count(load.get());
  }

  long waitingBytes() {
    return (load.get() & (ONE - 1)) << LINE_BITS;
  }

  /** Whether no request waits and it is open: what a lone caller asks. */
  boolean isOpenAndEmpty() {
    return load.get() == 0;
  }

  int capacity() {
    return maxQueued;
  }

  long capacityBytes() {
    return maxBytes;
  }

  private static int count(long word) {
    return (int) ((word & ~CLOSED) >>> LINES_BITS);
  }
}
