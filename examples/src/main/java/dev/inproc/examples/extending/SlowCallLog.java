package dev.inproc.examples.extending;

import dev.inproc.inference.CallOptions;
import dev.inproc.inference.Decorator;
import dev.inproc.inference.ForwardingPredictor;
import dev.inproc.inference.Predictor;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;

/** A layer that reports calls that take longer than a limit, by their request ids. */
public final class SlowCallLog implements Decorator {
  /** What {@code find(SlowCallLog.Control.class)} reaches in a chain. */
  public interface Control {
    /** Returns how many calls were slow. */
    long slowCalls();
  }

  private final Duration limit;
  private final Consumer<String> log;

  /**
   * Creates a layer that may stand around any number of predictors.
   *
   * @param log takes a line for each slow call, on the thread that completed it; must not block
   */
  public SlowCallLog(Duration limit, Consumer<String> log) {
    this.limit = limit;
    this.log = log;
  }

  @Override
  public <I, O> Predictor<I, O> decorate(Predictor<I, O> inner) {
    return new Layer<>(inner);
  }

  private final class Layer<I, O> extends ForwardingPredictor<I, O> implements Control {
    private final LongAdder slow = new LongAdder();

    Layer(Predictor<I, O> inner) {
      super(inner);
    }

    @Override
    public O predict(I input, CallOptions options) {
      long start = System.nanoTime();
      try {
        return super.predict(input, options);
      } finally {
        ended(start, options);
      }
    }

    @Override
    public CompletableFuture<O> submit(I input, CallOptions options) {
      long start = System.nanoTime();
      CompletableFuture<O> future = super.submit(input, options);
      var unused = future.whenComplete((answer, failure) -> ended(start, options));
      return future; // not the derived one: cancelling that would not withdraw the call
    }

    @Override
    public List<O> predictAll(List<I> inputs, CallOptions options) {
      long start = System.nanoTime();
      try {
        return super.predictAll(inputs, options);
      } finally {
        ended(start, options);
      }
    }

    private void ended(long start, CallOptions options) {
      long nanos = System.nanoTime() - start;
      if (nanos > limit.toNanos()) {
        slow.increment();
        log.accept("slow call " + options.requestId() + ": " + nanos / 1_000_000 + " ms");
      }
    }

    @Override
    public long slowCalls() {
      return slow.sum();
    }

    @Override
    public String toString() {
      return "slowCallLog(" + inner() + ")";
    }
  }
}
