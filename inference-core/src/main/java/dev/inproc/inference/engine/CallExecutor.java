package dev.inproc.inference.engine;

import dev.inproc.inference.BlockedCaller;
import dev.inproc.inference.CallOptions;
import dev.inproc.inference.Cancellation;
import dev.inproc.inference.Deadline;
import dev.inproc.inference.DeadlineExceededException;
import dev.inproc.inference.DeadlineExceededException.Stage;
import dev.inproc.inference.EngineException;
import dev.inproc.inference.PredictorClosedException;
import dev.inproc.inference.internal.calls.Waiting;
import dev.inproc.inference.internal.concurrent.ServingThreads;
import dev.inproc.inference.internal.concurrent.Threads;
import dev.inproc.inference.internal.concurrent.Timer;
import dev.inproc.inference.internal.concurrent.Workers;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Decides on which thread a call's work is done, and keeps the model open while it is. The calling
 * thread is the shortest way. But a call with a timeout must be able to return while the engine
 * runs on, and a virtual thread must not carry native code: these go to a worker, unless the caller
 * is that worker (a callback), who would wait for itself.
 */
final class CallExecutor {
  private final LoadedModel model;

  CallExecutor(LoadedModel model) {
    this.model = model;
  }

  /** What is to be done while the model is open. */
  interface Work<T> {
    /**
     * Does it, or part of it; the switch, if there is one, stops it.
     *
     * @return null if more of it is to be done, and other calls may go first
     */
    @Nullable T run(@Nullable Cancellation stop);
  }

  private static <T> T runAll(Work<T> work, @Nullable Cancellation stop) {
    T result = work.run(stop);
    while (result == null) {
      result = work.run(stop);
    }
    return result;
  }

  /** Fixes a call's deadline. */
  CallOptions arm(CallOptions options) {
    return Deadline.isSet(options) ? Deadline.start(options, model.timer.nanoTime()) : options;
  }

  /** Does work, blocking. */
  <T> T call(Work<T> work, CallOptions armed) {
    boolean turning = Workers.isTurning(model.queue);
    if ((Deadline.isSet(armed) || Threads.currentIsVirtual()) && !turning) {
      return Waiting.await(admit(work, armed, true));
    }
    enter();
    try {
      return Deadline.isSet(armed) ? withDeadline(work, armed) : runAll(work, null);
    } catch (EngineException e) {
      throw model.queue.isAbandoned() ? closed(e) : e;
    } finally {
      model.lifetime.release();
    }
  }

  /** The run failed because a bounded close stopped it. */
  private PredictorClosedException closed(EngineException stopped) {
    return new PredictorClosedException(model.name, stopped);
  }

  /** Does work later, on a worker. */
  <T> CompletableFuture<T> submit(Work<T> work, CallOptions armed) {
    return admit(work, armed, false);
  }

  /** Enters the model's lifetime, to be left by the caller. */
  void enter() {
    if (!model.lifetime.acquire()) {
      throw new PredictorClosedException(model.name);
    }
  }

  /** Works on this thread and stops the engine at the deadline, as soon as it can be stopped. */
  private <T> T withDeadline(Work<T> work, CallOptions armed) {
    Duration timeout = Objects.requireNonNull(armed.timeout());
    long remaining = Deadline.remainingNanos(armed, model.timer.nanoTime());
    if (remaining <= 0) {
      throw new DeadlineExceededException(timeout, model.name, Stage.QUEUED);
    }
    Cancellation stop = new Cancellation();
    Timer.Scheduled alarm = model.timer.schedule(stop::cancel, remaining);
    try {
      return runAll(work, stop);
    } catch (RuntimeException e) {
      throw stop.isCancelled()
          ? new DeadlineExceededException(timeout, model.name, Stage.RUNNING)
          : e;
    } finally {
      alarm.cancel();
    }
  }

  private <T> CompletableFuture<T> admit(Work<T> work, CallOptions armed, boolean blocking) {
    QueuedCall<T> call =
        new QueuedCall<>(work, blocking ? BlockedCaller.options(armed) : armed, blocking);
    if (!blocking) {
      call.captureContext();
    }
    if (!model.lifetime.acquire()) {
      call.refuse(new PredictorClosedException(model.name));
      return call;
    }
    Throwable refusal = enqueue(call);
    if (refusal != null) {
      model.lifetime.release();
      call.refuse(refusal);
    }
    return call;
  }

  private @Nullable Throwable enqueue(QueuedCall<?> call) {
    CallOptions options = call.options();
    if (Deadline.isSet(options)) {
      if (Deadline.remainingNanos(options, model.timer.nanoTime()) <= 0) {
        return call.expired();
      }
      call.startTimeout(model.timer);
    }
    try {
      return model.queue.offer(call);
    } catch (Throwable t) {
      return t; // no thread to be had
    }
  }

  /** Work in the queue, and the future of its outcome. */
  private final class QueuedCall<T> extends CallQueue.Entry<Work<T>, T> {
    private final boolean blocking;

    QueuedCall(Work<T> work, CallOptions options, boolean blocking) {
      super(model.queue, work, options);
      this.blocking = blocking;
    }

    @Override
    protected boolean isBlocking() {
      return blocking;
    }

    @Override
    protected ServingThreads threads() {
      return model.threads;
    }

    @Override
    protected Object predictor() {
      return model.name;
    }

    @Override
    protected Stage stage() {
      return isRunning() ? Stage.RUNNING : Stage.QUEUED;
    }

    @Override
    protected void onDelivery(boolean begins) {
      if (begins) {
        model.lifetime.retain();
      } else {
        model.lifetime.release();
      }
    }

    @Override
    boolean execute() {
      if (isDone()) {
        return true;
      }
      T result = input().run(whenGone());
      if (result == null) {
        return false;
      }
      answer(result);
      return true;
    }

    @Override
    void left() {
      releaseInput();
      model.lifetime.release();
    }
  }
}
