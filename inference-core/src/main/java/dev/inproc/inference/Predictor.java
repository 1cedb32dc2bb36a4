package dev.inproc.inference;

import dev.inproc.inference.internal.concurrent.BoundedClose;
import dev.inproc.inference.internal.concurrent.Durations;
import dev.inproc.inference.internal.concurrent.ServingThreads;
import dev.inproc.inference.metrics.LayerDescription;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * Answers requests with a model. Any number of threads may share one.
 *
 * <p>Layers stack by {@code with}: each wraps what it is called on, owns it, and closes it when it
 * is closed itself.
 *
 * <pre>{@code
 * try (Predictor<String, float[]> embedder = engine.load(model).with(codec)) {
 *   float[] v = embedder.predict("how do I reset my password?");
 * }
 * }</pre>
 *
 * <p>Outcomes: an answer, or an {@link InferenceException} of the kind that says what happened, or
 * a {@link java.util.concurrent.CancellationException}. The blocking methods throw it; a future
 * fails with it, unwrapped. A {@code null} argument is a {@link NullPointerException} at once.
 *
 * <p>Every call keeps its own options and its own outcome: that it was run together with others
 * shows in nothing but the time it took.
 *
 * @param <I> a request
 * @param <O> an answer
 */
public interface Predictor<I, O> extends AutoCloseable {

  /**
   * Answers later. Returns at once: it never blocks and never runs the engine on the caller's
   * thread, though codecs do encode there.
   *
   * <p>Callbacks of the future, and decoders, run on the executor that the options name, else on
   * the library's callback threads. A callback may block, throw, and wait for any predictor, this
   * one included: it delays no other call, but for some milliseconds at most. Cancelling the
   * future, or completing it from outside, withdraws the call: one that waits is never run, and a
   * run whose callers are all gone is stopped.
   */
  CompletableFuture<O> submit(I input, CallOptions options);

  /**
   * Answers, blocking. May run the engine on the calling thread when that is the shortest way;
   * never for a call with a timeout, which must be able to return in time, and never on a virtual
   * thread.
   *
   * <p>An interrupt ends a wait with {@link InferenceInterruptedException}; a run on the calling
   * thread cannot be interrupted, and leaves the interrupt status set.
   */
  O predict(I input, CallOptions options);

  /**
   * Answers a list, blocking: one answer per input, in order. The call fails as a whole, with the
   * first failure; use {@link #submit} for inputs whose outcomes should be apart. The timeout is
   * for the whole list.
   */
  List<O> predictAll(List<I> inputs, CallOptions options);

  /**
   * Stops taking calls, waits until accepted calls have been answered, then releases everything.
   * Idempotent. Later calls fail with {@link PredictorClosedException}. Closing from a callback of
   * this predictor does not wait; the last call to finish releases.
   */
  @Override
  void close();

  /**
   * Closes as {@link #close()} does, but returns half a second after the timeout at the latest.
   * Calls that were accepted and have no outcome at the timeout fail with {@link
   * PredictorClosedException}, and their runs are stopped. A run that does not stop keeps its
   * native memory until it ends, since freeing it would crash the JVM; a caller that is inside such
   * a run cannot be released. What is not released in time is released later, on a thread of the
   * library.
   *
   * <p>This default has {@link #close()} called on a thread of the library. It fails no call.
   *
   * @return whether everything has been released
   */
  default boolean close(Duration timeout) {
    return BoundedClose.close(
        ServingThreads.of(this::find).workers(), this::close, Durations.of(timeout));
  }

  /**
   * Returns whether an answer may depend on the calls before it, because the model keeps state or
   * because that is not known yet: a cache must not keep such answers. A layer returns what the
   * predictor that it wraps returns.
   */
  default boolean keepsState() {
    return false;
  }

  /**
   * Returns the outermost layer of this chain that is of a type, such as {@code CacheControl}. What
   * is found works on the layer as it is in the chain, from any thread.
   *
   * <pre>{@code
   * embedder.find(CacheControl.class).ifPresent(CacheControl::invalidateAll);
   * }</pre>
   *
   * <p>A layer that wraps another returns itself, or what the other finds.
   */
  default <T> Optional<T> find(Class<T> control) {
    return control.isInstance(this) ? Optional.of(control.cast(this)) : Optional.empty();
  }

  /**
   * Returns what this predictor is and what its layers count, as a tree that prints readably and
   * maps to JSON. Takes some ten microseconds a layer.
   *
   * <pre>{@code
   * System.out.println(embedder.describe());
   * }</pre>
   *
   * <p>A layer that wraps another puts the other's description inside its own.
   */
  default LayerDescription describe() {
    return new LayerDescription("predictor", this.toString(), List.of(), List.of());
  }

  /**
   * Returns a view whose answers carry what the layers tell of them: where an answer came from,
   * which version gave it. A list through this view is as many calls as it has inputs. Closing the
   * view closes this predictor.
   */
  default Predictor<I, Answer<O>> answers() {
    return new AnswersView<>(this);
  }

  /** {@link #submit(Object, CallOptions)} with the default options. */
  default CompletableFuture<O> submit(I input) {
    return submit(input, CallOptions.DEFAULT);
  }

  /** {@link #predict(Object, CallOptions)} with the default options. */
  default O predict(I input) {
    return predict(input, CallOptions.DEFAULT);
  }

  /** {@link #predictAll(List, CallOptions)} with the default options. */
  default List<O> predictAll(List<I> inputs) {
    return predictAll(inputs, CallOptions.DEFAULT);
  }

  /** Wraps this predictor in a layer that keeps its types. The result owns this predictor. */
  @SuppressWarnings("overloads") // a Decorator cannot be a lambda, so no call is ambiguous
  default Predictor<I, O> with(Decorator decorator) {
    return decorator.decorate(this);
  }

  /**
   * Wraps this predictor in a layer that changes its types, such as a {@link Codec}. The result
   * owns this predictor.
   */
  @SuppressWarnings("overloads")
  default <A, B> Predictor<A, B> with(Adapter<A, B, I, O> adapter) {
    return adapter.adapt(this);
  }

  /**
   * Returns a view that answers as this predictor does but whose {@code close()} leaves it open,
   * for handing to a layer or a component that closes what it is given. The view refuses calls once
   * it is closed itself.
   *
   * <p>This is the one view that does not own: closing what {@code with}, {@link #answers} or a
   * session's {@code outputs} returned closes this predictor.
   */
  default Predictor<I, O> borrowed() {
    return new BorrowedPredictor<>(this);
  }
}
