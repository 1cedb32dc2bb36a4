package dev.inproc.inference.deploy;

import dev.inproc.inference.CallOptions;
import dev.inproc.inference.ForwardingPredictor;
import dev.inproc.inference.Predictor;
import dev.inproc.inference.PredictorClosedException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Tells how each call of a canary or a control lane ended. A list counts as one call. A call that
 * the lane refuses since it is being closed has not ended: the router tries it again.
 */
final class ObservedPredictor<I, O> extends ForwardingPredictor<I, O> {
  private final Observer<O> observer;

  /** Is told of calls, on the threads that end them; must be quick, and must not throw. */
  interface Observer<O> {
    /** Returns the present time. */
    long nanoTime();

    /**
     * Tells the end of a call.
     *
     * @param output the answer; null for a list and for a failure
     * @param failure null if the call was answered
     */
    void ended(
        CallOptions options, long startNanos, @Nullable O output, @Nullable Throwable failure);
  }

  ObservedPredictor(Predictor<I, O> predictor, Observer<O> observer) {
    super(predictor);
    this.observer = observer;
  }

  @Override
  public O predict(I input, CallOptions options) {
    long start = observer.nanoTime();
    O output;
    try {
      output = super.predict(input, options);
    } catch (Throwable failure) {
      failed(options, start, failure);
      throw failure;
    }
    observer.ended(options, start, output, null);
    return output;
  }

  @Override
  public List<O> predictAll(List<I> inputs, CallOptions options) {
    long start = observer.nanoTime();
    List<O> outputs;
    try {
      outputs = super.predictAll(inputs, options);
    } catch (Throwable failure) {
      failed(options, start, failure);
      throw failure;
    }
    observer.ended(options, start, null, null);
    return outputs;
  }

  @Override
  public CompletableFuture<O> submit(I input, CallOptions options) {
    long start = observer.nanoTime();
    CompletableFuture<O> future;
    try {
      future = super.submit(input, options);
    } catch (Throwable failure) {
      failed(options, start, failure);
      throw failure;
    }
    var unused =
        future.whenComplete(
            (output, failure) -> {
              if (failure == null) {
                observer.ended(options, start, output, null);
              } else {
                failed(options, start, failure);
              }
            });
    return future;
  }

  private void failed(CallOptions options, long start, Throwable failure) {
    if (!(Endings.own(failure) instanceof PredictorClosedException)) {
      observer.ended(options, start, null, failure);
    }
  }

  @Override
  public String toString() {
    return inner().toString();
  }
}
