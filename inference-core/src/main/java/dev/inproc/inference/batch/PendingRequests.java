package dev.inproc.inference.batch;

import dev.inproc.inference.CallOptions;
import dev.inproc.inference.DeadlineExceededException;
import dev.inproc.inference.DeadlineExceededException.Stage;
import dev.inproc.inference.PredictorClosedException;
import dev.inproc.inference.internal.calls.Failures;
import dev.inproc.inference.internal.calls.PriorityTurns;
import dev.inproc.inference.internal.concurrent.ServingThreads;
import dev.inproc.inference.internal.concurrent.Timer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

/**
 * The requests that wait, seen from the side that takes them out. A thread with an engine slot has
 * the {@link BatchPolicy} choose from them; other threads evict, withdraw and refuse them.
 *
 * <p>The policy and the consuming end of the {@link RequestQueue} are used only inside the {@link
 * SpinLock}, whose leaving and entering order one holder after the other. The thread that moves a
 * request from its place in the queue counts it out, so each request is counted out once.
 */
final class PendingRequests<I, O> implements Request.Listener<I, O> {
  /** Gives a free engine slot, if there is one, to a worker thread. */
  interface Waker {
    /**
     * Has a free engine take what came.
     *
     * @param timed whether something has a deadline, which may end a delay
     */
    void wake(boolean timed);
  }

  /** So many withdrawn requests are kept at most while no loop drains the queue. */
  private static final int MANY_GONE = 64;

  private final Object batcher;
  private final ServingThreads threads;
  private final Timer timer;
  private final RequestQueue<Request<I, O>> queue;
  private final WaitingForRoom<I, O> outside;
  private final EngineSlots slots;
  private final StatsCounter figures;
  private final Termination termination;
  private final Waker waker;
  private final int maxBatchSize;
  private final SpinLock gate = new SpinLock();
  private final BatchPolicy<Request<I, O>> policy; // inside the gate
  private final AtomicInteger goneQueued = new AtomicInteger();

  /** Whether a thread without a slot drained requests into the policy; they need a wake-up. */
  private volatile boolean policyHasUnclaimedWork;

  /**
   * Creates it.
   *
   * @param batcher what messages name
   * @param policy used by this object alone
   */
  PendingRequests(
      Object batcher,
      ServingThreads threads,
      Timer timer,
      RequestQueue<Request<I, O>> queue,
      WaitingForRoom<I, O> outside,
      EngineSlots slots,
      StatsCounter figures,
      Termination termination,
      Waker waker,
      int maxBatchSize,
      BatchPolicy<Request<I, O>> policy) {
    this.batcher = batcher;
    this.threads = threads;
    this.timer = timer;
    this.queue = queue;
    this.outside = outside;
    this.slots = slots;
    this.figures = figures;
    this.termination = termination;
    this.waker = waker;
    this.maxBatchSize = maxBatchSize;
    this.policy = policy;
  }

  /** Whether the queue holds something, or a thread without a slot put requests aside. */
  boolean hasArrivals() {
    return queue.hasArrivals() || policyHasUnclaimedWork;
  }

  int waiting() {
    return queue.waiting();
  }

  boolean isBatchFull() {
    return queue.waiting() >= maxBatchSize || queue.isClosed();
  }

  int maxBatchSize() {
    return maxBatchSize;
  }

  // ---- choosing ----

