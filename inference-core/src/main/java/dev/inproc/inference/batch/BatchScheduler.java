package dev.inproc.inference.batch;

import dev.inproc.inference.BatchPredictor;
import dev.inproc.inference.BatchTraits;
import dev.inproc.inference.BlockedCaller;
import dev.inproc.inference.CallOptions;
import dev.inproc.inference.Deadline;
import dev.inproc.inference.PredictorClosedException;
import dev.inproc.inference.internal.concurrent.Durations;
import dev.inproc.inference.internal.concurrent.ServingThreads;
import dev.inproc.inference.internal.concurrent.Threads;
import dev.inproc.inference.internal.concurrent.Timer;
import dev.inproc.inference.metrics.Figure;
import dev.inproc.inference.metrics.LayerDescription;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiConsumer;

/**
 * The batcher: the calls of its users, and the parts that serve them. {@link AdmissionControl} puts
 * a request into the {@link RequestQueue}. A thread that holds an engine slot ({@link EngineSlots})
 * moves what came to the {@link BatchPolicy} ({@link PendingRequests}), lets it choose, and runs
 * what it chose ({@link BatchRunner}).
 *
 * <p><b>Which thread runs the model.</b> A call that finds a slot free starts a worker thread with
 * it. The worker thread runs batches ({@link BatchLoop}) until no request waits, spins a little,
 * and frees the slot. While the slot is taken, to submit is an atomic add, a queue's offer and a
 * read. A blocking call that finds no request waiting and a slot free runs the model itself, on the
 * caller's thread, as it would without a batcher; if other requests have come meanwhile, it hands
 * its slot to a worker thread. Where one run costs less than waking a thread ({@link
 * CallerRunsCost}), or a model takes one example a run, blocking calls run the model beside each
 * other without a slot.
 *
 * <p><b>What ends a request.</b> Its future's first completion: the runner's answer or failure, its
 * timer, its caller, or closing. Waiting requests are counted apart: the thread that moves a
 * request from its place in the queue takes it out of the count, be it the runner or the thread
 * that made it leave.
 *
 * <p><b>Memory ordering.</b> What a caller writes before it offers a request is seen by the thread
 * that drains it (the queue's release and acquire). {@link PendingRequests}, {@link EngineSlots}
 * and {@link Termination} each state how they are ordered.
 */
final class BatchScheduler<I, O> implements BatchingPredictor<I, O> {
  // Of a list: one batch runs while the next waits.
  private static final int WINDOW_BATCHES = 2;
  private static final int MOST_WINDOW = 1 << 12;

  private final BatchPredictor<I, O> inner;
  private final Timer timer;
  private final int maxBatchSize;
  private final RequestQueue<Request<I, O>> queue;
  private final EngineSlots slots;
  private final StatsCounter figures;
  private final Termination termination;
  private final PendingRequests<I, O> pending;
  private final EngineLoops<I, O> loops;
  private final AdmissionControl<I, O> admission;
  private final CallerRuns<I, O> inline;
  private final Shutdown<I, O> shutdown;

  BatchScheduler(BatchPredictor<I, O> inner, Batching batching) {
    this(inner, batching, ServingThreads.of(inner::find));
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
    this(inner, batching, ServingThreads.of(inner::find), timer, launcher);
  }

  private BatchScheduler(
      BatchPredictor<I, O> inner,
      Batching batching,
      ServingThreads threads,
      Timer timer,
      BiConsumer<Object, Runnable> launcher) {
    this.inner = Objects.requireNonNull(inner, "inner");
    this.timer = timer;
    BatchTraits<I> traits = inner.traits();
    maxBatchSize = Math.min(batching.maxBatchSize(), Math.max(1, traits.potentialBatchSize()));
    if (maxBatchSize < batching.maxBatchSize()) {
      logCap(batching.maxBatchSize());
    }
    boolean delays = batching.maxDelayNanos() > 0;
    queue = new RequestQueue<>(batching.maxQueued(), batching.maxQueuedBytes());
    WaitingForRoom<I, O> outside = new WaitingForRoom<>(queue);
    slots = new EngineSlots(batching.parallelism());
    figures = new StatsCounter();
    termination = new Termination(inner, queue, slots, task -> launcher.accept(inner, task));
    CostEstimator cost = new CostEstimator();
    BatchRunner<I, O> runs =
        new BatchRunner<>(inner, timer, cost, figures, queue, maxBatchSize, batching.parallelism());
    pending =
        new PendingRequests<>(
            this,
            threads,
            queue,
            outside,
            slots,
            figures,
            termination,
            this::wake,
            maxBatchSize,
            new GatedPolicy<>(
                timer,
                queue,
                outside,
                new BatchPolicy<>(maxBatchSize, batching.maxDelayNanos(), cost)));
    loops = new EngineLoops<>(this, slots, pending, runs, termination, launcher, delays);
    admission =
        new AdmissionControl<>(
            pending,
            loops,
            traits,
            timer,
            queue,
            outside,
            runs,
            figures,
            new OverloadNotice(this, threads.events(), timer.nanoTime()),
            delays);
    inline =
        new CallerRuns<>(
            inner, figures, batching.maxBatchSize() > 1, this::checkOpen, admission::checkFits);
    shutdown = new Shutdown<>(this, queue, pending, loops, runs, termination);
  }

