package dev.inproc.inference.batch;

import dev.inproc.inference.internal.concurrent.SpinLock;
import dev.inproc.inference.internal.concurrent.Timer;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The {@link BatchPolicy} and the consuming end of the {@link RequestQueue}. They are used only
 * inside the {@link SpinLock}, whose leaving and entering order one holder after the other. While a
 * thread is inside, it completes no request, starts no thread, and waits for nothing but the lock
 * of {@link WaitingForRoom}: the caller of a method does that afterwards.
 */
final class GatedPolicy<I, O> {
  /** The most withdrawn requests that are kept while no loop drains the queue. */
  private static final int MANY_GONE = 64;

  private final Timer timer;
  private final RequestQueue<Request<I, O>> queue;
  private final WaitingForRoom<I, O> outside;
  private final SpinLock gate = new SpinLock();
  private final BatchPolicy<Request<I, O>> policy; // inside the gate
  private final AtomicInteger goneQueued = new AtomicInteger();
  private volatile boolean hasUnclaimedWork;

  GatedPolicy(
      Timer timer,
      RequestQueue<Request<I, O>> queue,
      WaitingForRoom<I, O> outside,
      BatchPolicy<Request<I, O>> policy) {
    this.timer = timer;
    this.queue = queue;
    this.outside = outside;
    this.policy = policy;
  }

  /** Whether a thread without a slot drained requests into the policy; they need a wake-up. */
  boolean hasUnclaimedWork() {
    return hasUnclaimedWork;
  }

  /**
   * Chooses, for a thread that holds a slot.
   *
   * @return as {@link BatchPolicy#select} does
   */
  long choose(Choice<I, O> choice) {
    gate.enter();
    try {
      queue.drain(policy::add);
      hasUnclaimedWork = false;
      goneQueued.setPlain(0);
      long ask = policy.select(timer.nanoTime(), choice.batch, choice.unmeetable);
      boolean entered = take(choice.batch, true);
      entered |= take(choice.unmeetable, true);
      choice.reason = policy.reason();
      choice.isMoreLeft = entered || policy.size() > 0;
      return ask;
    } finally {
      gate.leave();
    }
  }

  /**
   * Takes requests out of the count, and out of the list each that has left meanwhile.
   *
   * @param replacing whether requests from outside may take the places
   * @return whether any did
   */
  private boolean take(List<Request<I, O>> requests, boolean replacing) {
    long lines = 0;
    int taken = 0;
    for (Request<I, O> request : requests) {
      if (request.take()) {
        lines += RequestQueue.lines(request.bytes());
        queue.leaveClass(request);
        requests.set(taken++, request);
      }
    }
    requests.subList(taken, requests.size()).clear();
    if (taken > 0 && replacing) {
      return outside.replace(taken, lines);
    }
    queue.leave(taken, lines);
    return false;
  }

  /**
   * Takes out requests of a lower class until one more request fits.
   *
   * @param lines the size of the request that is to fit; it is counted in already
   * @param evicted gets the requests taken out
   * @return whether it fits
   */
  boolean evict(int belowClass, long lines, List<Request<I, O>> evicted) {
    long freed = 0;
    boolean fits = false;
    gate.enter();
    try {
      queue.drain(policy::add);
      while (!fits) {
        Request<I, O> victim = policy.pollEvictable(belowClass);
        if (victim == null) {
          break;
        }
        if (victim.take()) {
          long own = RequestQueue.lines(victim.bytes());
          queue.leaveClass(victim);
          queue.leave(1, own);
          evicted.add(victim);
          freed += own;
          fits = freed >= lines || queue.fitsInBytes();
        }
      }
      hasUnclaimedWork = policy.size() > 0;
    } finally {
      gate.leave();
    }
    return fits;
  }

  /** Takes everything out into a list. */
  void removeAll(List<Request<I, O>> all) {
    gate.enter();
    try {
      queue.drain(policy::add);
      policy.removeAll(all);
      take(all, false);
    } finally {
      gate.leave();
    }
  }

  /**
   * Notes that a request has left the queue. After many it drops them: an engine that hangs while
   * callers come and give up must not fill the memory.
   *
   * @return whether it did
   */
  boolean noteGone() {
    if (goneQueued.incrementAndGet() < MANY_GONE || !gate.tryEnter()) {
      return false;
    }
    try {
      goneQueued.setPlain(0);
      queue.drain(policy::add);
      policy.purge();
      hasUnclaimedWork = policy.size() > 0;
    } finally {
      gate.leave();
    }
    return true;
  }

  /** No request will come any more: from now on the policy waits for none. */
  void drain() {
    gate.enter();
    policy.drain();
    gate.leave();
  }

  /** Returns the number of requests in memory, withdrawn ones included; for tests. */
  int held() {
    gate.enter();
    try {
      queue.drain(policy::add);
      hasUnclaimedWork = policy.size() > 0;
      return policy.size();
    } finally {
      gate.leave();
    }
  }
}
