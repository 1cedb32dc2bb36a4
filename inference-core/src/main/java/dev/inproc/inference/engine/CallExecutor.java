package dev.inproc.inference.engine;

import dev.inproc.inference.BlockedCaller;
import dev.inproc.inference.CallOptions;
import dev.inproc.inference.Cancellation;
import dev.inproc.inference.Deadline;
import dev.inproc.inference.DeadlineExceededException;
import dev.inproc.inference.DeadlineExceededException.Stage;
import dev.inproc.inference.EngineException;
import dev.inproc.inference.PredictorClosedException;
import dev.inproc.inference.internal.calls.Queued;
import dev.inproc.inference.internal.concurrent.RefCountedResource;
import dev.inproc.inference.internal.concurrent.ServingThreads;
import dev.inproc.inference.internal.concurrent.Threads;
import dev.inproc.inference.internal.concurrent.Timer;
import dev.inproc.inference.internal.concurrent.Workers;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Chooses the thread for a call's work, and keeps the model open during the work. The calling
 * thread is cheapest. A worker does the work of a call with a timeout, which must be able to return
 * while the engine still runs, and of a virtual thread, which native code would pin. A callback on
 * one of this model's own workers is the exception: it would wait for itself, so it does the work
 * in place.
 */
final class CallExecutor {
  private final String model;
  private final CallQueue queue;
  private final RefCountedResource lifetime;
  private final ServingThreads threads;
  private final Timer timer;

  /**
   * Creates an executor.
   *
   * @param model what messages call the model
   * @param lifetime what each call keeps open
   */
  CallExecutor(String model, CallQueue queue, RefCountedResource lifetime, ServingThreads threads) {
    this.model = model;
    this.queue = queue;
    this.lifetime = lifetime;
    this.threads = threads;
    timer = threads.timer();
  }

  private static <T> T runAll(ModelTask<T> work, @Nullable Cancellation stop) {
    T result = work.run(stop, null);
    while (result == null) {
      result = work.run(stop, null);
    }
    return result;
  }

  /** Fixes a call's deadline. */
  CallOptions arm(CallOptions options) {
    return Deadline.isSet(options) ? Deadline.start(options, timer.nanoTime()) : options;
  }

  /** Does work for a blocking call. */
  <T> T call(ModelTask<T> work, CallOptions armed) {
    boolean turning = Workers.isTurning(queue);
    if ((Deadline.isSet(armed) || Threads.currentIsVirtual()) && !turning) {
      return BlockedCaller.await(admit(work, armed, true));
    }
    enter();
    try {
      return Deadline.isSet(armed) ? withDeadline(work, armed) : runAll(work, null);
    } catch (EngineException e) {
      throw queue.isAbandoned() ? closed(e) : e;
    } finally {
      lifetime.release();
    }
  }

  /** The failure of a run that a bounded close stopped. */
  private PredictorClosedException closed(EngineException stopped) {
    return new PredictorClosedException(model, stopped);
  }

  /** Does work later, on a worker. */
  <T> CompletableFuture<T> submit(ModelTask<T> work, CallOptions armed) {
    return admit(work, armed, false);
  }

  /** Keeps the model open; the caller releases it. */
  void enter() {
    if (!lifetime.acquire()) {
      throw new PredictorClosedException(model);
    }
  }

  /** Works on this thread and stops the engine at the deadline, as soon as it can be stopped. */
  private <T> T withDeadline(ModelTask<T> work, CallOptions armed) {
    Duration timeout = Objects.requireNonNull(armed.timeout());
    long remaining = Deadline.remainingNanos(armed, timer.nanoTime());
    if (remaining <= 0) {
      throw new DeadlineExceededException(timeout, model, Stage.QUEUED);
    }
    Cancellation stop = new Cancellation();
    Timer.Scheduled alarm = timer.schedule(stop::cancel, remaining);
    try {
      return runAll(work, stop);
    } catch (RuntimeException e) {
      throw stop.isCancelled() ? new DeadlineExceededException(timeout, model, Stage.RUNNING) : e;
    } finally {
      alarm.cancel();
    }
  }

  private <T> CompletableFuture<T> admit(ModelTask<T> work, CallOptions armed, boolean blocking) {
    QueuedCall<T> call =
        new QueuedCall<>(work, blocking ? BlockedCaller.options(armed) : armed, blocking);
    if (!blocking) {
      call.captureContext();
    }
    if (!lifetime.acquire()) {
      call.refuse(new PredictorClosedException(model));
      return call;
    }
    Throwable refusal = enqueue(call);
    if (refusal != null) {
      lifetime.release();
      call.refuse(refusal);
    }
    return call;
  }

  private @Nullable Throwable enqueue(QueuedCall<?> call) {
    CallOptions options = call.options();
    if (Deadline.isSet(options)) {
      if (Deadline.remainingNanos(options, timer.nanoTime()) <= 0) {
        return call.expired();
      }
      call.startTimeout(timer);
    }
    try {
      return queue.offer(call);
    } catch (Throwable t) {
      return t; // no thread could be started
    }
  }

  /** Work in the queue, and the future of its outcome. */
  private final class QueuedCall<T> extends CallQueue.Entry<ModelTask<T>, T> implements Queued {
    private final boolean blocking;
    private long arrivalNanos = now();

    QueuedCall(ModelTask<T> work, CallOptions options, boolean blocking) {
      super(queue, work, options);
      this.blocking = blocking;
    }

    private long now() {
      return RunRecording.isOn() ? timer.nanoTime() : UNKNOWN;
    }

    @Override
    public long arrivalNanos() {
      return arrivalNanos;
    }

    @Override
    protected boolean isBlocking() {
      return blocking;
    }

    @Override
    protected ServingThreads threads() {
      return threads;
    }

    @Override
    protected Object predictor() {
      return model;
    }

    @Override
    protected Stage stage() {
      return isRunning() ? Stage.RUNNING : Stage.QUEUED;
    }

    @Override
    protected void onDelivery(boolean begins) {
      if (begins) {
        lifetime.retain();
      } else {
        lifetime.release();
      }
    }

    @Override
    boolean execute() {
      if (isDone()) {
        return true;
      }
      T result = input().run(whenGone(), this);
      if (result == null) {
        arrivalNanos = now(); // a list waits again
        return false;
      }
      answer(result);
      return true;
    }

    @Override
    void left() {
      releaseInput();
      lifetime.release();
    }
  }
}
