package dev.inproc.inference.testing;

import dev.inproc.inference.Batch;
import dev.inproc.inference.BatchPredictor;
import dev.inproc.inference.BatchTraits;
import dev.inproc.inference.CallOptions;
import dev.inproc.inference.Cancellation;
import dev.inproc.inference.EngineException;
import dev.inproc.inference.InvalidInputException;
import dev.inproc.inference.PredictorClosedException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * A batch predictor that knows no tensor: it answers an id with {@link LedgerModel#f}. By script it
 * fails, blocks, forgets, poisons, completes from several threads and takes its time on a manual
 * clock; it records its runs and notes every breach of a gatherer's contract: an input run twice at
 * once or after its caller had gone, too large a batch, a close under a run, a second close.
 * Negative ids do not pass its check. Thread-safe.
 */
public final class LedgerEngine implements BatchPredictor<Long, Long> {
  private static final int MOST_RECORDED = 10_000;

  private final int maxBatchSize;
  private final List<List<Long>> runs = new ArrayList<>();
  private final Queue<RuntimeException> failures = new ConcurrentLinkedQueue<>();
  private final Queue<String> violations = new ConcurrentLinkedQueue<>();
  private final Set<Long> poison = ConcurrentHashMap.newKeySet();
  private final AtomicInteger started = new AtomicInteger();
  private final AtomicInteger inline = new AtomicInteger();
  private final AtomicInteger active = new AtomicInteger();
  private final AtomicInteger batches = new AtomicInteger();
  private final AtomicInteger mostActive = new AtomicInteger();
  private final AtomicInteger closes = new AtomicInteger();
  private final AtomicInteger stopped = new AtomicInteger();
  private volatile IntConsumer work = rows -> {};
  private volatile Runnable onPoison = () -> {};
  private volatile @Nullable Gate gate;
  private volatile int forgotten;
  private volatile int completers;

  private volatile boolean recording = true;

  /** Creates one without a limit to its batches. */
  public LedgerEngine() {
    this(Integer.MAX_VALUE);
  }

  /** Creates one whose runs may hold so many requests. */
  public LedgerEngine(int maxBatchSize) {
    this.maxBatchSize = maxBatchSize;
  }

  // ---- the script ----

  /** Makes the next run fail with this. */
  public void failNext(RuntimeException failure) {
    failures.add(failure);
  }

  /** Makes every run that holds this id fail, without saying whose fault it is. */
  public void poison(long id) {
    poison.add(id);
  }

  /** Does something in every run that holds poison. */
  public void onPoison(Runnable something) {
    onPoison = something;
  }

  /** Makes runs leave out so many of the last calls. */
  public void forget(int calls) {
    forgotten = calls;
  }

  /** Makes runs complete their calls from so many threads at once, none of which is the runner. */
  public void completeFrom(int threads) {
    completers = threads;
  }

  /** Makes runs wait at a gate until it opens or they are stopped. */
  public Gate block() {
    Gate made = new Gate();
    gate = made;
    return made;
  }

  /** Makes runs pass without waiting again. */
  public void unblock() {
    gate = null;
  }

  /** Does something in every run, such as letting a manual clock go on; given the rows. */
  public void work(IntConsumer something) {
    work = something;
  }

  /** Stops recording runs, for stress. */
  public void recordNothing() {
    recording = false;
  }

  // ---- the record ----

  /** Returns the ids of each batch run, failed ones included, inline ones not. */
  public List<List<Long>> runs() {
    synchronized (runs) {
      return List.copyOf(runs);
    }
  }

  /** Returns how many batch runs have started. */
  public int started() {
    return started.get();
  }

  /** Returns how many calls of {@code predict} or {@code predictAll} came. */
  public int inline() {
    return inline.get();
  }

  /** Returns the most runs, inline ones too, that were under way at once. */
  public int mostActive() {
    return mostActive.get();
  }

  /** Returns how many runs were stopped since nobody waited. */
  public int stopped() {
    return stopped.get();
  }

  /** Returns how often it was closed. */
  public int closes() {
    return closes.get();
  }

  /** Returns every breach of contract so far; a test expects none. */
  public List<String> violations() {
    return List.copyOf(violations);
  }

  // ---- the predictor ----

  @Override
  public BatchTraits<Long> traits() {
    return new BatchTraits<>() {
      @Override
      public void check(Long id) {
        if (id < 0) {
          throw new InvalidInputException("id", "at least 0", id.toString());
        }
      }

      @Override
      public long bytes(Long id) {
        return Long.BYTES;
      }

      @Override
      public int maxBatchSize() {
        return maxBatchSize;
      }
    };
  }

  @Override
  public void run(Batch<Long, Long> batch) {
    started.incrementAndGet();
    List<Long> ids = IntStream.range(0, batch.size()).mapToObj(batch::input).toList();
    if (recording) {
      synchronized (runs) {
        if (runs.size() < MOST_RECORDED) {
          runs.add(ids);
        }
      }
    }
    if (ids.size() > maxBatchSize || ids.isEmpty()) {
      violations.add("a batch of " + ids.size());
    }
    Cancellation stop = batch.watch(IntStream.range(0, batch.size()).toArray());
    batches.incrementAndGet();
    try {
      enter(ids, stop);
      if (closes.get() > 0) {
        violations.add("closed under a run");
      }
    } catch (RuntimeException e) {
      for (int i = 0; i < ids.size(); i++) {
        batch.fail(i, e);
      }
      return;
    } finally {
      batches.decrementAndGet();
    }
    int threads = completers;
    if (threads == 0) {
      complete(batch, ids, 0, 1);
      return;
    }
    IntStream.range(0, threads)
        .mapToObj(t -> CompletableFuture.runAsync(() -> complete(batch, ids, t, threads)))
        .toList()
        .forEach(CompletableFuture::join);
  }

  private void complete(Batch<Long, Long> batch, List<Long> ids, int first, int step) {
    for (int i = first; i < ids.size() - forgotten; i += step) {
      batch.complete(i, LedgerModel.f(ids.get(i)));
    }
  }

  private void enter(List<Long> ids, Cancellation stop) {
    mostActive.accumulateAndGet(active.incrementAndGet(), Math::max);
    try {
      if (closes.get() > 0) {
        throw new PredictorClosedException("ledger");
      }
      pass(stop);
      RuntimeException failure = failures.poll();
      if (failure != null) {
        throw failure;
      }
      if (ids.stream().anyMatch(poison::contains)) {
        onPoison.run();
        throw new EngineException("poisoned", null);
      }
      work.accept(ids.size());
    } finally {
      active.decrementAndGet();
    }
  }

  private void pass(Cancellation stop) {
    Gate here = gate;
    if (here == null) {
      return;
    }
    if (!stop.arm(here::shake)) {
      stopped.incrementAndGet();
      throw new EngineException("not run", null);
    }
    try {
      here.pass(stop::isCancelled);
    } catch (EngineException e) {
      stopped.incrementAndGet();
      throw e;
    } finally {
      stop.disarm();
    }
  }

  @Override
  public Long predict(Long id, CallOptions options) {
    inline.incrementAndGet();
    traits().check(Objects.requireNonNull(id));
    enter(List.of(id), new Cancellation());
    return LedgerModel.f(id);
  }

  @Override
  public List<Long> predictAll(List<Long> ids, CallOptions options) {
    inline.incrementAndGet();
    ids.forEach(traits()::check);
    enter(ids, new Cancellation());
    return ids.stream().map(LedgerModel::f).toList();
  }

  @Override
  public CompletableFuture<Long> submit(Long id, CallOptions options) {
    throw new UnsupportedOperationException("A batcher submits nothing to what it wraps");
  }

  @Override
  public void close() {
    if (closes.incrementAndGet() > 1) {
      violations.add("closed twice");
    }
    if (batches.get() > 0) {
      violations.add("closed under " + batches.get() + " runs");
    }
    while (active.get() > 0) {
      Thread.onSpinWait(); // calls of others are ended first, as every predictor does
    }
  }

  @Override
  public String toString() {
    return "ledger";
  }
}
