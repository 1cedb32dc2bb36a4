package dev.inproc.inference.batch;

import dev.inproc.inference.BatchPredictor;
import dev.inproc.inference.BatchTraits;
import dev.inproc.inference.CallOptions;
import dev.inproc.inference.DeadlineExceededException;
import dev.inproc.inference.PredictorClosedException;
import dev.inproc.inference.concurrent.Lifetime;
import dev.inproc.inference.concurrent.Nanos;
import dev.inproc.inference.concurrent.Threads;
import dev.inproc.inference.concurrent.Timer;
import dev.inproc.inference.concurrent.Workers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;

/**
 * The batcher. A request comes into the {@link Intake}; whoever holds an engine slot ({@link
 * Slots}) moves what came to the {@link BatchPolicy}, lets it choose, and runs what it chose.
 *
 * <p><b>Who turns an engine.</b> A call that finds a slot free starts a worker with it; the worker
 * turns ({@link Turner}) until nothing waits, spins a little, and frees the slot. While the slot is
 * taken, to submit is an atomic add, a queue's offer and a read. A blocking call that finds nobody
 * waiting and a slot free runs the model itself, on its own thread, as it would without a batcher;
 * if others have come meanwhile it hands its slot to a worker. Where one run costs less than waking
 * a thread ({@link InlineCost}), or a model takes one example a run, blocking calls run the model
 * beside each other without a slot.
 *
 * <p><b>Who ends a request.</b> Its future's first completion: the runner's answer or failure, its
 * timer, its caller, or closing. Who waits is counted apart: a request is taken out of the count by
 * the one who moves it from its place in the queue, be it the runner or the one who made it leave.
 *
 * <p><b>Memory ordering.</b> What a caller writes before it offers is seen by whoever drains it
 * (the queue's release and acquire). The policy, and the queue's consuming end, are touched only
 * inside the {@link Gate}, whose leaving and entering order one holder after the other. Slots and
 * queue follow Dekker's rule, told at {@link Slots}. A closing batcher sets the intake's flag first
 * and looks at waiting and slots afterwards; everyone who lowers either looks at the flag
 * afterwards; so the last one out sees that it is the last, and releases.
 */
final class Batcher<I, O> implements BatchingPredictor<I, O> {
  private static final long GRACE_NANOS = 1_000_000_000;
  private static final int MANY_GONE = 64;

  @SuppressWarnings("rawtypes")
  private static final Request[] NO_REQUESTS = {};

  private final BatchPredictor<I, O> inner;
  private final Timer timer;
  private final Workers workers = Workers.shared(); // for notices
  private final BiConsumer<Object, Runnable> host;
  private final int maxBatchSize;
  private final boolean delays;
  private final Intake<Request<I, O>> intake;
  private final Slots slots;
  private final List<Turner<I, O>> turners = new ArrayList<>();
  private final Gate gate = new Gate();
  private final BatchPolicy<Request<I, O>> policy; // inside the gate
  private final Figures figures;
  private final Runs<I, O> runs;
  private final Door<I, O> door;
  private final Inline<I, O> inline;
  private final Lifetime lifetime;
  private final AtomicInteger goneQueued = new AtomicInteger();
  private volatile boolean strays; // moved out of the queue by one who holds no slot

  Batcher(BatchPredictor<I, O> inner, Batching batching) {
    this(inner, batching, Timer.system(), Workers.shared()::turn);
  }

  /**
   * For tests that own the clock and turn by hand.
   *
   * @param host turns a lane, which is this batcher, on a thread of its own
   */
  Batcher(
      BatchPredictor<I, O> inner,
      Batching batching,
      Timer timer,
      BiConsumer<Object, Runnable> host) {
    this.inner = Objects.requireNonNull(inner, "inner");
    this.timer = timer;
    this.host = host;
    BatchTraits<I> traits = inner.traits();
    maxBatchSize = Math.min(batching.maxBatchSize(), Math.max(1, traits.maxBatchSize()));
    delays = batching.maxDelayNanos() > 0;
    intake = new Intake<>(batching.maxQueued(), batching.maxQueuedBytes());
    slots = new Slots(batching.parallelism());
    for (int slot = 0; slot < batching.parallelism(); slot++) {
      turners.add(new Turner<>(this, slot));
    }
    CostEstimator cost = new CostEstimator();
    policy = new BatchPolicy<>(maxBatchSize, batching.maxDelayNanos(), cost);
    figures = new Figures(maxBatchSize);
    runs =
        new Runs<>(inner, timer, cost, figures, intake, maxBatchSize, batching.parallelism());
    door = new Door<>(this, traits, timer, intake, slots, runs, figures, delays);
    boolean oneByOne = batching.maxBatchSize() > 1 && traits.maxBatchSize() <= 1;
    inline = new Inline<>(inner, figures, oneByOne, this::checkOpen);
    lifetime = new Lifetime(inner::close);
  }

