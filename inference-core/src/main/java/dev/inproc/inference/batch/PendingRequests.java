package dev.inproc.inference.batch;

import dev.inproc.inference.BlockedCaller;
import dev.inproc.inference.CallOptions;
import dev.inproc.inference.DeadlineExceededException;
import dev.inproc.inference.DeadlineExceededException.Stage;
import dev.inproc.inference.PredictorClosedException;
import dev.inproc.inference.internal.calls.PriorityTurns;
import dev.inproc.inference.internal.concurrent.ServingThreads;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Supplier;

/**
 * The requests that wait, seen from the side that takes them out. A thread with an engine slot has
 * the policy choose from them ({@link GatedPolicy}); other threads evict, withdraw and refuse them.
 * The thread that moves a request from its place in the queue counts it out, so each request is
 * counted out once. What this does to futures and slots it does outside the policy's lock.
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

  private final Object batcher;
  private final ServingThreads threads;
  private final RequestQueue<Request<I, O>> queue;
  private final WaitingForRoom<I, O> outside;
  private final EngineSlots slots;
  private final StatsCounter figures;
  private final Termination termination;
  private final Waker waker;
  private final int maxBatchSize;
  private final GatedPolicy<I, O> policy;

  /**
   * Creates it.
   *
   * @param batcher what messages name
   */
  PendingRequests(
      Object batcher,
      ServingThreads threads,
      RequestQueue<Request<I, O>> queue,
      WaitingForRoom<I, O> outside,
      EngineSlots slots,
      StatsCounter figures,
      Termination termination,
      Waker waker,
      int maxBatchSize,
      GatedPolicy<I, O> policy) {
    this.batcher = batcher;
    this.threads = threads;
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
    return queue.hasArrivals() || policy.hasUnclaimedWork();
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
    long ask = policy.choose(choice);
    if (ask == 0 && choice.isMoreLeft && !slots.areAllTaken()) {
      waker.wake(false);
    }
    if (outside.isOccupied()) {
      admitWaiting();
    }
    return ask;
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
    boolean fits = policy.evict(PriorityTurns.rank(priority), lines, evicted);
    if (!fits) {
      queue.leave(1, lines);
    }
    wakeForUnclaimed();
    evicted.forEach(each -> refuse(List.of(each), reason.get()));
    return fits;
  }

  /** A worker thread that freed its slot while requests were moved found the queue empty. */
  private void wakeForUnclaimed() {
    if (policy.hasUnclaimedWork()) {
      waker.wake(false);
    }
  }

  /** Refuses every request that waits, in the queue and outside. */
  void refuseAll(Throwable reason) {
    List<Request<I, O>> all = new ArrayList<>();
    termination.onDelivery(true); // no longer counted as waiting, not yet as on their way
    policy.removeAll(all);
    refuse(all, reason);
    refuse(outside.removeAll(), reason);
    termination.onDelivery(false);
  }

  private void refuse(List<Request<I, O>> requests, Throwable reason) {
    requests.forEach(request -> fail(request, BlockedCaller.failure(reason)));
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
    policy.drain();
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
    if (policy.noteGone()) {
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
    return policy.held();
  }
}
