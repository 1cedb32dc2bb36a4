package dev.inproc.inference.batch;

import dev.inproc.inference.BatchPredictor;
import dev.inproc.inference.BatchTraits;
import dev.inproc.inference.BlockedCaller;
import dev.inproc.inference.CallOptions;
import dev.inproc.inference.Deadline;
import dev.inproc.inference.DeadlineExceededException;
import dev.inproc.inference.DeadlineExceededException.Stage;
import dev.inproc.inference.PredictorClosedException;
import dev.inproc.inference.internal.calls.Failures;
import dev.inproc.inference.internal.calls.PriorityTurns;
import dev.inproc.inference.internal.concurrent.BoundedClose;
import dev.inproc.inference.internal.concurrent.CallbackExecutor;
import dev.inproc.inference.internal.concurrent.Durations;
import dev.inproc.inference.internal.concurrent.RefCountedResource;
import dev.inproc.inference.internal.concurrent.ServingThreads;
import dev.inproc.inference.internal.concurrent.Threads;
import dev.inproc.inference.internal.concurrent.Timer;
import dev.inproc.inference.internal.concurrent.Workers;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;
import java.util.stream.Stream;

/**
 * The batcher. A request comes into the {@link RequestQueue}; whoever holds an engine slot ({@link
 * EngineSlots}) moves what came to the {@link BatchPolicy}, lets it choose, and runs what it chose.
 *
 * <p><b>Who turns an engine.</b> A call that finds a slot free starts a worker with it; the worker
 * turns ({@link BatchLoop}) until nothing waits, spins a little, and frees the slot. While the slot
 * is taken, to submit is an atomic add, a queue's offer and a read. A blocking call that finds
 * nobody waiting and a slot free runs the model itself, on its own thread, as it would without a
 * batcher; if others have come meanwhile it hands its slot to a worker. Where one run costs less
 * than waking a thread ({@link CallerRunsCost}), or a model takes one example a run, blocking calls
 * run the model beside each other without a slot.
 *
 * <p><b>Who ends a request.</b> Its future's first completion: the runner's answer or failure, its
 * timer, its caller, or closing. Who waits is counted apart: a request is taken out of the count by
 * the one who moves it from its place in the queue, be it the runner or the one who made it leave.
 *
 * <p><b>Memory ordering.</b> What a caller writes before it offers is seen by whoever drains it
 * (the queue's release and acquire). The policy, and the queue's consuming end, are touched only
 * inside the {@link SpinLock}, whose leaving and entering order one holder after the other. Slots
 * and queue follow Dekker's rule, told at {@link EngineSlots}. A closing batcher sets the queue's
 * flag first and looks at waiting and slots afterwards; everyone who lowers either looks at the
 * flag afterwards; so the last one out sees that it is the last, and releases.
 */
final class BatchScheduler<I, O> implements BatchingPredictor<I, O> {
  private static final int MANY_GONE = 64;
  private static final long BATCH_GRACE_NANOS = BoundedClose.GRACE_NANOS / 2;

  // Of a list: one batch runs while the next waits.
  private static final int WINDOW_BATCHES = 2;
  private static final int MOST_WINDOW = 1 << 12;

  @SuppressWarnings("rawtypes")
  private static final Request[] NO_REQUESTS = {};

  private final BatchPredictor<I, O> inner;
  private final ServingThreads threads;
  private final Timer timer;
  private final BiConsumer<Object, Runnable> launcher;
  private final int maxBatchSize;
  private final boolean delays;
  private final RequestQueue<Request<I, O>> queue;
  private final WaitingForRoom<I, O> outside;
  private final EngineSlots slots;
  private final List<BatchLoop<I, O>> loops = new CopyOnWriteArrayList<>(); // by slot
  private final Set<BatchLoop<I, O>> replaced = ConcurrentHashMap.newKeySet(); // still in a run
  private final SpinLock gate = new SpinLock();
  private final BatchPolicy<Request<I, O>> policy; // inside the gate
  private final StatsCounter figures;
  private final BatchRunner<I, O> runs;
  private final AdmissionControl<I, O> admission;
  private final CallerRuns<I, O> inline;
  private final RefCountedResource lifetime;
  private final AtomicBoolean isInnerClosed = new AtomicBoolean();
  private final AtomicInteger undelivered = new AtomicInteger();
  private final AtomicInteger lists = new AtomicInteger(); // that are on their way
  private final AtomicInteger goneQueued = new AtomicInteger();

