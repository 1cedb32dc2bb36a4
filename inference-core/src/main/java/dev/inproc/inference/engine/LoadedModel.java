package dev.inproc.inference.engine;

import dev.inproc.inference.CallOptions;
import dev.inproc.inference.PredictorClosedException;
import dev.inproc.inference.events.ServingEvent.ModelFreed;
import dev.inproc.inference.events.ServingEvent.ModelLoaded;
import dev.inproc.inference.internal.concurrent.BoundedClose;
import dev.inproc.inference.internal.concurrent.CallbackExecutor;
import dev.inproc.inference.internal.concurrent.Durations;
import dev.inproc.inference.internal.concurrent.RefCountedResource;
import dev.inproc.inference.internal.concurrent.ServingThreads;
import dev.inproc.inference.internal.concurrent.Workers;
import dev.inproc.inference.metrics.Figure;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * A loaded model, shared by all its views: does the work of calls while it is open, and is freed
 * when the last of them has left.
 */
final class LoadedModel {
  final ReplicaSet replicas;
  private final ServingThreads threads;
  private final Workers workers;
  private final CallQueue queue;
  private final RefCountedResource lifetime;
  private final CallExecutor executor;
  private volatile @Nullable BackgroundTask background;
  private volatile boolean isAnnounced;
  // By outputs, so that views made anew for every call share their bindings.
  private final Map<List<Integer>, Runner> runners = new ConcurrentHashMap<>();

  /** Work that goes on beside the calls, and ends when the model is closed. */
  interface BackgroundTask extends Runnable {
    /** Ends the work: at once if it rests, else as soon as the engine can be stopped. */
    void stop();

    /** Returns whether the work has ended, in whatever way. */
    boolean isDone();

    /** Waits a moment for what the work alone holds to be freed. */
    void awaitFreed(long nanos);
  }

  LoadedModel(ReplicaSet replicas, ServingThreads threads) {
    this.replicas = replicas;
    this.threads = threads;
    workers = threads.workers();
    SessionOptions options = replicas.options;
    queue =
        new CallQueue(
            workers,
            options.parallelism() * replicas.size(),
            options.maxQueued(),
            replicas.costs::meanNanos);
    lifetime = new RefCountedResource(this::free, this::runAsJanitor);
    executor = new CallExecutor(replicas.name, queue, lifetime, threads);
    options.runtime().modelOpened(); // until it is freed
  }

  /**
   * Returns a model of the same replicas under another batch axis. This one must not be used any
   * more.
   */
  LoadedModel under(BatchAxis axis) {
    List<Runnable> steps = runnerCloses();
    steps.add(replicas.options.runtime()::modelFreed); // in place of this model
    CloseAll.all(steps);
    return new LoadedModel(replicas.under(axis), threads);
  }

  String name() {
    return replicas.name;
  }

  ServingThreads threads() {
    return threads;
  }

  /** Returns the runner of these outputs, whose bindings are freed before the model. */
  Runner runner(List<Integer> outputs) {
    return runners.computeIfAbsent(outputs, wanted -> new Runner(replicas, wanted));
  }

  List<Integer> allOutputs() {
    return IntStream.range(0, replicas.layout.raw().outputs().size()).boxed().toList();
  }

  // ---- calls ----

  /** Fixes a call's deadline. */
  CallOptions arm(CallOptions options) {
    return executor.arm(options);
  }

  /** Does the work of a call that blocks. */
  <T> T call(ModelTask<T> task, CallOptions armed) {
    return executor.call(task, armed);
  }

  /** Does the work of a call later, on a worker. */
  <T> CompletableFuture<T> submit(ModelTask<T> task, CallOptions armed) {
    return executor.submit(task, armed);
  }

  /**
   * Keeps the model open until {@link #leave}.
   *
   * @throws PredictorClosedException if it is closed
   */
  void enter() {
    executor.enter();
  }

  void leave() {
    lifetime.release();
  }

  /** Starts work beside the calls, on a worker. */
  void startInBackground(BackgroundTask task) {
    background = task;
    workers.turn(task, task);
  }

  // ---- closing ----

  /** Takes no more calls. What is native is freed when the last call has left. */
  void beginClose() {
    BackgroundTask task = background;
    if (task != null) {
      task.stop(); // first: the probe must not report the closing as a finding
    }
    lifetime.close();
  }

