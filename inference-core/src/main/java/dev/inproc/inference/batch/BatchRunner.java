package dev.inproc.inference.batch;

import dev.inproc.inference.BatchPredictor;
import dev.inproc.inference.BlockedCaller;
import dev.inproc.inference.PredictorClosedException;
import dev.inproc.inference.internal.concurrent.Timer;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * Runs batches, learns what they cost, and ends every request of them. Several loops may run at
 * once.
 */
final class BatchRunner<I, O> {
  private static final double LUCKY = 0.1; // quantile of a run's time, an optimistic estimate

  private static final long RETRY_NANOS = 1_000_000; // a sooner retry is of no use
  private static final long UNKNOWN_RETRY_NANOS = 100_000_000; // before costs are known

  // Below these costs, one request or run in eight is timed.
  private static final long CHEAP_ROW_NANOS = 2_000;
  private static final long CHEAP_RUN_NANOS = 20_000;
  private static final int SAMPLE = 7;

  private final BatchPredictor<I, O> inner;
  private final Timer timer;
  private final CostEstimator cost;
  private final StatsCounter figures;
  private final Isolation<I, O> isolation;
  private final RequestQueue<?> queue;
  private final int maxBatchSize;
  private volatile boolean cheapRows;
  private volatile double meanBytes; // of the last batch's requests
  private volatile @Nullable PredictorClosedException aborted;

  BatchRunner(
      BatchPredictor<I, O> inner,
      Timer timer,
      CostEstimator cost,
      StatsCounter figures,
      RequestQueue<?> queue,
      int maxBatchSize,
      int parallelism) {
    this.inner = inner;
    this.timer = timer;
    this.cost = cost;
    this.figures = figures;
    this.queue = queue;
    this.maxBatchSize = maxBatchSize;
    isolation = new Isolation<>(figures, timer, queue, parallelism);
  }

  // ---- running ----

  /**
   * Runs a batch.
   *
   * @param current tells other threads of the run while it lasts
   * @return as {@link RequestBatch#backlog}
   */
  int run(List<Request<I, O>> requests, DispatchReason reason, CurrentRun<I, O> current) {
    long start = timer.nanoTime();
    long bytes = 0;
    for (Request<I, O> request : requests) {
      bytes += request.bytes();
    }
    figures.began(reason, requests.size());
    Request<I, O> one = requests.get(Math.floorMod(start, requests.size()));
    if (one.arrivalNanos() != Request.UNSTAMPED) {
      figures.queued(start - one.arrivalNanos(), requests.size());
    }
    RequestBatch<I, O> gathered = new RequestBatch<>(requests, figures, queue::waiting);
    double typical = cost.nanos(requests.size(), bytes, LUCKY);
    current.begin(gathered, start, start + (long) typical);
    try {
      PredictorClosedException closed = aborted;
      if (closed != null) {
        requests.forEach(request -> request.fail(BlockedCaller.failure(closed), figures));
        return RequestBatch.UNKNOWN_BACKLOG;
      }
      run(gathered);
      ended(gathered, bytes, timer.nanoTime() - start, current);
      return gathered.backlog();
    } finally {
      current.end();
      gathered.releaseInputs();
    }
  }

  private void run(RequestBatch<I, O> gathered) {
    Throwable thrown = null;
    try {
      inner.run(gathered);
    } catch (Throwable t) {
      thrown = t; // against the contract, but the callers must get a failure
    }
    gathered.end(thrown);
  }

  private void ended(
      RequestBatch<I, O> gathered, long bytes, long nanos, CurrentRun<I, O> current) {
    int rows = gathered.size();
    figures.ended(nanos);
    cheapRows = nanos < rows * CHEAP_ROW_NANOS;
    int answered = gathered.answered();
    if (answered > 0) {
      isolation.well();
    }
    if (answered == rows) {
      if (nanos >= CHEAP_RUN_NANOS || isSampled()) {
        cost.record(rows, bytes, nanos);
      }
      meanBytes = (double) bytes / rows;
    } else if (!gathered.suspects().isEmpty()) {
      isolation.settle(gathered.suspects(), requests -> rerun(requests, current));
    }
  }

  private RequestBatch<I, O> rerun(List<Request<I, O>> requests, CurrentRun<I, O> current) {
    current.goesOn(timer.nanoTime());
    figures.began(DispatchReason.ISOLATION, requests.size());
    RequestBatch<I, O> gathered = new RequestBatch<>(requests, figures, queue::waiting);
    run(gathered);
    return gathered;
  }

  /** A run that has not begun does not begin: its requests fail with this. */
  void abort(PredictorClosedException reason) {
    aborted = reason;
  }

  // ---- what is known of runs ----

  /** Whether a row costs about as much as carrying its request. */
  boolean areRowsCheap() {
    return cheapRows;
  }

  /** True for one in eight, at random. */
  static boolean isSampled() {
    return (ThreadLocalRandom.current().nextInt() & SAMPLE) == 0;
  }

  boolean isCostKnown() {
    return cost.isKnown();
  }

  /** The 10th percentile of the run time of one request: an optimistic estimate. */
  double luckyNanos(long bytes) {
    return cost.nanos(1, bytes, LUCKY);
  }

  /** The time until there should be room again: what this many requests take in full batches. */
  long retryAfterNanos(int requests) {
    return cost.isKnown() ? Math.max(RETRY_NANOS, nanosOf(requests)) : UNKNOWN_RETRY_NANOS;
  }

  private long nanosOf(int requests) {
    double full = Math.ceil((double) requests / maxBatchSize);
    int rows = Math.max(1, Math.min(requests, maxBatchSize));
    return (long) (full * cost.nanos(rows, (long) (rows * meanBytes)));
  }

  /** What two runs cost more than one run of all their rows: the fixed cost, once known. */
  double savedByJoining() {
    if (!cost.isKnown()) {
      return 0;
    }
    long bytes = (long) meanBytes;
    return 2 * cost.nanos(1, bytes) - cost.nanos(2, 2 * bytes);
  }
}
