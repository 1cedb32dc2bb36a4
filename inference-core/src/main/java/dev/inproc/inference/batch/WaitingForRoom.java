package dev.inproc.inference.batch;

import dev.inproc.inference.batch.RequestQueue.Admission;
import dev.inproc.inference.internal.concurrent.SpinLock;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Requests that wait for room, outside the queue: of blocked callers with {@code Overload.WAIT},
 * and all of a list but its first. Within a class of priority they enter in the order they came;
 * the classes take turns by the weights of {@link WeightedFairQueue}.
 *
 * <p>They fill three quarters of the queue, and so leave room for calls that do not wait. Where
 * such calls keep the queue fuller than that, the waiting requests get every second place that a
 * batch leaves.
 *
 * <p><b>No request is left outside.</b> A thread that brings a request puts it into the line first,
 * and then looks for room. A thread that lowers the queue's count does so first, and then looks
 * into the line. Both are sequentially consistent, so the thread that comes second sees the other.
 */
final class WaitingForRoom<I, O> {
  private final RequestQueue<Request<I, O>> queue;
  private final SpinLock lock = new SpinLock();
  private final int mostQueued;
  private final long mostLines;
  private final long maxLines;
  private final WeightedFairQueue<Request<I, O>> line =
      new WeightedFairQueue<>(); // under the lock, as is the head
  private @Nullable Request<I, O> head; // next to go in
  private volatile boolean occupied; // false only if the line is empty

  WaitingForRoom(RequestQueue<Request<I, O>> queue) {
    this.queue = queue;
    mostQueued = queue.capacity() - queue.capacity() / 4;
    maxLines = RequestQueue.lines(queue.capacityBytes());
    mostLines = maxLines - maxLines / 4;
  }

  /**
   * Admits a request if there is room and no other waits for it, as {@link RequestQueue#admit}
   * does.
   */
  Admission tryAdmit(Request<I, O> request) {
    return occupied ? Admission.TOO_MANY : admit(request);
  }

  private Admission admit(Request<I, O> request) {
    long lines = RequestQueue.lines(request.bytes());
    return lines > mostLines
        ? queue.admit(lines, 1, maxLines, request.isPartOfList()) // alone
        : queue.admit(lines, mostQueued, mostLines, request.isPartOfList());
  }

  /** Puts a request at the end of the line; {@link #refill} is to follow. */
  void add(Request<I, O> request) {
    lock.enter();
    try {
      line.add(request);
      occupied = true;
    } finally {
      lock.leave();
    }
  }

  boolean isOccupied() {
    return occupied;
  }

  /**
   * Counts out the requests that were taken from the queue, and lets requests outside take half of
   * their places.
   *
   * @return whether any came in
   */
  boolean replace(int taken, long lines) {
    if (!occupied || queue.isClosed()) {
      queue.leave(taken, lines);
      return false;
    }
    lock.enter();
    try {
      return replaceHalf(taken, lines);
    } finally {
      lock.leave();
    }
  }

  private boolean replaceHalf(int taken, long lines) {
    int places = (taken + 1) / 2;
    int entered = 0;
    long left = lines;
    while (entered < places) {
      Request<I, O> next = next();
      if (next == null || RequestQueue.lines(next.bytes()) > left) {
        break;
      }
      head = null;
      if (next.enter()) {
        left -= RequestQueue.lines(next.bytes());
        entered++;
        queue.offer(next);
      }
    }
    queue.leave(taken - entered, left);
    return entered > 0;
  }

  /**
   * Lets in the requests for which there is room.
   *
   * @param refused gets the requests to be refused, since the queue is closed
   * @return whether any came in
   */
  boolean refill(List<Request<I, O>> refused) {
    lock.enter();
    try {
      return letIn(refused);
    } finally {
      lock.leave();
    }
  }

  private boolean letIn(List<Request<I, O>> refused) {
    boolean entered = false;
    for (Request<I, O> next = next(); next != null; next = next()) {
      Admission admission = admit(next);
      if (admission == Admission.CLOSED) {
        refused.add(next);
      } else if (admission != Admission.ADMITTED) {
        return entered;
      } else if (next.enter()) {
        queue.offer(next);
        entered = true;
      } else {
        queue.leave(1, RequestQueue.lines(next.bytes()));
      }
      head = null;
    }
    return entered;
  }

  /** Takes every request out. */
  List<Request<I, O>> removeAll() {
    List<Request<I, O>> all = new ArrayList<>();
    lock.enter();
    try {
      for (Request<I, O> next = next(); next != null; next = next()) {
        all.add(next);
        head = null;
      }
    } finally {
      lock.leave();
    }
    return all;
  }

  /** The next request to go in, or null if none waits. */
  private @Nullable Request<I, O> next() {
    Request<I, O> next = head;
    if (next == null || next.isGone()) {
      next = line.poll();
      head = next;
      occupied = next != null;
    }
    return next;
  }
}
