package dev.inproc.inference.batch;

import dev.inproc.inference.internal.calls.PriorityTurns;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/**
 * Requests with a deadline. The earliest few stand sorted in a window, which is as far as a plan
 * looks ahead; the others stand in a heap behind it. No deadline of the window is later than one of
 * the heap. A request that comes in the order of deadlines, as with one timeout for all, costs
 * constant time; any other costs a search and a move within the window, or the heap's logarithm.
 */
final class DeadlineQueue<R extends QueuedRequest> {
  private final int lookAhead;
  private @Nullable QueuedRequest[] window = new QueuedRequest[16];
  private int count;
  private @Nullable QueuedRequest[] heap = new QueuedRequest[16];
  private int heaped;
  private long mostBytes;

  DeadlineQueue(int lookAhead) {
    this.lookAhead = lookAhead;
  }

  /** The number of waiting requests; withdrawn ones may still be counted. */
  int size() {
    return count + heaped;
  }

  /** The number of requests in the window. */
  int count() {
    return count;
  }

  /** The request at a place of the window; earliest deadline first, then as they came. */
  @SuppressWarnings({"unchecked", "NullAway"}) // within count there are requests of add's alone
  R at(int index) {
    return (R) window[index];
  }

  void add(R request) {
    mostBytes = Math.max(mostBytes, request.bytes());
    if (heaped > 0 && (count == 0 || !isBefore(request, at(count - 1)))) {
      push(request);
      return;
    }
    if (count == lookAhead) {
      R last = at(count - 1);
      if (!isBefore(request, last)) {
        push(request);
        return;
      }
      push(last);
      count--;
    }
    insert(request);
  }

  private void insert(R request) {
    int from = 0;
    int to = count;
    if (count > 0 && !isBefore(request, at(count - 1))) {
      from = count;
    }
    while (from < to) {
      int middle = (from + to) >>> 1;
      if (isBefore(request, at(middle))) {
        to = middle;
      } else {
        from = middle + 1;
      }
    }
    growTo(count + 1);
    System.arraycopy(window, from, window, from + 1, count - from);
    window[from] = request;
    count++;
  }

  /**
   * Prepares the window for a plan: drops withdrawn requests, moves requests that can no longer be
   * met into a list, and fills up from the heap.
   *
   * @param cost the cost of runs; if unknown, only deadlines that have passed are unmeetable
   * @param luck the quantile of the cost of a run alone that a request must have time for
   */
  void refresh(long nowNanos, CostPredictor cost, double luck, List<R> unmeetable) {
    int looked = 0;
    int kept = 0;
    // Most requests have time enough for the largest one; only the others need their own cost.
    double longest = cost.isKnown() ? cost.nanos(1, mostBytes, luck) : 0;
    while (true) {
      for (; looked < count; looked++) {
        R request = at(looked);
        if (request.isGone()) {
          continue;
        }
        long left = request.deadlineNanos() - nowNanos;
        if (left <= 0 || (left < longest && left < cost.nanos(1, request.bytes(), luck))) {
          unmeetable.add(request);
        } else {
          window[kept++] = request;
        }
      }
      Arrays.fill(window, kept, count, null);
      count = kept;
      looked = kept;
      if (heaped == 0 || count == lookAhead) {
        return;
      }
      fillUp();
    }
  }

  /** Moves the requests that a plan has chosen into a batch, the earliest deadline first. */
  void take(IntPredicate isChosen, List<R> batch) {
    int kept = 0;
    for (int i = 0; i < count; i++) {
      if (isChosen.test(i)) {
        batch.add(at(i));
      } else {
        window[kept++] = window[i];
      }
    }
    Arrays.fill(window, kept, count, null);
    count = kept;
  }

  /** Takes every request out. */
  void removeAll(List<R> all) {
    for (int i = 0; i < count; i++) {
      all.add(at(i));
    }
    Arrays.fill(window, 0, count, null);
    count = 0;
    while (heaped > 0) {
      all.add(pop());
    }
  }