  private void logCap(int wanted) {
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

  private void wake(boolean timed) {
    loops.wake(timed);
  }

  // ---- calls ----

  @Override
  public O predict(I input, CallOptions options) {
    Objects.requireNonNull(input, "input");
    if (!Deadline.isSet(options) && !Threads.currentIsVirtual()) {
      if (inline.isBest()) {
        return inline.predict(input, options);
      }
      int slot = tryLead();
      if (slot != EngineSlots.NONE) {
        return lead(slot, input, options);
      }
    }
    if (loops.isWithin()) {
      return inline.predict(input, options); // it would wait for its own engine
    }
    Request<I, O> request =
        admission.request(input, BlockedCaller.options(options), Thread.currentThread());
    admission.enqueue(request);
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
    admission.enqueue(request);
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
    if (loops.isWithin()) {
      return inline.predictAll(all, options);
    }
    boolean isBatch = all.size() <= maxBatchSize; // a longer list would hold up other callers
    if (isBatch && !Deadline.isSet(options) && !Threads.currentIsVirtual()) {
      if (inline.isBest()) {
        return inline.predictAll(all, options);
      }
      int slot = tryLead();
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
    termination.beginList(); // before it looks whether this is closed
    try {
      if (queue.isClosed()) {
        PredictorClosedException closed = new PredictorClosedException(toString());
        figures.submitted(inputs.size());
        figures.failed(closed, inputs.size());
        throw closed;
      }
      admission.checkAll(inputs);
      int window = WINDOW_BATCHES * Math.min(maxBatchSize, MOST_WINDOW) * loops.count();
      return new ListRun<>(admission, figures, inputs, armed, window).call(timer);
    } finally {
      termination.endList();
    }
  }

  private void checkOpen() {
    if (queue.isClosed()) {
      throw new PredictorClosedException(toString());
    }
  }

  // ---- callers that run the model themselves ----

  /** Takes a free slot for a caller if no request waits; else returns none. */
  private int tryLead() {
    return queue.isOpenAndEmpty() ? slots.tryTake() : EngineSlots.NONE;
  }

  private O lead(int slot, I input, CallOptions options) {
    slots.lead(slot);
    try {
      return inline.predict(input, options);
    } finally {
      loops.endLead(slot);
    }
  }

  private List<O> leadAll(int slot, List<I> inputs, CallOptions options) {
    slots.lead(slot);
    try {
      return inline.predictAll(inputs, options);
    } finally {
      loops.endLead(slot);
    }
  }

  // ---- closing ----

  @Override
  public void close() {
    close(Durations.FOREVER);
  }

  @Override
  public boolean close(Duration timeout) {
    return shutdown.closeOrAbort(Durations.of(timeout));
  }

  boolean close(long nanos) {
    return shutdown.close(nanos);
  }

  // ---- describing ----

  @Override
  public int maxBatchSize() {
    return maxBatchSize;
  }

  @Override
  public int waiting() {
    return queue.waiting();
  }

  @Override
  public BatchingMetrics metrics() {
    return figures.snapshot(queue);
  }

  @Override
  public LayerDescription describe() {
    List<Figure> all = new ArrayList<>(metrics().figures());
    all.add(new Figure.Info("state", queue.isClosed() ? "closed" : "open"));
    all.add(Figure.gauge("queue.capacity", "call", queue.capacity()));
    all.add(Figure.gauge("run.age", "second", loops.longestRunNanos(timer.nanoTime()) / 1e9));
    return LayerDescription.around(inner.describe(), "batching", all);
  }

  @Override
  public boolean keepsState() {
    return inner.keepsState();
  }

  @Override
  public <T> Optional<T> find(Class<T> control) {
    return control.isInstance(this) ? Optional.of(control.cast(this)) : inner.find(control);
  }

  /** For tests. */
  PendingRequests<I, O> pending() {
    return pending;
  }

  /** For tests. */
  EngineLoops<I, O> loops() {
    return loops;
  }

  @Override
  public String toString() {
    return "batched(" + inner + ")";
  }
}
