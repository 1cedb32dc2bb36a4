package dev.inproc.inference.engine;

import dev.inproc.inference.events.ServingListener;
import dev.inproc.inference.internal.concurrent.Durations;
import dev.inproc.inference.internal.concurrent.ServingThreads;
import dev.inproc.inference.internal.concurrent.Timer;
import dev.inproc.inference.internal.concurrent.Workers;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The threads and the clock of models: workers that run engines, a timer for deadlines, threads for
 * callbacks. Models loaded with the same runtime share them, and so do the layers around these
 * models. Two runtimes share no thread of this library. An engine's own native threads belong to no
 * runtime.
 *
 * <p>Models use {@link #shared} unless {@link SessionOptions.Builder#runtime} names another, which
 * an application needs only for one of these: threads that carry its own names or come from its own
 * factory, callbacks on its own executor, a context (logging, tracing) that callbacks carry, or a
 * clock of its own in tests.
 *
 * <pre>{@code
 * try (ServingRuntime runtime = ServingRuntime.builder("search")
 *         .context(() -> Context.current()::wrap) // OpenTelemetry
 *         .build();
 *     Session session =
 *         engine.load(model, SessionOptions.builder().runtime(runtime).build())) {
 *   ...
 * }
 * }</pre>
 *
 * <p>Thread-safe. Close the models first, then their runtime.
 */
public final class ServingRuntime implements AutoCloseable {
  private static final ServingRuntime SHARED =
      new ServingRuntime("inproc", ServingThreads.shared());

  private final String name;
  private final ServingThreads threads;
  private int models; // the number of open models
  private boolean isClosed;

  private ServingRuntime(String name, ServingThreads threads) {
    this.name = name;
    this.threads = threads;
  }

  /** Returns the runtime of the process. Its idle threads end by themselves. */
  public static ServingRuntime shared() {
    return SHARED;
  }

  /**
   * Starts a runtime.
   *
   * @param name the beginning of the names of its threads
   */
  public static Builder builder(String name) {
    return new Builder(name);
  }

  ServingThreads threads() {
    return threads;
  }

  /**
   * Returns a part of this runtime, for layers of this library that use its threads.
   *
   * @param part the type of the part
   */
  public <T> Optional<T> find(Class<T> part) {
    return part.isInstance(threads) ? Optional.of(part.cast(threads)) : Optional.empty();
  }

  /** Adds a listener, which hears of the models that use this runtime from now on. */
  public void addListener(ServingListener listener) {
    threads.events().add(Objects.requireNonNull(listener, "listener"));
  }

  /** Takes a listener out. It may still hear the event that it is being told. */
  public void removeListener(ServingListener listener) {
    threads.events().remove(Objects.requireNonNull(listener, "listener"));
  }

  /** Returns how many events were dropped, since a listener was too slow. */
  public long droppedEvents() {
    return threads.events().dropped();
  }

  /**
   * Counts a loaded model.
   *
   * @throws IllegalStateException if this is closed
   */
  synchronized void modelOpened() {
    if (isClosed) {
      throw new IllegalStateException(
          "Runtime \"" + name + "\" is closed: load the model with another");
    }
    models++;
    Workers.modelOpened();
  }

  synchronized void modelFreed() {
    models--;
    Workers.modelFreed();
  }

  /**
   * Ends the runtime's threads, after callbacks that run already, and waits for them up to a
   * minute. Idempotent.
   *
   * @throws IllegalStateException if models that use it are open, or if it is the shared one
   */
  @Override
  public void close() {
    if (!close(Duration.ofMinutes(1))) {
      throw new IllegalStateException(
          "Expected the callbacks of runtime \"" + name + "\" to end within a minute");
    }
  }

  /**
   * Closes as {@link #close()} does, but waits no longer than this.
   *
   * @return whether all threads have ended
   */
  public boolean close(Duration timeout) {
    Objects.requireNonNull(timeout, "timeout");
    synchronized (this) {
      if (models > 0) {
        throw new IllegalStateException(
            "Expected no open model, got "
                + models
                + " that use runtime \""
                + name
                + "\": close them");
      }
      isClosed = this != SHARED;
    }
    return threads.close(Durations.of(timeout));
  }

  @Override
  public String toString() {
    return "ServingRuntime[" + name + "]";
  }

  /** Collects what a runtime is made of. Not thread-safe. */
  public static final class Builder {
    private final String name;
    private @Nullable ThreadFactory factory;
    private @Nullable Executor callbackExecutor;
    private @Nullable Supplier<? extends UnaryOperator<Runnable>> context;
    private @Nullable Timer timer;

    private Builder(String name) {
      this.name = Objects.requireNonNull(name, "name");
    }

    /**
     * Sets the thread factory. It must make platform threads, since they run native code. Default:
     * daemon threads that inherit nothing from the thread that starts them.
     */
    public Builder threadFactory(ThreadFactory threads) {
      factory = Objects.requireNonNull(threads, "threads");
      return this;
    }

    /**
     * Sets the executor for callbacks of calls whose own options name none; see {@link
     * dev.inproc.inference.CallOptions#withExecutor} for what runs there. Default: threads of the
     * runtime, one more for each callback that blocks.
     */
    public Builder callbackExecutor(Executor executor) {
      callbackExecutor = Objects.requireNonNull(executor, "executor");
      return this;
    }

    /**
     * Sets how a caller's context comes to the callbacks of its calls. The supplier runs on the
     * thread that calls {@code submit}; what it returns wraps the task that completes the future.
     * It must be quick, and what it throws fails the {@code submit}.
     */
    public Builder context(Supplier<? extends UnaryOperator<Runnable>> capture) {
      context = Objects.requireNonNull(capture, "capture");
      return this;
    }

    /**
     * Sets the clock of deadlines and costs, and the executor that fires deadlines; for tests that
     * control the time. The runtime does not shut the executor down.
     *
     * @param nanoTime the present time, like {@link System#nanoTime}; it never runs backwards
     * @param scheduler runs short tasks after a delay on that clock
     */
    public Builder timeSource(LongSupplier nanoTime, ScheduledExecutorService scheduler) {
      Objects.requireNonNull(nanoTime, "nanoTime");
      Objects.requireNonNull(scheduler, "scheduler");
      timer =
          new Timer() {
            @Override
            public long nanoTime() {
              return nanoTime.getAsLong();
            }

            @Override
            public Scheduled schedule(Runnable task, long delayNanos) {
              Future<?> future = scheduler.schedule(task, delayNanos, TimeUnit.NANOSECONDS);
              return () -> future.cancel(false);
            }
          };
      return this;
    }

    /** Returns a runtime. It starts threads when work arrives. */
    public ServingRuntime build() {
      return new ServingRuntime(
          name, ServingThreads.named(name, factory, timer, callbackExecutor, context));
    }
  }
}
