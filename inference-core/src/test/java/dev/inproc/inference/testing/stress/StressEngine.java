package dev.inproc.inference.testing.stress;

import dev.inproc.inference.Batch;
import dev.inproc.inference.BatchPredictor;
import dev.inproc.inference.BatchTraits;
import dev.inproc.inference.CallOptions;
import dev.inproc.inference.Cancellation;
import dev.inproc.inference.EngineException;
import dev.inproc.inference.InvalidInputException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * A predictor that does its work and goes wrong now and then: runs that hold poison fail and name
 * nobody; others fail, fail as a whole, throw, forget their last calls, are slow, or hang until
 * they are stopped. It hangs only where every caller is sure to leave. Notes every breach of
 * contract that it sees. Thread-safe.
 */
final class StressEngine<I, O> implements BatchPredictor<Ticket, O> {
  private static final int ONE_IN = 10_000;
  private static final int THREADS = 3;
  private static final ThreadLocal<Boolean> RUNNING = new ThreadLocal<>();

  private final BatchPredictor<I, O> inner;
  private final Function<Ticket, I> encode;
  private final Consumer<String> violations;
  private final int model;
  private final long inlineNanos;
  private final AtomicInteger active = new AtomicInteger();
  private final AtomicInteger closes = new AtomicInteger();
  private final LongAdder runs = new LongAdder();
  private final LongAdder faults = new LongAdder();
  private final LongAdder hangs = new LongAdder();
  private volatile boolean mayHang; // any run: its callers will be released

  StressEngine(
      BatchPredictor<I, O> inner,
      Function<Ticket, I> encode,
      int model,
      long inlineNanos,
      Consumer<String> violations) {
    this.inner = inner;
    this.encode = encode;
    this.model = model;
    this.inlineNanos = inlineNanos;
    this.violations = violations;
  }

  /** Whether the calling thread runs a batch, or completes its calls: no callback may run here. */
  static boolean isRunningHere() {
    return RUNNING.get() != null;
  }

  /** Whoever waits will be released: runs may hang. */
  void hangFreely() {
    mayHang = true;
  }

  int closes() {
    return closes.get();
  }

  int active() {
    return active.get();
  }

  long runs() {
    return runs.sum();
  }

  long faults() {
    return faults.sum();
  }

  long hangs() {
    return hangs.sum();
  }

  @Override
  public BatchTraits<Ticket> traits() {
    BatchTraits<I> traits = inner.traits();
    return new BatchTraits<>() {
      @Override
      public void check(Ticket ticket) {
        if (ticket.id() < 0) {
          throw new InvalidInputException("id", "at least 0", Long.toString(ticket.id()));
        }
      }

      @Override
      public long bytes(Ticket ticket) {
        return 1 + (ticket.id() & 1023);
      }

      @Override
      public int maxBatchSize() {
        return traits.maxBatchSize();
      }
    };
  }

  // ---- batches ----

  @Override
  public void run(Batch<Ticket, O> batch) {
    runs.increment();
    active.incrementAndGet();
    for (int i = 0; i < batch.size(); i++) {
      if (!batch.input(i).enter()) {
        violations.accept(batch.input(i) + " runs twice at once");
      }
      if (batch.input(i).model() != model) {
        violations.accept(batch.input(i) + " runs in model " + model);
      }
    }
    RUNNING.set(true);
    try {
      if (closes.get() > 0) {
        violations.accept("a run after closing");
      }
      if (batch.size() == 0) {
        violations.accept("a run of nobody");
      }
      runOrFail(batch);
    } finally {
      RUNNING.remove();
      for (int i = 0; i < batch.size(); i++) {
        batch.input(i).leave();
      }
      active.decrementAndGet();
    }
  }

  private void runOrFail(Batch<Ticket, O> batch) {
    int draw = ThreadLocalRandom.current().nextInt(ONE_IN);
    if (mayHang ? draw % 4 == 0 : draw < 4 && allLeave(batch)) {
      hang(batch);
      return;
    }
    if (IntStream.range(0, batch.size()).anyMatch(i -> batch.input(i).isPoison())) {
      faults.increment();
      failAll(batch, new EngineException("poisoned", null));
    } else if (draw < 40) {
      faults.increment();
      failAll(batch, new EngineException("of unknown cause", null));
    } else if (draw < 60) {
      faults.increment();
      failAll(batch, EngineException.systemic("the device is lost", null));
    } else if (draw < 80) {
      faults.increment();
      throw new IllegalStateException("thrown against the contract");
    } else if (draw < 100) {
      faults.increment();
      if (batch.size() > 1) {
        inner.run(new Encoded(batch, batch.size() / 2, null));
      }
    } else {
      if (draw < 130) {
        LockSupport.parkNanos(200_000);
      }
      if (draw < 150) {
        runOnThreads(batch);
      } else {
        inner.run(new Encoded(batch, batch.size(), null));
      }
    }
  }