  /**
   * Lets the policy choose, for a thread that holds a slot.
   *
   * @return as {@link BatchPolicy#select} does
   */
  long choose(Choice<I, O> choice) {
    long ask;
    boolean left;
    gate.enter();
    try {
      queue.drain(policy::add);
      policyHasUnclaimedWork = false;
      goneQueued.setPlain(0);
      ask = policy.select(timer.nanoTime(), choice.batch, choice.unmeetable);
      boolean entered = take(choice.batch, true);
      entered |= take(choice.unmeetable, true);
      choice.reason = policy.reason();
      left = entered || policy.size() > 0;
    } finally {
      gate.leave();
    }
    if (ask == 0 && left && !slots.areAllTaken()) {
      waker.wake(false);
    }
    if (outside.isOccupied()) {
      admitWaiting();
    }
    return ask;
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

  /** Lets in the requests outside for which there is room. */
  void admitWaiting() {
    List<Request<I, O>> refused = new ArrayList<>();
    boolean entered = outside.refill(refused);
    if (entered) {
      waker.wake(true);
    }
    if (!refused.isEmpty()) {
      refuse(refused, new PredictorClosedException(batcher.toString()));
    }
    termination.releaseIfLast(); // refill counted some requests in for a moment
  }

  /** Something has left the count. */
  void left() {
    if (outside.isOccupied()) {
      admitWaiting();
    } else {
      termination.releaseIfLast();
    }
  }

  // ---- evicting and refusing ----

  /**
   * Makes room in a full queue for a request by refusing requests of a lower class. It takes the
   * place of the first, and as many bytes as it needs from further ones.
   *
   * @param reason makes the failure of a refused request
   * @return whether the request is counted in
   */
  boolean evictFor(Request<I, O> request, Supplier<? extends Throwable> reason) {
    CallOptions.Priority priority = request.priority();
    long lines = RequestQueue.lines(request.bytes());
    if (!queue.waitsBelow(priority) || !queue.force(lines)) {
      return false;
    }
    List<Request<I, O>> evicted = new ArrayList<>();
    long freed = 0;
    boolean fits = false;
    gate.enter();
    try {
      queue.drain(policy::add);
      while (!fits) {
        Request<I, O> victim = policy.pollEvictable(PriorityTurns.rank(priority));
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
      policyHasUnclaimedWork = policy.size() > 0;
    } finally {
      gate.leave();
    }
    if (!fits) {
      queue.leave(1, lines);
    }
    wakeForUnclaimed();
    evicted.forEach(each -> refuse(List.of(each), reason.get()));
    return fits;
  }

  /** A worker thread that freed its slot while requests were moved found the queue empty. */
  private void wakeForUnclaimed() {
    if (policyHasUnclaimedWork) {
      waker.wake(false);
    }
  }

  /** Refuses every request that waits, in the queue and outside. */
  void refuseAll(Throwable reason) {
    List<Request<I, O>> all = new ArrayList<>();
    termination.onDelivery(true); // no longer counted as waiting, not yet as on their way
    gate.enter();
    try {
      queue.drain(policy::add);
      policy.removeAll(all);
      take(all, false);
    } finally {
      gate.leave();
    }
    refuse(all, reason);
    refuse(outside.removeAll(), reason);
    termination.onDelivery(false);
  }

  private void refuse(List<Request<I, O>> requests, Throwable reason) {
    requests.forEach(request -> fail(request, Failures.copy(reason)));
  }

  /** Fails a taken request that cannot meet its deadline. */
  void expire(Request<I, O> request) {
    Duration timeout = Objects.requireNonNullElse(request.options().timeout(), Duration.ZERO);
    fail(request, new DeadlineExceededException(timeout, batcher.toString(), Stage.QUEUED));
  }

  /** Fails a request that this thread has taken out of the queue and that is not run. */
  void fail(Request<I, O> request, Throwable failure) {
    request.fail(failure, figures);
    request.releaseInput();
  }

  /** No request will come any more: the policy no longer waits for a fuller batch. */
  void drain() {
    gate.enter();
    policy.drain();
    gate.leave();
  }

  // ---- requests that leave ----

  @Override
  public void gone(Request<I, O> request, boolean queued, boolean isOutside) {
    if (isOutside) {
      figures.submitted(1); // the queue counts only requests that entered it
    }
    Throwable failure = request.failureNow();
    if (failure instanceof DeadlineExceededException
        || failure instanceof PredictorClosedException) {
      figures.failed(failure);
    } else {
      figures.cancelled(1); // or completed from outside
    }
    if (!queued) {
      return;
    }
    queue.leaveClass(request);
    queue.leave(1, RequestQueue.lines(request.bytes()));
    if (goneQueued.incrementAndGet() >= MANY_GONE && gate.tryEnter()) {
      // An engine that hangs while callers come and give up must not fill the memory.
      try {
        goneQueued.setPlain(0);
        queue.drain(policy::add);
        policy.purge();
        policyHasUnclaimedWork = policy.size() > 0;
      } finally {
        gate.leave();
      }
      wakeForUnclaimed();
    }
    left();
  }

  @Override
  public void onDelivery(boolean begins) {
    termination.onDelivery(begins);
  }

  @Override
  public ServingThreads threads() {
    return threads;
  }

  @Override
  public Object predictor() {
    return batcher;
  }

  /** Returns the number of requests in memory, withdrawn ones included; for tests. */
  int held() {
    gate.enter();
    try {
      queue.drain(policy::add);
      policyHasUnclaimedWork = policy.size() > 0;
      return policy.size();
    } finally {
      gate.leave();
    }
  }
}