  /** Whether a thread without a slot drained requests into the policy; they need a wake-up. */
  private volatile boolean policyHasUnclaimedWork;

  BatchScheduler(BatchPredictor<I, O> inner, Batching batching) {
    this(inner, batching, inner.find(ServingThreads.class).orElse(ServingThreads.shared()));
  }

  private BatchScheduler(BatchPredictor<I, O> inner, Batching batching, ServingThreads threads) {
    this(inner, batching, threads, threads.timer(), threads.workers()::turn);
  }

  /**
   * For tests that own the clock and turn by hand.
   *
   * @param launcher runs a loop of this batcher, or the task that closes the model, on a thread of
   *     its own; gets the batcher, or the model, with it
   */
  BatchScheduler(
      BatchPredictor<I, O> inner,
      Batching batching,
      Timer timer,
      BiConsumer<Object, Runnable> launcher) {
    this(
        inner,
        batching,
        inner.find(ServingThreads.class).orElse(ServingThreads.shared()),
        timer,
        launcher);
  }

  private BatchScheduler(
      BatchPredictor<I, O> inner,
      Batching batching,
      ServingThreads threads,
      Timer timer,
      BiConsumer<Object, Runnable> launcher) {
    this.inner = Objects.requireNonNull(inner, "inner");
    this.threads = threads;
    this.timer = timer;
    this.launcher = launcher;
    BatchTraits<I> traits = inner.traits();
    maxBatchSize = Math.min(batching.maxBatchSize(), Math.max(1, traits.potentialBatchSize()));
    if (maxBatchSize < batching.maxBatchSize()) {
      tellOfCap(batching.maxBatchSize());
    }
    delays = batching.maxDelayNanos() > 0;
    queue = new RequestQueue<>(batching.maxQueued(), batching.maxQueuedBytes());
    outside = new WaitingForRoom<>(queue);
    slots = new EngineSlots(batching.parallelism());
    for (int slot = 0; slot < batching.parallelism(); slot++) {
      loops.add(new BatchLoop<>(this, slot));
    }
    CostEstimator cost = new CostEstimator();
    policy = new BatchPolicy<>(maxBatchSize, batching.maxDelayNanos(), cost);
    figures = new StatsCounter(maxBatchSize);
    runs =
        new BatchRunner<>(inner, timer, cost, figures, queue, maxBatchSize, batching.parallelism());
    admission =
        new AdmissionControl<>(this, traits, timer, queue, outside, slots, runs, figures, delays);
    inline =
        new CallerRuns<>(
            inner, figures, batching.maxBatchSize() > 1, this::checkOpen, admission::checkFits);
    // On a worker, so that a bounded close need not wait for the model to be freed.
    lifetime =
        new RefCountedResource(
            () -> {
              if (isInnerClosed.compareAndSet(false, true)) {
                inner.close();
              }
            },
            task -> launcher.accept(inner, task));
  }

  private void tellOfCap(int wanted) {
    // A model that takes one example a run has said so itself.
    System.getLogger(Batching.class.getName())
        .log(
            maxBatchSize == 1 ? Level.INFO : Level.WARNING,
            "{0}: batches hold at most {1} requests, not {2} as Batching.upTo says, since the model"
                + " runs no more together (SessionOptions.maxBatchSize or maxRunBytes, a fixed batch"
                + " axis, or answers that depend on batch-mates)",
            inner,
            maxBatchSize,
            wanted);
  }

  @SuppressWarnings("unchecked")
  static <I, O> Request<I, O>[] noRequests() {
    return NO_REQUESTS;
  }

  // ---- calls ----

  @Override
  public O predict(I input, CallOptions options) {
    Objects.requireNonNull(input, "input");
    if (!Deadline.isSet(options) && !Threads.currentIsVirtual()) {
      if (inline.isBest()) {
        return inline.predict(input, options);
      }
      int slot = queue.isOpenAndEmpty() ? slots.tryTake() : EngineSlots.NONE;
      if (slot != EngineSlots.NONE) {
        return lead(slot, input, options);
      }
    }
    if (isWithin()) {
      return inline.predict(input, options); // it would wait for its own engine
    }
    Request<I, O> request =
        admission.request(input, BlockedCaller.options(options), Thread.currentThread());
    enqueue(request, admission.admit(request));
    return request.await();
  }