  @SuppressWarnings("unchecked")
  static <I, O> Request<I, O>[] noRequests() {
    return NO_REQUESTS;
  }

  // ---- calls ----

  @Override
  public O predict(I input, CallOptions options) {
    Objects.requireNonNull(input, "input");
    if (!options.hasTimeout() && !Threads.currentIsVirtual()) {
      if (inline.isBest()) {
        return inline.predict(input, options);
      }
      int slot = intake.isOpenAndEmpty() ? slots.tryTake() : Slots.NONE;
      if (slot != Slots.NONE) {
        return lead(slot, input, options);
      }
    }
    if (Workers.isTurning(this)) {
      return inline.predict(input, options); // a callback: it would wait for its own engine
    }
    Request<I, O> request = door.request(input, blocking(options), Thread.currentThread(), true);
    enqueue(request);
    return request.await();
  }

  @Override
  public CompletableFuture<O> submit(I input, CallOptions options) {
    Objects.requireNonNull(input, "input");
    Request<I, O> request;
    try {
      request = door.request(input, options, null, false);
    } catch (RuntimeException e) {
      return CompletableFuture.failedFuture(e);
    }
    enqueue(request);
    return request;
  }

  @Override
  public List<O> predictAll(List<I> inputs, CallOptions options) {
    List<I> all = new ArrayList<>(inputs); // its owner may change it meanwhile
    all.forEach(input -> Objects.requireNonNull(input, "input"));
    if (all.isEmpty()) {
      checkOpen();
      return List.of();
    }
    if (Workers.isTurning(this)) {
      return inline.predictAll(all, options);
    }
    boolean isBatch = all.size() <= maxBatchSize; // longer ones would hold up strangers
    if (isBatch && !options.hasTimeout() && !Threads.currentIsVirtual()) {
      if (inline.isBest()) {
        return inline.predictAll(all, options);
      }
      int slot = intake.isOpenAndEmpty() ? slots.tryTake() : Slots.NONE;
      if (slot != Slots.NONE) {
        return leadAll(slot, all, options);
      }
    }
    List<Request<I, O>> requests = door.requests(all, blocking(options));
    if (door.admitAll(requests)) {
      requests.forEach(intake::offer);
      wake();
    }
    return awaitAll(requests);
  }

  /** A blocked caller may be its executor's only thread: its answer must not wait there. */
  private static CallOptions blocking(CallOptions options) {
    return options.executor() == null ? options : options.withExecutor(null);
  }

  private void enqueue(Request<I, O> request) {
    if (!door.admit(request)) {
      return;
    }
    if (request.options().hasTimeout()) {
      request.startTimeout(timer, workers, request.isBlocking());
    }
    intake.offer(request);
    wake();
  }

  private List<O> awaitAll(List<Request<I, O>> requests) {
    CallOptions options = requests.get(0).options();
    Timer.Scheduled alarm = null;
    if (options.hasTimeout()) {
      long remaining = Math.max(0, options.remainingNanos(timer.nanoTime()));
      alarm = timer.schedule(() -> requests.forEach(Request::expire), remaining);
    }
    boolean all = false;
    try {
      List<O> answers = new ArrayList<>(requests.size());
      for (Request<I, O> request : requests) {
        answers.add(request.await());
      }
      all = true;
      return answers;
    } catch (DeadlineExceededException e) {
      requests.forEach(Request::expire); // the alarm may not have come to them yet
      throw e;
    } finally {
      if (alarm != null) {
        alarm.cancel();
      }
      if (!all) {
        requests.forEach(request -> request.cancel(false)); // none of them is in a chain
      }
    }
  }

  // ---- callers that run the model themselves ----

  private O lead(int slot, I input, CallOptions options) {
    try {
      return inline.predict(input, options);
    } finally {
      handOver(slot);
    }
  }

  private List<O> leadAll(int slot, List<I> inputs, CallOptions options) {
    try {
      return inline.predictAll(inputs, options);
    } finally {
      handOver(slot);
    }
  }

  private void checkOpen() {
    if (intake.isClosed()) {
      throw new PredictorClosedException(toString());
    }
  }

  /** Passes a slot on if work has come meanwhile, else frees it. */
  private void handOver(int slot) {
    if (intake.waiting() > 0 || freeSlot(slot)) {
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
      if (again != Slots.NONE) {
        start(again);
      }
    }
    releaseIfLast();
    return false;
  }

  /** Whether something is in the queue, or was put aside by one who turns no engine. */
  boolean hasArrivals() {
    return intake.hasArrivals() || strays;
  }

  int waiting() {
    return intake.waiting();
  }

  Runs<I, O> runs() {
    return runs;
  }

  /** Nanoseconds until an engine should be free. */
  long untilFree(long now) {
    long free = Long.MAX_VALUE;
    for (Turner<I, O> turner : turners) {
      free = Math.min(free, Math.max(0, turner.expectedEnd() - now));
    }
    return free;
  }

  int maxBatchSize() {
    return maxBatchSize;
  }