  /** Completes the calls from several threads at once, of which it is none. */
  private void runOnThreads(Batch<Ticket, O> batch) {
    List<Runnable> completions = new ArrayList<>();
    inner.run(new Encoded(batch, batch.size(), completions));
    List<CompletableFuture<Void>> threads = new ArrayList<>();
    for (int thread = 0; thread < THREADS; thread++) {
      int first = thread;
      threads.add(
          CompletableFuture.runAsync(
              () -> {
                RUNNING.set(true);
                try {
                  for (int i = first; i < completions.size(); i += THREADS) {
                    completions.get(i).run();
                  }
                } finally {
                  RUNNING.remove();
                }
              }));
    }
    threads.forEach(CompletableFuture::join);
  }

  private static boolean allLeave(Batch<Ticket, ?> batch) {
    return IntStream.range(0, batch.size()).allMatch(i -> batch.input(i).timed);
  }

  private void hang(Batch<Ticket, O> batch) {
    hangs.increment();
    Thread here = Thread.currentThread();
    Cancellation stop = batch.watch(IntStream.range(0, batch.size()).toArray());
    if (stop.arm(() -> LockSupport.unpark(here))) {
      while (!stop.isCancelled()) {
        LockSupport.park(this);
      }
    }
    stop.disarm();
    failAll(batch, new EngineException("terminated", null));
  }

  private static void failAll(Batch<?, ?> batch, RuntimeException failure) {
    for (int i = 0; i < batch.size(); i++) {
      batch.fail(i, failure);
    }
  }

  /** What the inner predictor sees: the first few of a batch, in its own terms. */
  private final class Encoded implements Batch<I, O> {
    private final Batch<Ticket, O> batch;
    private final int size;
    private final @Nullable List<Runnable> completions; // to be run later

    Encoded(Batch<Ticket, O> batch, int size, @Nullable List<Runnable> completions) {
      this.batch = batch;
      this.size = size;
      this.completions = completions;
    }

    @Override
    public int size() {
      return size;
    }

    @Override
    public I input(int index) {
      return encode.apply(batch.input(index));
    }

    @Override
    public boolean isGone(int index) {
      return batch.isGone(index);
    }

    @Override
    public boolean complete(int index, O output) {
      if (completions != null) {
        completions.add(() -> completeNow(index, output));
        return true;
      }
      return completeNow(index, output);
    }

    private boolean completeNow(int index, O output) {
      boolean taken = batch.complete(index, output);
      if (taken) {
        batch.input(index).give();
      }
      return taken;
    }

    @Override
    public boolean fail(int index, Throwable failure) {
      return batch.fail(index, failure);
    }

    @Override
    public Cancellation watch(int[] indexes) {
      return batch.watch(indexes);
    }

    @Override
    public void ran(int rows, double padding) {
      batch.ran(rows, padding);
    }
  }

  // ---- callers that run it themselves ----

  @Override
  public O predict(Ticket ticket, CallOptions options) {
    traits().check(ticket);
    inlineFault(ticket.isPoison());
    O output = inner.predict(encode.apply(ticket), options);
    ticket.give();
    return output;
  }

  @Override
  public List<O> predictAll(List<Ticket> tickets, CallOptions options) {
    tickets.forEach(traits()::check);
    inlineFault(tickets.stream().anyMatch(Ticket::isPoison));
    List<O> outputs = inner.predictAll(tickets.stream().map(encode).toList(), options);
    tickets.forEach(Ticket::give);
    return outputs;
  }

  private void inlineFault(boolean poisoned) {
    if (inlineNanos > 0) {
      long end = System.nanoTime() + inlineNanos;
      while (System.nanoTime() - end < 0) {
        Thread.onSpinWait();
      }
    }
    if (poisoned || ThreadLocalRandom.current().nextInt(ONE_IN) < 20) {
      faults.increment();
      throw new EngineException(poisoned ? "poisoned" : "of unknown cause", null);
    }
  }

  @Override
  public CompletableFuture<O> submit(Ticket ticket, CallOptions options) {
    throw new UnsupportedOperationException("A batcher submits nothing to what it wraps");
  }

  @Override
  public void close() {
    if (closes.incrementAndGet() > 1) {
      violations.accept("closed twice");
    }
    if (active.get() > 0) {
      violations.accept("closed under " + active + " runs");
    }
    inner.close();
  }

  @Override
  public String toString() {
    return "stressed(" + inner + ")";
  }
}