  @Override
  public CompletableFuture<O> submit(I input, CallOptions options) {
    Objects.requireNonNull(input, "input");
    BlockedCaller.checkSubmit(options);
    Request<I, O> request;
    try {
      request = admission.request(input, options, null);
      request.captureContext();
    } catch (RuntimeException e) {
      return CompletableFuture.failedFuture(e);
    }
    enqueue(request, admission.admit(request));
    return request;
  }

  @Override
  public List<O> predictAll(List<I> inputs, CallOptions options) {
    List<I> all = new ArrayList<>(inputs); // its owner may change it meanwhile
    all.forEach(input -> Objects.requireNonNull(input, "input"));
    Objects.requireNonNull(options, "options");
    if (all.isEmpty()) {
      checkOpen();
      return List.of();
    }
    if (isWithin()) {
      return inline.predictAll(all, options);
    }
    boolean isBatch = all.size() <= maxBatchSize; // longer ones would hold up strangers
    if (isBatch && !Deadline.isSet(options) && !Threads.currentIsVirtual()) {
      if (inline.isBest()) {
        return inline.predictAll(all, options);
      }
      int slot = queue.isOpenAndEmpty() ? slots.tryTake() : EngineSlots.NONE;
      if (slot != EngineSlots.NONE) {
        return leadAll(slot, all, options);
      }
    }
    return runList(all, BlockedCaller.options(options));
  }

  /** A list that was accepted is answered to its end, though the batcher closes meanwhile. */
  private List<O> runList(List<I> inputs, CallOptions options) {
    CallOptions armed =
        Deadline.isSet(options) ? Deadline.start(options, timer.nanoTime()) : options;
    lists.incrementAndGet(); // before it looks whether this is closed: see releaseIfLast
    try {
      if (queue.isClosed()) {
        PredictorClosedException closed = new PredictorClosedException(toString());
        figures.submitted(inputs.size());
        figures.failed(closed, inputs.size());
        throw closed;
      }
      admission.checkAll(inputs);
      int window = WINDOW_BATCHES * Math.min(maxBatchSize, MOST_WINDOW) * loops.size();
      return new ListRun<>(this, admission, figures, inputs, armed, window).call(timer);
    } finally {
      lists.decrementAndGet();
      releaseIfLast();
    }
  }

  /** Puts a call where it was let in to. */
  void enqueue(Request<I, O> request, AdmissionControl.Entry entry) {
    if (entry == AdmissionControl.Entry.REFUSED) {
      return;
    }
    boolean isOutside = entry == AdmissionControl.Entry.OUTSIDE;
    if (isOutside) {
      request.waitOutside();
    }
    boolean timed = Deadline.isSet(request.options());
    if (timed && !request.isPartOfList()) { // a list has one timeout
      request.startTimeout(timer);
    }
    if (isOutside) {
      outside.add(request);
      admitWaiting();
    } else {
      queue.offer(request);
      wake(timed);
    }
  }

  // ---- callers that run the model themselves ----

  /** Whether a callback, or the model itself, calls on a thread that holds a slot. */
  private boolean isWithin() {
    return Workers.isTurning(this) || slots.isLeading();
  }

  private O lead(int slot, I input, CallOptions options) {
    slots.lead(slot);
    try {
      return inline.predict(input, options);
    } finally {
      if (slots.endLead(slot)) {
        handOver(slot);
      }
    }
  }

  private List<O> leadAll(int slot, List<I> inputs, CallOptions options) {
    slots.lead(slot);
    try {
      return inline.predictAll(inputs, options);
    } finally {
      if (slots.endLead(slot)) {
        handOver(slot);
      }
    }
  }

  private void checkOpen() {
    if (queue.isClosed()) {
      throw new PredictorClosedException(toString());
    }
  }

  /** Passes a slot on if work has come meanwhile, else frees it. */
  private void handOver(int slot) {
    if (queue.waiting() > 0 || freeSlot(slot)) {
      start(slot);
    }
  }

  // ---- slots ----

  /** Frees a slot. Returns true if work came in that moment, and the slot is taken again. */
  boolean freeSlot(int slot) {
    slots.free(slot);
    if (hasArrivals()) {
      int again = slots.tryTake();
      if (again == slot) {
        return true;
      }
      if (again != EngineSlots.NONE) {
        start(again);
      }
    }
    releaseIfLast();
    return false;
  }

