package dev.inproc.inference.spring.boot;

import dev.inproc.inference.CallOptions;
import dev.inproc.inference.Decorator;
import dev.inproc.inference.ForwardingPredictor;
import dev.inproc.inference.Predictor;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** A layer that gives a time limit to calls whose options have none. */
final class DefaultTimeout implements Decorator {
  private final Duration timeout;

  DefaultTimeout(Duration timeout) {
    if (timeout.isNegative() || timeout.isZero()) {
      throw new IllegalArgumentException("timeout must be more than zero, got " + timeout);
    }
    this.timeout = timeout;
  }

  @Override
  public <I, O> Predictor<I, O> decorate(Predictor<I, O> inner) {
    return new Limited<>(inner, timeout);
  }

  private static final class Limited<I, O> extends ForwardingPredictor<I, O> {
    private final Duration timeout;
    private final CallOptions defaults; // so that a call without options allocates none

    Limited(Predictor<I, O> inner, Duration timeout) {
      super(inner);
      this.timeout = timeout;
      defaults = CallOptions.timeout(timeout);
    }

    @SuppressWarnings("ReferenceEquality") // a shortcut: equal options are served alike
    private CallOptions limited(CallOptions options) {
      if (options.timeout() != null) {
        return options;
      }
      return options == CallOptions.DEFAULT ? defaults : options.withTimeout(timeout);
    }

    @Override
    public CompletableFuture<O> submit(I input, CallOptions options) {
      return super.submit(input, limited(options));
    }

    @Override
    public O predict(I input, CallOptions options) {
      return super.predict(input, limited(options));
    }

    @Override
    public List<O> predictAll(List<I> inputs, CallOptions options) {
      return super.predictAll(inputs, limited(options));
    }

    @Override
    public String toString() {
      return "within(" + timeout + ", " + inner() + ")";
    }
  }
}
