package dev.inproc.inference.cache;

import dev.inproc.inference.BlockedCaller;
import dev.inproc.inference.CallOptions;
import dev.inproc.inference.InvalidInputException;
import dev.inproc.inference.Predictor;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.function.Supplier;

/** A model that records its runs; by hand, each ends when a test says so. Thread-safe. */
final class FakeModel<I, O> implements Predictor<I, O> {
  private final Function<? super I, ? extends O> function;
  private final boolean byHand;
  private final Supplier<CompletableFuture<O>> futures;
  private final List<Run<I, O>> runs = new ArrayList<>();
  private final List<List<I>> lists = new ArrayList<>();
  private final AtomicInteger closes = new AtomicInteger();

  private FakeModel(
      Function<? super I, ? extends O> function,
      boolean byHand,
      Supplier<CompletableFuture<O>> futures) {
    this.function = function;
    this.byHand = byHand;
    this.futures = futures;
  }

  static <I, O> FakeModel<I, O> of(Function<? super I, ? extends O> function) {
    return new FakeModel<>(function, false, CompletableFuture::new);
  }

  static <I, O> FakeModel<I, O> byHand(Function<? super I, ? extends O> function) {
    return new FakeModel<>(function, true, CompletableFuture::new);
  }

  /** By hand, with futures that a test makes. */
  static <I, O> FakeModel<I, O> withFutures(Supplier<CompletableFuture<O>> futures) {
    return new FakeModel<>(
        input -> {
          throw new AssertionError("The test ends the runs");
        },
        true,
        futures);
  }

  record Run<I, O>(I input, CallOptions options, CompletableFuture<O> future) {}

  /** Answers a run as the model would. */
  void finish(int run) {
    Run<I, O> which = run(run);
    try {
      which.future.complete(function.apply(which.input));
    } catch (RuntimeException e) {
      which.future.completeExceptionally(e);
    }
  }

  void fail(int run, Throwable failure) {
    run(run).future.completeExceptionally(failure);
  }

  Run<I, O> run(int index) {
    synchronized (runs) {
      return runs.get(index);
    }
  }

  /** Drops the record of runs and what it holds. */
  void forget() {
    synchronized (runs) {
      runs.clear();
    }
  }

  /** Returns how many single calls came. */
  int runs() {
    synchronized (runs) {
      return runs.size();
    }
  }

  List<List<I>> lists() {
    synchronized (runs) {
      return List.copyOf(lists);
    }
  }

  int closes() {
    return closes.get();
  }

  @Override
  public CompletableFuture<O> submit(I input, CallOptions options) {
    CompletableFuture<O> future = futures.get();
    int index;
    synchronized (runs) {
      index = runs.size();
      runs.add(new Run<>(input, options, future));
    }
    if (!byHand) {
      finish(index);
    }
    return future;
  }

  @Override
  public O predict(I input, CallOptions options) {
    return BlockedCaller.await(submit(input, options));
  }

  @Override
  public List<O> predictAll(List<I> inputs, CallOptions options) {
    synchronized (runs) {
      lists.add(List.copyOf(inputs));
    }
    List<O> answers = new ArrayList<>();
    for (int i = 0; i < inputs.size(); i++) {
      try {
        answers.add(function.apply(inputs.get(i)));
      } catch (InvalidInputException e) {
        throw e.atIndex(i);
      }
    }
    return answers;
  }

  @Override
  public void close() {
    closes.incrementAndGet();
  }

  @Override
  public String toString() {
    return "fake";
  }
}