  private void wake() {
    int slot = slots.tryTake();
    if (slot != Slots.NONE) {
      start(slot);
    } else if (delays && isBatchFull()) {
      turners.forEach(Turner::wake);
    }
  }

  boolean isBatchFull() {
    return intake.waiting() >= maxBatchSize || intake.isClosed();
  }

  private void start(int slot) {
    try {
      host.accept(this, turners.get(slot));
    } catch (Throwable t) {
      slots.free(slot); // no thread to be had
      refuseQueued(t);
    }
  }

  // ---- choosing ----

  /** Lets the policy choose; see {@link BatchPolicy#select}. */
  long choose(Turner<I, O> turner, List<Request<I, O>> batch, List<Request<I, O>> hopeless) {
    long ask;
    boolean left;
    gate.enter();
    try {
      intake.drain(policy::add);
      strays = false;
      goneQueued.setPlain(0);
      ask = policy.select(timer.nanoTime(), batch, hopeless);
      take(batch);
      take(hopeless);
      turner.note(policy.reason());
      left = policy.size() > 0;
    } finally {
      gate.leave();
    }
    if (ask == 0 && left && !slots.areAllTaken()) {
      wake();
    }
    return ask;
  }

  /** Takes out of the count; who has left meanwhile is not run. */
  private void take(List<Request<I, O>> requests) {
    long lines = 0;
    int taken = 0;
    for (Request<I, O> request : requests) {
      if (request.take()) {
        lines += Intake.lines(request.bytes());
        requests.set(taken++, request);
      }
    }
    requests.subList(taken, requests.size()).clear();
    if (taken > 0) {
      intake.leave(taken, lines);
    }
  }

  void expire(Request<I, O> request) {
    request.fail(request.expired(), figures);
  }

  void fail(Request<I, O> request, Throwable failure) {
    request.fail(failure, figures);
  }

  // ---- leaving ----

  /** A request's caller is gone, or its time is over. */
  void gone(Request<I, O> request, boolean queued) {
    Throwable failure = request.failure();
    figures.failed(failure == null ? new CancellationException() : failure);
    if (!queued) {
      return;
    }
    intake.leave(1, Intake.lines(request.bytes()));
    if (goneQueued.incrementAndGet() >= MANY_GONE && gate.tryEnter()) {
      // An engine that hangs while callers come and give up must not fill the memory.
      try {
        goneQueued.setPlain(0);
        intake.drain(policy::add);
        policy.purge();
        strays = policy.size() > 0;
      } finally {
        gate.leave();
      }
      if (strays) {
        wake(); // who freed his slot meanwhile found the queue empty
      }
    }
    releaseIfLast();
  }

  void refuseQueued(Throwable reason) {
    List<Request<I, O>> all = new ArrayList<>();
    gate.enter();
    try {
      intake.drain(policy::add);
      policy.removeAll(all);
      take(all);
    } finally {
      gate.leave();
    }
    all.forEach(request -> workers.notice(() -> request.fail(reason, figures)));
    releaseIfLast();
  }

  // ---- closing ----

  @Override
  public void close() {
    close(Nanos.FOREVER);
  }

  @Override
  public boolean close(Duration timeout) {
    if (close(Nanos.of(timeout))) {
      return true;
    }
    if (mustNotWait()) {
      return false; // the time has not passed: those accepted are still to be answered
    }
    PredictorClosedException reason = new PredictorClosedException(toString());
    runs.abort(reason); // first: what begins to run is seen below, or sees this
    refuseQueued(reason);
    for (Turner<I, O> turner : turners) {
      Gathered<I, O> current = turner.current();
      if (current != null) {
        // Callbacks must not hold up, or wait for, the thread that closes.
        current
            .requests()
            .forEach(request -> workers.notice(() -> request.completeExceptionally(reason)));
      }
    }
    return close(GRACE_NANOS);
  }

  boolean close(long nanos) {
    if (intake.close()) {
      gate.enter();
      policy.drain();
      gate.leave();
      turners.forEach(Turner::wake);
    }
    releaseIfLast();
    return lifetime.awaitFreed(mustNotWait() ? 0 : nanos);
  }

  private boolean mustNotWait() {
    return Workers.isTurning(this) || Workers.isNoticing();
  }

  /** Closes the model if this is closed and nobody waits or runs any more. */
  void releaseIfLast() {
    if (intake.isClosed() && intake.waiting() == 0 && slots.areAllFree()) {
      lifetime.close();
    }
  }

  /** Requests in memory, those gone included; for tests. */
  int held() {
    gate.enter();
    try {
      intake.drain(policy::add);
      strays = policy.size() > 0;
      return policy.size();
    } finally {
      gate.leave();
    }
  }

  // ---- describing ----

  @Override
  public BatchingMetrics metrics() {
    return figures.snapshot(intake.offered(), intake.waiting(), intake.waitingBytes());
  }

  @Override
  public String toString() {
    return "batched(" + inner + ")";
  }
}