  void purge() {
    int kept = 0;
    for (int i = 0; i < count; i++) {
      R request = at(i);
      if (!request.isGone()) {
        window[kept++] = request;
      }
    }
    Arrays.fill(window, kept, count, null);
    count = kept;
    purgeHeap();
    fillUp();
  }

  private void fillUp() {
    growTo(Math.min(lookAhead, count + heaped));
    while (count < lookAhead && heaped > 0) {
      window[count++] = pop();
    }
  }

  private void growTo(int size) {
    if (size > window.length) {
      window = Arrays.copyOf(window, Math.max(size, Math.min(lookAhead, 2 * window.length)));
    }
  }

  /** Takes out an evictable request of a class, a late deadline first; null if there is none. */
  @Nullable R pollEvictable(int ofClass) {
    for (int i = heaped - 1; i >= 0; i--) {
      R request = heaped(i);
      if (isEvictable(request, ofClass)) {
        R last = heaped(--heaped);
        heap[heaped] = null;
        if (i < heaped) {
          siftDown(i, last);
          siftUp(i, heaped(i));
        }
        return request;
      }
    }
    for (int i = count - 1; i >= 0; i--) {
      R request = at(i);
      if (isEvictable(request, ofClass)) {
        System.arraycopy(window, i + 1, window, i, count - i - 1);
        window[--count] = null;
        return request;
      }
    }
    return null;
  }

  private static boolean isEvictable(QueuedRequest request, int ofClass) {
    return PriorityTurns.rank(request.priority()) == ofClass
        && !request.isGone()
        && request.isEvictable();
  }

  /** Compares by difference, since the origin of the clock is arbitrary. */
  private static boolean isBefore(QueuedRequest a, QueuedRequest b) {
    return a.deadlineNanos() - b.deadlineNanos() < 0;
  }

  // ---- the heap, by deadline and then arrival ----

  private void push(R request) {
    if (heaped == heap.length) {
      purgeHeap();
      if (heaped > heap.length / 2) {
        heap = Arrays.copyOf(heap, 2 * heap.length);
      }
    }
    siftUp(heaped++, request);
  }

  private R pop() {
    R first = heaped(0);
    R last = heaped(--heaped);
    heap[heaped] = null;
    if (heaped > 0) {
      siftDown(0, last);
    }
    return first;
  }

  private void purgeHeap() {
    int kept = 0;
    for (int i = 0; i < heaped; i++) {
      R request = heaped(i);
      if (!request.isGone()) {
        heap[kept++] = request;
      }
    }
    Arrays.fill(heap, kept, heaped, null);
    heaped = kept;
    for (int i = heaped / 2 - 1; i >= 0; i--) {
      siftDown(i, heaped(i));
    }
  }

  private void siftUp(int hole, R request) {
    while (hole > 0) {
      int parent = (hole - 1) >>> 1;
      R above = heaped(parent);
      if (!isEarlier(request, above)) {
        break;
      }
      heap[hole] = above;
      hole = parent;
    }
    heap[hole] = request;
  }

  private void siftDown(int hole, R request) {
    while (2 * hole + 1 < heaped) {
      int child = 2 * hole + 1;
      if (child + 1 < heaped && isEarlier(heaped(child + 1), heaped(child))) {
        child++;
      }
      if (!isEarlier(heaped(child), request)) {
        break;
      }
      heap[hole] = heaped(child);
      hole = child;
    }
    heap[hole] = request;
  }

  private static boolean isEarlier(QueuedRequest a, QueuedRequest b) {
    long difference = a.deadlineNanos() - b.deadlineNanos();
    return difference < 0 || (difference == 0 && a.arrivalNanos() - b.arrivalNanos() < 0);
  }

  @SuppressWarnings({"unchecked", "NullAway"}) // within heaped there are requests of add's alone
  private R heaped(int index) {
    return (R) heap[index];
  }
}
