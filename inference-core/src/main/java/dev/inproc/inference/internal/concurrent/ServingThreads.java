package dev.inproc.inference.internal.concurrent;

import dev.inproc.inference.events.EventBus;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadFactory;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The worker threads, the clock and the callback threads that some models have in common. A layer
 * finds the threads of the model that it decorates by {@code Predictor.find}; see {@link #of}.
 */
public final class ServingThreads {
  private static final ServingThreads SHARED =
      new ServingThreads(Workers.shared(), Timer.system(), CallbackExecutor.shared(), null, null);

  private final Workers workers;
  private final Timer timer;
  private final CallbackExecutor callbacks;
  private final EventBus events;
  private final @Nullable Executor callbackExecutor;
  private final @Nullable Supplier<? extends UnaryOperator<Runnable>> context;
  private final @Nullable SystemTimer own; // null if the threads are the process's

  /**
   * Creates a set.
   *
   * @param callbacks completes futures that have callbacks
   * @param callbackExecutor the executor of calls whose options name none, or null
   * @param context called by the thread that makes a call; what it returns wraps its callbacks
   */
  public ServingThreads(
      Workers workers,
      Timer timer,
      CallbackExecutor callbacks,
      @Nullable Executor callbackExecutor,
      @Nullable Supplier<? extends UnaryOperator<Runnable>> context) {
    this(workers, timer, callbacks, callbackExecutor, context, null);
  }

  private ServingThreads(
      Workers workers,
      Timer timer,
      CallbackExecutor callbacks,
      @Nullable Executor callbackExecutor,
      @Nullable Supplier<? extends UnaryOperator<Runnable>> context,
      @Nullable SystemTimer own) {
    this.workers = workers;
    this.timer = timer;
    this.callbacks = callbacks;
    events = new EventBus(task -> workers.turn(EventBus.class, task));
    this.callbackExecutor = callbackExecutor;
    this.context = context;
    this.own = own;
  }

  /** Returns the threads of the process. */
  public static ServingThreads shared() {
    return SHARED;
  }

  /**
   * Returns the threads of a predictor, or of the process if it names none.
   *
   * @param find the predictor's {@code find}
   */
  public static ServingThreads of(Function<Class<ServingThreads>, Optional<ServingThreads>> find) {
    return find.apply(ServingThreads.class).orElse(SHARED);
  }

  /** Returns the threads of the process with another clock, for tests. */
  public static ServingThreads withTimer(Timer timer) {
    return new ServingThreads(Workers.shared(), timer, CallbackExecutor.shared(), null, null);
  }

  /**
   * Creates threads of their own.
   *
   * @param name what the names of the threads begin with
   * @param factory makes the threads, or null
   * @param timer the clock, or null for the system's with a thread of its own
   */
  public static ServingThreads named(
      String name,
      @Nullable ThreadFactory factory,
      @Nullable Timer timer,
      @Nullable Executor callbackExecutor,
      @Nullable Supplier<? extends UnaryOperator<Runnable>> context) {
    Workers workers = new Workers(name, factory);
    SystemTimer own = new SystemTimer(name, factory);
    return new ServingThreads(
        workers,
        Objects.requireNonNullElse(timer, own),
        new CallbackExecutor(workers, own),
        callbackExecutor,
        context,
        own);
  }

  /** Returns the threads that turn models. */
  public Workers workers() {
    return workers;
  }

  /** Returns the clock. */
  public Timer timer() {
    return timer;
  }

  /** Returns what completes futures that have callbacks. */
  public CallbackExecutor callbacks() {
    return callbacks;
  }

  /** Returns what carries events to listeners. */
  public EventBus events() {
    return events;
  }

  /** Returns the executor of calls whose options name none, or null. */
  public @Nullable Executor callbackExecutor() {
    return callbackExecutor;
  }

  /** Returns what wraps the callbacks of a call that this thread makes, or null. */
  public @Nullable UnaryOperator<Runnable> capture() {
    return context == null ? null : context.get();
  }

  /**
   * Ends threads that {@link #named} created, after their work. They take no more.
   *
   * @return whether all have ended in time
   */
  public boolean close(long timeoutNanos) {
    if (own == null) {
      throw new IllegalStateException("The threads of the process end by themselves");
    }
    long end = System.nanoTime() + timeoutNanos;
    own.close();
    workers.close();
    return own.awaitEnd(end - System.nanoTime()) && workers.awaitEnd(end - System.nanoTime());
  }
}