  /** Whether something is in the queue, or was put aside by one who turns no engine. */
  boolean hasArrivals() {
    return queue.hasArrivals() || policyHasUnclaimedWork;
  }

  int waiting() {
    return queue.waiting();
  }

  ServingThreads threads() {
    return threads;
  }

  BatchRunner<I, O> runs() {
    return runs;
  }

  /** Nanoseconds until an engine should be free. */
  long untilFree(long now) {
    long free = Long.MAX_VALUE;
    for (BatchLoop<I, O> loop : loops) {
      free = Math.min(free, Math.max(0, loop.expectedEnd() - now));
    }
    return free;
  }

  @Override
  public int maxBatchSize() {
    return maxBatchSize;
  }

  /**
   * Has an engine that is free take what came.
   *
   * @param timed whether something has a deadline, which may end a delay
   */
  private void wake(boolean timed) {
    int slot = slots.tryTake();
    if (slot == EngineSlots.NONE) {
      slot = slots.giveUp(); // a model that submits within its run may wait for the outcome
    }
    if (slot == EngineSlots.NONE && Workers.isTurning(this)) {
      slot = replaceLoop();
    }
    if (slot != EngineSlots.NONE) {
      start(slot);
    } else if (delays && (timed || isBatchFull())) {
      loops.forEach(BatchLoop::wake);
    }
  }

  /**
   * Has a new loop take the slot of the loop that this thread turns: the model that it runs has
   * submitted a call, and may wait for the outcome. The old loop ends with its run.
   */
  private int replaceLoop() {
    for (int slot = 0; slot < loops.size(); slot++) {
      BatchLoop<I, O> loop = loops.get(slot);
      if (loop.isTurnedHere()) {
        onDelivery(true); // the model is in use, though the slot may become free
        replaced.add(loop);
        loops.set(slot, new BatchLoop<>(this, slot));
        return slot;
      }
    }
    return EngineSlots.NONE;
  }

  /** A loop that was replaced has ended its run. Returns false for any other. */
  boolean endReplaced(BatchLoop<I, O> loop) {
    if (replaced.isEmpty() || !replaced.remove(loop)) {
      return false;
    }
    onDelivery(false);
    return true;
  }

  private Stream<BatchLoop<I, O>> allLoops() {
    return Stream.concat(loops.stream(), replaced.stream());
  }

  boolean isBatchFull() {
    return queue.waiting() >= maxBatchSize || queue.isClosed();
  }

  private void start(int slot) {
    try {
      launcher.accept(this, loops.get(slot));
    } catch (Throwable t) {
      slots.free(slot); // no thread to be had
      refuseQueued(t);
    }
  }

  // ---- choosing ----

  /** Lets the policy choose; see {@link BatchPolicy#select}. */
  long choose(BatchLoop<I, O> loop, List<Request<I, O>> batch, List<Request<I, O>> unmeetable) {
    long ask;
    boolean left;
    gate.enter();
    try {
      queue.drain(policy::add);
      policyHasUnclaimedWork = false;
      goneQueued.setPlain(0);
      ask = policy.select(timer.nanoTime(), batch, unmeetable);
      boolean entered = take(batch, true);
      entered |= take(unmeetable, true);
      loop.note(policy.reason());
      left = entered || policy.size() > 0;
    } finally {
      gate.leave();
    }
    if (ask == 0 && left && !slots.areAllTaken()) {
      wake(false);
    }
    if (outside.isOccupied()) {
      admitWaiting();
    }
    return ask;
  }

  /**
   * Takes out of the count; a request that has left meanwhile is not run.
   *
   * @param replacing whether others may come in instead
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

  /** Lets in those outside for whom there is room. */
  private void admitWaiting() {
    List<Request<I, O>> refused = new ArrayList<>();
    boolean entered = outside.refill(refused);
    if (entered) {
      wake(true);
    }
    if (!refused.isEmpty()) {
      refuse(refused, new PredictorClosedException(toString()));
    }
    releaseIfLast(); // some were counted for a moment
  }

  /** Something has left the count. */
  void left() {
    if (outside.isOccupied()) {
      admitWaiting();
    } else {
      releaseIfLast();
    }
  }

  private void refuse(List<Request<I, O>> requests, Throwable reason) {
    requests.forEach(request -> fail(request, Failures.copy(reason)));
  }

