package dev.inproc.inference.deploy;

import dev.inproc.inference.CallOptions;
import dev.inproc.inference.Predictor;
import dev.inproc.inference.PredictorClosedException;
import dev.inproc.inference.internal.concurrent.ServingThreads;
import dev.inproc.inference.internal.concurrent.Workers;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;

/**
 * A lane that is a function and keeps the contract of a predictor: it answers what it accepts,
 * refuses calls once it is closed, and {@code close} waits for its calls.
 */
class FakeLane implements Predictor<Integer, String> {
  private static final int CLOSED = 1 << 30;

  final AtomicInteger calls = new AtomicInteger();
  final AtomicInteger closes = new AtomicInteger();
  final CountDownLatch closed = new CountDownLatch(1);
  volatile Thread closer;
  volatile CallOptions lastOptions = CallOptions.DEFAULT;
  private final AtomicInteger inFlight = new AtomicInteger();
  private final String name;
  private final Function<Integer, String> function;
  private final ServingThreads threads;

  FakeLane(String name, Function<Integer, String> function, ServingThreads threads) {
    this.name = name;
    this.function = function;
    this.threads = threads;
  }

  private void enter(CallOptions options) {
    lastOptions = options;
    if (inFlight.incrementAndGet() >= CLOSED) {
      inFlight.decrementAndGet();
      throw new PredictorClosedException(name);
    }
    calls.incrementAndGet();
  }

  private void leave() {
    if (inFlight.decrementAndGet() == CLOSED) {
      closed.countDown();
    }
  }

  @Override
  public String predict(Integer input, CallOptions options) {
    enter(options);
    try {
      return function.apply(input);
    } finally {
      leave();
    }
  }

  @Override
  public List<String> predictAll(List<Integer> inputs, CallOptions options) {
    enter(options);
    try {
      return inputs.stream().map(function).toList();
    } finally {
      leave();
    }
  }

  @Override
  public CompletableFuture<String> submit(Integer input, CallOptions options) {
    try {
      enter(options);
    } catch (PredictorClosedException e) {
      return CompletableFuture.failedFuture(e);
    }
    CompletableFuture<String> future = new CompletableFuture<>();
    Workers.shared()
        .turn(
            this,
            () -> {
              try {
                String answer = function.apply(input);
                leave();
                future.complete(answer);
              } catch (Throwable t) {
                leave();
                future.completeExceptionally(t);
              }
            });
    return future;
  }

  @Override
  public void close() {
    closes.incrementAndGet();
    closer = Thread.currentThread();
    int before = inFlight.getAndUpdate(count -> count >= CLOSED ? count : count + CLOSED);
    if (before == 0) {
      closed.countDown();
    }
    boolean interrupted = false;
    while (true) {
      try {
        closed.await();
        break;
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  boolean isClosed() {
    return closed.getCount() == 0;
  }

  @Override
  public boolean close(Duration timeout) {
    close();
    return true;
  }

  @Override
  public <T> Optional<T> find(Class<T> control) {
    if (control.isInstance(threads)) {
      return Optional.of(control.cast(threads));
    }
    return Predictor.super.find(control);
  }

  @Override
  public String toString() {
    return name;
  }
}
