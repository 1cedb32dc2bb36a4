package dev.inproc.inference.batch;

import dev.inproc.inference.internal.calls.PriorityTurns;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Requests without a deadline. Within a class of priority they leave in the order they came, and
 * the classes take turns, row by row ({@link PriorityTurns}).
 */
final class WeightedFairQueue<R extends QueuedRequest> {
  private static final int CLASSES = PriorityTurns.CLASSES;

  private final List<RequestRing<R>> fifos =
      List.of(new RequestRing<>(), new RequestRing<>(), new RequestRing<>());
  private final PriorityTurns turns = new PriorityTurns();

  void add(R request) {
    fifos.get(PriorityTurns.rank(request.priority())).add(request);
  }

  /** The number of waiting requests; withdrawn ones may still be counted. */
  int size() {
    return fifos.get(0).size() + fifos.get(1).size() + fifos.get(2).size();
  }

  /** The bytes that this many requests have on average. */
  long meanBytes(int rows) {
    int all = size();
    double bytes = (double) fifos.get(0).bytes() + fifos.get(1).bytes() + fifos.get(2).bytes();
    return all == 0 ? 0 : (long) (bytes / all * rows);
  }

  /** Whether there is no live request. */
  boolean isEmpty() {
    for (int i = 0; i < CLASSES; i++) {
      if (fifos.get(i).peek() != null) {
        return false;
      }
    }
    return true;
  }

  /** The age of the oldest, or 0 if there is none. */
  long oldestAge(long nowNanos) {
    long oldest = 0;
    for (int i = 0; i < CLASSES; i++) {
      R head = fifos.get(i).peek();
      if (head != null) {
        oldest = Math.max(oldest, nowNanos - head.arrivalNanos());
      }
    }
    return oldest;
  }

  /** Moves up to this many requests into a batch; returns how many. */
  int take(int most, List<R> batch) {
    RequestRing<R> only = only();
    if (only != null) {
      turns.reset();
      return only.take(most, batch);
    }
    int taken = 0;
    while (taken < most) {
      RequestRing<R> next = next();
      if (next == null) {
        break;
      }
      batch.add(next.poll());
      taken++;
    }
    return taken;
  }

  /** The ring that holds every waiting request, if one does. */
  private @Nullable RequestRing<R> only() {
    RequestRing<R> only = null;
    for (int i = 0; i < CLASSES; i++) {
      if (fifos.get(i).size() > 0) {
        if (only != null) {
          return null;
        }
        only = fifos.get(i);
      }
    }
    return only;
  }

  private @Nullable RequestRing<R> next() {
    int next = turns.next(rank -> fifos.get(rank).peek() != null);
    return next == PriorityTurns.NONE ? null : fifos.get(next);
  }

  /** Takes out the newest evictable request of a class; null if there is none. */
  @Nullable R pollEvictable(int ofClass) {
    return fifos.get(ofClass).pollEvictable();
  }

  /** Takes the next live request out; null if there is none. */
  @Nullable R poll() {
    RequestRing<R> next = next();
    return next == null ? null : next.poll();
  }

  void purge() {
    fifos.forEach(RequestRing::purge);
  }
}
