package dev.inproc.benchmarks.peers;

import dev.inproc.inference.BatchPredictor;
import dev.inproc.inference.BlockedCaller;
import dev.inproc.inference.CallOptions;
import dev.inproc.inference.Deadline;
import dev.inproc.inference.InvalidInputException;
import dev.inproc.inference.OverloadedException;
import dev.inproc.inference.Predictor;
import dev.inproc.inference.PredictorClosedException;
import dev.inproc.inference.internal.calls.CallBatch;
import dev.inproc.inference.internal.calls.CallFuture;
import dev.inproc.inference.internal.concurrent.Timer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;

/**
 * What both baselines share: callers put requests into the JDK's two-lock queue, one thread takes
 * batches out and runs them, and completes each caller's future. Requests are checked, bounded,
 * timed out and cancelled as the library does it, so that a comparison is of gathering alone.
 */
abstract sealed class QueueBatcher<I, O> implements Predictor<I, O>
    permits FixedDelayBatcher, QueueAndThreadBatcher {
  private static final int MOST_QUEUED = 10_000;

  private final BatchPredictor<I, O> inner;
  private final BlockingQueue<Queued<I, O>> queue = new LinkedBlockingQueue<>(MOST_QUEUED);
  private final Thread dispatcher;
  private volatile boolean closed;
  private boolean gathering;

  QueueBatcher(BatchPredictor<I, O> inner, String name) {
    this.inner = inner;
    dispatcher = new Thread(this::dispatch, name);
    dispatcher.setDaemon(true);
  }

  /** A request that waits, and its caller's future. */
  static final class Queued<I, O> extends CallFuture<I, O> {
    private final long arrivalNanos;
    private final boolean blocking;

    Queued(I input, CallOptions options, long arrivalNanos, boolean blocking) {
      super(input, options);
      this.arrivalNanos = arrivalNanos;
      this.blocking = blocking;
    }

    @Override
    protected boolean isBlocking() {
      return blocking;
    }

    long arrivalNanos() {
      return arrivalNanos;
    }
  }

  /** Checks a cap, and lowers it to what the model takes. */
  static int cap(BatchPredictor<?, ?> inner, int maxBatchSize) {
    if (maxBatchSize < 1) {
      throw new IllegalArgumentException("maxBatchSize must be at least 1, got " + maxBatchSize);
    }
    return Math.min(maxBatchSize, inner.traits().maxBatchSize());
  }

  /** To be called when the subclass is complete. */
  final void start() {
    dispatcher.start();
  }

  /** The arrival of a request, if {@link #gather} reads it. */
  abstract long arrivalNanos();

  /** Waits for requests and moves those to be run together into a list, also if interrupted. */
  abstract void gather(BlockingQueue<Queued<I, O>> queue, List<Queued<I, O>> batch)
      throws InterruptedException;

  private void dispatch() {
    List<Queued<I, O>> batch = new ArrayList<>();
    while (setGathering(true)) {
      try {
        gather(queue, batch);
      } catch (InterruptedException e) {
        // Closing: what was gathered is run, and what is left below.
      }
      setGathering(false);
      run(batch);
    }
    while (queue.drainTo(batch, 1) > 0) {
      run(batch);
    }
    inner.close();
  }

  /** Says whether the dispatcher may be interrupted: an engine and its callers must not be. */
  private synchronized boolean setGathering(boolean value) {
    gathering = value && !closed;
    var unused = Thread.interrupted();
    return !closed;
  }

  private synchronized void stopGathering() {
    closed = true;
    if (gathering) {
      dispatcher.interrupt();
    }
  }

  private void run(List<Queued<I, O>> batch) {
    batch.removeIf(CallFuture::isDone);
    if (!batch.isEmpty()) {
      try {
        inner.run(new CallBatch<>(batch));
      } catch (Throwable t) {
        batch.forEach(call -> call.refuse(t));
      }
    }
    batch.clear();
  }

  @Override
  public final CompletableFuture<O> submit(I input, CallOptions options) {
    return submit(input, options, false);
  }

  private CallFuture<I, O> submit(I input, CallOptions options, boolean blocking) {
    CallOptions armed =
        Deadline.isSet(options) ? Deadline.start(options, System.nanoTime()) : options;
    Queued<I, O> call = new Queued<>(input, armed, arrivalNanos(), blocking);
    try {
      inner.traits().check(input);
    } catch (InvalidInputException e) {
      call.refuse(e);
      return call;
    }
    if (Deadline.isSet(armed)) {
      call.startTimeout(Timer.system());
    }
    if (closed) {
      call.refuse(new PredictorClosedException(toString()));
    } else if (!enter(call)) {
      call.refuse(new OverloadedException(MOST_QUEUED, queue.size(), Duration.ofMillis(1)));
    } else if (closed && queue.remove(call)) { // perhaps too late for the dispatcher
      call.refuse(new PredictorClosedException(toString()));
    }
    return call;
  }

  private boolean enter(Queued<I, O> call) {
    if (call.options().overload() == CallOptions.Overload.FAIL) {
      return queue.offer(call);
    }
    try {
      queue.put(call);
      return true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  @Override
  public final O predict(I input, CallOptions options) {
    return BlockedCaller.await(submit(input, options, true));
  }

  @Override
  public final List<O> predictAll(List<I> inputs, CallOptions options) {
    List<CallFuture<I, O>> calls = new ArrayList<>(inputs.size());
    inputs.forEach(input -> calls.add(submit(input, options, true)));
    try {
      List<O> answers = new ArrayList<>(calls.size());
      calls.forEach(call -> answers.add(BlockedCaller.await(call)));
      return answers;
    } finally {
      calls.forEach(call -> call.cancel(true)); // those behind one that failed
    }
  }

  @Override
  public final void close() {
    stopGathering();
    if (Thread.currentThread() == dispatcher) {
      return; // from a callback: the dispatcher cannot wait for itself
    }
    boolean interrupted = false;
    while (dispatcher.isAlive()) {
      try {
        dispatcher.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
