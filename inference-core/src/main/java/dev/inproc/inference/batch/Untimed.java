package dev.inproc.inference.batch;

import dev.inproc.inference.CallOptions.Priority;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Requests without a deadline. Next is the one whose age, times the weight of its class, is
 * greatest: 8 for high, 4 for normal, 1 for low. Within a class this is the order they came in; a
 * class waits at most as many times longer than another as the other weighs more; and since an age
 * grows without bound while newcomers start at zero, nothing starves. Known as the accumulating
 * priority queue (Kleinrock 1964; Stanford, Taylor and Ziedins 2014).
 */
final class Untimed<R extends Waiting> {
  private static final Priority[] CLASSES = Priority.values();

  private final Fifo<R> low = new Fifo<>();
  private final Fifo<R> normal = new Fifo<>();
  private final Fifo<R> high = new Fifo<>();

  /** What a class weighs. */
  static int weight(Priority priority) {
    return switch (priority) {
      case LOW -> 1;
      case NORMAL -> 4;
      case HIGH -> 8;
    };
  }

  void add(R request) {
    of(request.priority()).add(request);
  }

  /** Those waiting; gone ones may still be counted. */
  int size() {
    return low.size() + normal.size() + high.size();
  }

  /** The bytes that this many requests have on average. */
  long meanBytes(int rows) {
    int all = size();
    return all == 0
        ? 0
        : (long) ((double) (low.bytes() + normal.bytes() + high.bytes()) / all * rows);
  }

  boolean isEmpty() {
    return low.peek() == null && normal.peek() == null && high.peek() == null;
  }

  /** The age of the oldest, or -1 if there is none. */
  long oldestAge(long nowNanos) {
    long oldest = -1;
    for (Priority each : CLASSES) {
      R head = of(each).peek();
      if (head != null) {
        oldest = Math.max(oldest, age(head, nowNanos));
      }
    }
    return oldest;
  }

  /** Moves up to so many requests into a batch; returns how many. */
  int take(int most, long nowNanos, List<R> batch) {
    int taken = 0;
    while (taken < most) {
      Fifo<R> next = next(nowNanos);
      if (next == null) {
        break;
      }
      batch.add(next.poll());
      taken++;
    }
    return taken;
  }

  private @Nullable Fifo<R> next(long nowNanos) {
    if (low.size() == 0 && high.size() == 0) {
      return normal.peek() == null ? null : normal; // the usual case, for speed
    }
    Fifo<R> best = null;
    double greatest = -1;
    for (int i = CLASSES.length - 1; i >= 0; i--) {
      Fifo<R> fifo = of(CLASSES[i]);
      R head = fifo.peek();
      if (head != null) {
        // One nanosecond more, so that classes differ among those that came this moment.
        double urgency = weight(CLASSES[i]) * (age(head, nowNanos) + 1.0);
        if (urgency > greatest) {
          greatest = urgency;
          best = fifo;
        }
      }
    }
    return best;
  }

  private static long age(Waiting request, long nowNanos) {
    return Math.max(0, nowNanos - request.arrivalNanos());
  }

  void purge() {
    low.purge();
    normal.purge();
    high.purge();
  }

  private Fifo<R> of(Priority priority) {
    return switch (priority) {
      case LOW -> low;
      case NORMAL -> normal;
      case HIGH -> high;
    };
  }
}