  /**
   * Makes room in a full queue for a request by refusing ones of a lower class. It takes the place
   * of the first, and as many bytes as it needs from others.
   *
   * @return whether it is counted in
   */
  boolean evictFor(Request<I, O> request) {
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
    if (policyHasUnclaimedWork) {
      wake(false); // a worker that freed its slot meanwhile found the queue empty
    }
    evicted.forEach(each -> refuse(List.of(each), admission.evicted()));
    return fits;
  }

  void expire(Request<I, O> request) {
    Duration timeout = Objects.requireNonNullElse(request.options().timeout(), Duration.ZERO);
    fail(request, new DeadlineExceededException(timeout, toString(), Stage.QUEUED));
  }

  /** Fails a request that this thread has taken out of the queue and that is not run. */
  void fail(Request<I, O> request, Throwable failure) {
    request.fail(failure, figures);
    request.releaseInput();
  }

  // ---- leaving ----

  /**
   * A request's caller is gone, or its time is over.
   *
   * @param queued whether it was in the queue's count
   * @param isOutside whether it waited for room
   */
  void gone(Request<I, O> request, boolean queued, boolean isOutside) {
    if (isOutside) {
      figures.submitted(1); // the queue counts only what came in
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
      if (policyHasUnclaimedWork) {
        wake(false); // who freed his slot meanwhile found the queue empty
      }
    }
    left();
  }

  /** An outcome is on its way to its future, or has come there. */
  void onDelivery(boolean begins) {
    if (begins) {
      undelivered.incrementAndGet();
    } else {
      undelivered.decrementAndGet();
      releaseIfLast();
    }
  }

  void refuseQueued(Throwable reason) {
    List<Request<I, O>> all = new ArrayList<>();
    onDelivery(true); // they are no longer counted as waiting, and not yet as on their way
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
    onDelivery(false);
  }

  // ---- closing ----

  @Override
  public void close() {
    close(Durations.FOREVER);
  }

  @Override
  public boolean close(Duration timeout) {
    if (close(Durations.of(timeout))) {
      return true;
    }
    if (mustNotWait()) {
      return false; // the time has not passed: those accepted are still to be answered
    }
    PredictorClosedException reason = new PredictorClosedException(toString());
    runs.abort(reason); // first: what begins to run is seen below, or sees this
    refuseQueued(reason);
    allLoops().forEach(loop -> loop.failCurrent(reason));
    long end = System.nanoTime() + BoundedClose.GRACE_NANOS;
    if (close(BATCH_GRACE_NANOS)) {
      return true; // the runs of batches have stopped, since all their callers are gone
    }
    // A caller may be inside the model, on its own thread: only the model can stop that run. A
    // model under the run of a batch is left alone.
    boolean isBatchRunning = allLoops().anyMatch(loop -> loop.current() != null);
    boolean isClosed =
        isBatchRunning || !isInnerClosed.compareAndSet(false, true) || inner.close(Duration.ZERO);
    return close(Math.max(0, end - System.nanoTime())) && isClosed;
  }

  boolean close(long nanos) {
    if (queue.close()) {
      gate.enter();
      policy.drain();
      gate.leave();
      loops.forEach(BatchLoop::wake);
      admitWaiting(); // those outside are refused
    }
    releaseIfLast();
    return lifetime.awaitFreed(mustNotWait() ? 0 : nanos);
  }

  private boolean mustNotWait() {
    return Workers.isTurning(this) || CallbackExecutor.isCallback();
  }

  /** Closes the model if this is closed and nobody waits or runs any more. */
  void releaseIfLast() {
    if (queue.isClosed()
        && lists.get() == 0
        && queue.waiting() == 0
        && slots.areAllFree()
        && undelivered.get() == 0) {
      lifetime.close();
    }
  }

  /** Requests in memory, those gone included; for tests. */
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

  // ---- describing ----

  @Override
  public BatchingMetrics metrics() {
    return figures.snapshot(queue);
  }

  @Override
  public boolean keepsState() {
    return inner.keepsState();
  }

  @Override
  public <T> Optional<T> find(Class<T> control) {
    return control.isInstance(this) ? Optional.of(control.cast(this)) : inner.find(control);
  }

  @Override
  public String toString() {
    return "batched(" + inner + ")";
  }
}