  /** Closes a model that nothing uses, and waits until it is freed. */
  void discard() {
    beginClose();
    var unused = awaitFreed(Durations.FOREVER);
  }

  /** Closes the model and waits until it is freed, where this thread may wait. */
  void close() {
    var unused = close(Durations.FOREVER);
  }

  boolean awaitFreed(long nanos) {
    return lifetime.awaitFreed(nanos);
  }

  /**
   * Closes the model and waits this long for calls to end; then stops runs and fails their callers.
   *
   * @return whether everything has been freed
   */
  boolean close(Duration timeout) {
    if (close(Durations.of(timeout))) {
      return true;
    }
    if (mustNotWait()) {
      return false; // the timeout has not passed, so accepted calls are still answered
    }
    queue.abandon(new PredictorClosedException(replicas.name));
    runners.values().forEach(Runner::terminateAll);
    if (close(BoundedClose.GRACE_NANOS)) {
      return true;
    }
    SessionLog.LOG.log(
        Level.WARNING,
        "{0}: a run did not stop within {1} and {2} more; its native memory stays allocated"
            + " until it ends",
        replicas.name,
        timeout,
        Duration.ofNanos(BoundedClose.GRACE_NANOS));
    return false;
  }

  private boolean close(long nanos) {
    beginClose();
    long wait = mustNotWait() ? 0 : nanos;
    boolean freed = awaitFreed(wait);
    BackgroundTask task = background;
    if (task != null) {
      task.awaitFreed(wait);
    }
    return freed;
  }

  /**
   * A worker of this model would wait for itself. A callback that closes must not wait for runs of
   * other callers, which may hang. The last call to leave frees the model.
   */
  private boolean mustNotWait() {
    return Workers.isTurning(queue) || CallbackExecutor.isCallback();
  }

  /** The model serves from now on. */
  void announce(Duration took) {
    isAnnounced = true;
    threads.events().publish(new ModelLoaded(replicas.name, replicas.devices(), took));
  }

  /** No caller frees a model: that may take long. */
  private void runAsJanitor(Runnable free) {
    workers.turn(
        this,
        () -> {
          free.run();
          NativeHeap.process().modelFreed();
        });
  }

  private void free() {
    List<Runnable> steps = runnerCloses();
    replicas.all.forEach(replica -> steps.add(replica.model()::close));
    if (isAnnounced) { // else it served the probe alone
      steps.add(() -> threads.events().publish(new ModelFreed(replicas.name)));
    }
    steps.add(replicas.options.runtime()::modelFreed); // last: the runtime may close then
    CloseAll.all(steps);
  }

  private List<Runnable> runnerCloses() {
    List<Runnable> steps = new ArrayList<>();
    runners.values().forEach(runner -> steps.add(runner::close));
    return steps;
  }

  /** Returns what the model counts, whatever views of it there are. */
  List<Figure> figures() {
    String chosen = replicas.deviceReason;
    return List.of(
        new Figure.Info("state", state()),
        new Figure.Info("device", replicas.devices() + (chosen == null ? "" : ", " + chosen)),
        new Figure.Info("integrity", replicas.integrity().status().toString()),
        Figure.counter("runs", "run", replicas.engineRuns.sum()),
        Figure.Spread.seconds("run.time", replicas.runNanos.snapshot()),
        Figure.gauge("run.age", "second", longestRunNanos() / 1e9),
        Figure.gauge("queue.waiting", "call", queue.waiting()),
        Figure.gauge("queue.outside", "call", queue.outside()),
        Figure.gauge("queue.capacity", "call", queue.capacity()),
        Figure.gauge("memory.pooled", "byte", (double) nativeBytes()));
  }

  private String state() {
    if (lifetime.isClosed()) {
      return "closed";
    }
    BackgroundTask probe = background;
    return probe != null && !probe.isDone() ? "starting" : "open";
  }

  private long longestRunNanos() {
    return runners.values().stream().mapToLong(Runner::longestRunNanos).max().orElse(0);
  }

  long nativeBytes() {
    return runners.values().stream().mapToLong(Runner::nativeBytes).sum();
  }
}
