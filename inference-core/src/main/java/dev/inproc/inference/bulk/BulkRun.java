package dev.inproc.inference.bulk;

import dev.inproc.inference.BlockedCaller;
import dev.inproc.inference.InferenceInterruptedException;
import dev.inproc.inference.InvalidInputException;
import dev.inproc.inference.Predictor;
import dev.inproc.inference.batch.BatchingStats;
import dev.inproc.inference.bulk.BulkScoring.BadRows;
import dev.inproc.inference.bulk.BulkScoring.Sink;
import dev.inproc.inference.engine.Session;
import dev.inproc.inference.internal.concurrent.CallbackExecutor;
import dev.inproc.inference.internal.concurrent.Durations;
import dev.inproc.inference.internal.concurrent.ServingThreads;
import dev.inproc.inference.internal.concurrent.Timer;
import java.time.Duration;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CancellationException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** One run of {@link BulkScoring}. One thread calls it; others may run its chunks. */
final class BulkRun<I, O> {
  private static final int CHUNKS_HELD = 2; // for each that is run at once, one waits

  private final BulkSettings settings;
  private final Predictor<I, O> predictor;
  private final RowReader<I> rows;
  private final Sink<? super I, ? super O> sink;
  private final BooleanSupplier isStopped;
  private final ChunkSize chunkSize;
  private final int parallelism;
  private final Timer timer;
  private final CallbackExecutor threads;
  private final long startNanos;
  private final BlockingQueue<Ran<I, O>> done = new LinkedBlockingQueue<>();
  private long answered;
  private long bad;
  private long toldNanos;
  private volatile boolean isEnded;

  BulkRun(
      BulkSettings settings,
      Predictor<I, O> predictor,
      Iterator<? extends I> rows,
      Sink<? super I, ? super O> sink,
      BooleanSupplier isStopped) {
    this.settings = settings;
    this.predictor = Objects.requireNonNull(predictor, "predictor");
    this.rows = new RowReader<>(rows);
    this.sink = Objects.requireNonNull(sink, "sink");
    this.isStopped = isStopped;
    int fixed = settings.chunkSize();
    chunkSize = fixed > 0 ? ChunkSize.fixed(fixed) : ChunkSize.learned(limit(predictor));
    int devices = predictor.find(Session.class).map(session -> session.devices().size()).orElse(1);
    parallelism = settings.parallelism() > 0 ? settings.parallelism() : devices;
    ServingThreads own = ServingThreads.of(predictor::find);
    timer = own.timer();
    threads = own.callbacks();
    startNanos = timer.nanoTime();
    toldNanos = startNanos;
  }

  /** A longer list would go through a batcher's queue. */
  private static int limit(Predictor<?, ?> predictor) {
    return predictor
        .find(BatchingStats.class)
        .map(BatchingStats::maxBatchSize)
        .orElse(Integer.MAX_VALUE);
  }

  /** A chunk that was run, and what ended the run, if anything. */
  private record Ran<I, O>(Chunk<I, O> chunk, @Nullable Throwable failure) {}

  BulkProgress run() {
    if (parallelism == 1) {
      for (Chunk<I, O> chunk; (chunk = next()) != null; ) {
        deliver(ran(chunk));
      }
    } else {
      runBeside();
    }
    rows.throwFailure();
    return progress();
  }

  /** Returns the next rows; null at the end, or before a row that cannot be read. */
  private @Nullable Chunk<I, O> next() {
    if (!rows.hasNext()) {
      return null;
    }
    if (Thread.interrupted()) {
      Thread.currentThread().interrupt();
      throw new InferenceInterruptedException(new InterruptedException());
    }
    if (isStopped.getAsBoolean()) {
      throw new CancellationException("The bulk run was stopped");
    }
    long first = rows.taken();
    List<I> chunk = rows.next(chunkSize.rows());
    return chunk.isEmpty() ? null : new Chunk<>(first, chunk);
  }

  private Ran<I, O> ran(Chunk<I, O> chunk) {
    long start = timer.nanoTime();
    try {
      if (!isEnded) {
        chunk.run(predictor, settings.options());
      }
    } catch (Throwable t) {
      return new Ran<>(chunk, t);
    }
    if (chunk.bad() == 0) {
      chunkSize.record(chunk.size(), timer.nanoTime() - start);
    }
    return new Ran<>(chunk, null);
  }

  // ---- several at once ----

  private void runBeside() {
    BlockingQueue<Optional<Chunk<I, O>>> todo = new LinkedBlockingQueue<>(); // empty: the end
    Map<Long, Ran<I, O>> early = new HashMap<>(); // by place: done before the one in front
    for (int i = 0; i < parallelism; i++) {
      threads.execute(() -> runAll(todo));
    }
    long delivered = 0;
    int held = 0;
    try {
      while (true) {
        for (Chunk<I, O> chunk;
            held < CHUNKS_HELD * parallelism && (chunk = next()) != null;
            held++) {
          todo.add(Optional.of(chunk));
        }
        if (held == 0) {
          return;
        }
        Ran<I, O> ran = awaitRan();
        if (!settings.isInOrder()) {
          deliver(ran);
          held--;
          continue;
        }
        early.put(ran.chunk.index(0), ran);
        for (Ran<I, O> first; (first = early.remove(delivered)) != null; held--) {
          delivered += first.chunk.size();
          deliver(first);
        }
      }
    } finally {
      isEnded = true;
      for (int i = 0; i < parallelism; i++) {
        todo.add(Optional.empty());
      }
    }
  }

  /** On a thread of the runtime. */
  private void runAll(BlockingQueue<Optional<Chunk<I, O>>> todo) {
    boolean interrupted = false;
    while (true) {
      try {
        Optional<Chunk<I, O>> chunk = todo.take();
        if (chunk.isEmpty()) {
          break;
        }
        done.add(ran(chunk.get()));
      } catch (InterruptedException e) {
        interrupted = true; // by a codec or a callback
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private Ran<I, O> awaitRan() {
    try {
      return done.take();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InferenceInterruptedException(e);
    }
  }

  // ---- delivering ----

  @SuppressWarnings("NullAway") // a row without a failure has an answer
  private void deliver(Ran<I, O> ran) {
    if (ran.failure != null) {
      throw BlockedCaller.rethrow(ran.failure);
    }
    Chunk<I, O> chunk = ran.chunk;
    for (int i = 0; i < chunk.size(); i++) {
      RuntimeException failure = chunk.failure(i);
      if (failure == null) {
        sink.accept(chunk.index(i), chunk.row(i), chunk.answer(i));
        answered++;
      } else {
        tellBad(chunk.index(i), chunk.row(i), failure);
      }
    }
    tellProgress();
  }

  private void tellBad(long index, I row, RuntimeException failure) {
    BadRows<Object> badRows = settings.badRows();
    if (badRows == null) {
      boolean isNamed = failure instanceof InvalidInputException && index <= Integer.MAX_VALUE;
      throw isNamed
          ? ((InvalidInputException) failure).atIndex((int) index)
          : BlockedCaller.rethrow(failure);
    }
    bad++;
    badRows.accept(index, row, failure);
  }

  private void tellProgress() {
    Consumer<? super BulkProgress> listener = settings.listener();
    if (listener == null) {
      return;
    }
    long now = timer.nanoTime();
    if (now - toldNanos >= Durations.of(settings.listenEvery())) {
      toldNanos = now;
      listener.accept(progress());
    }
  }

  private BulkProgress progress() {
    Duration elapsed = Duration.ofNanos(timer.nanoTime() - startNanos);
    return new BulkProgress(answered, bad, elapsed, chunkSize.rows());
  }
}
