package dev.inproc.inference.batch;

import dev.inproc.inference.Batch;
import dev.inproc.inference.BatchPredictor;
import dev.inproc.inference.BatchTraits;
import dev.inproc.inference.CallOptions;
import dev.inproc.inference.internal.concurrent.Timer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BiConsumer;

/**
 * A batcher for one race: its model answers its own question, its time stands still, and no thread
 * is its own.
 */
final class Bench implements BatchPredictor<Long, Long> {
  private static final long STUCK_SECONDS = 5;

  final BatchScheduler<Long, Long> batcher;
  private final AtomicInteger active = new AtomicInteger();
  private final AtomicInteger closes = new AtomicInteger();
  private final AtomicInteger given = new AtomicInteger();
  private volatile boolean overlapped;

  /** Creates one whose slots are turned by the thread that takes them. */
  Bench(Batching batching) {
    this(batching, (lane, loop) -> loop.run());
  }

  Bench(Batching batching, BiConsumer<Object, Runnable> launcher) {
    batcher =
        new BatchScheduler<>(this, batching, new StoppedTimer(), BatchFixture.loopsOnly(launcher));
  }

  private static final class StoppedTimer implements Timer {
    @Override
    public long nanoTime() {
      return 0;
    }

    @Override
    public Scheduled schedule(Runnable task, long delayNanos) {
      return () -> {};
    }
  }

  /** Closes, and says whether that went by itself. */
  String closeBatcher() {
    long start = System.nanoTime();
    boolean all = batcher.close(Duration.ofSeconds(STUCK_SECONDS));
    boolean late = System.nanoTime() - start > TimeUnit.SECONDS.toNanos(STUCK_SECONDS) / 2;
    return all && !late ? "released" : "stuck";
  }

  int closes() {
    return closes.get();
  }

  /** What a request ended with. */
  static String outcome(CompletableFuture<Long> future) {
    try {
      return future.get(STUCK_SECONDS, TimeUnit.SECONDS) == 1L ? "answered" : "another's answer";
    } catch (ExecutionException e) {
      String kind = e.getCause().getClass().getSimpleName();
      return switch (kind) {
        case "DeadlineExceededException" -> "expired";
        case "PredictorClosedException" -> "closed";
        case "OverloadedException" -> "overloaded";
        default -> kind;
      };
    } catch (java.util.concurrent.CancellationException e) {
      return "cancelled";
    } catch (TimeoutException e) {
      return "forgotten";
    } catch (InterruptedException e) {
      return "interrupted";
    }
  }

  /** Whether each that came was counted out once, none waits, and no two runs met. */
  String accounts() {
    BatchingMetrics m = batcher.metrics();
    long ended =
        m.answered() + m.failed() + m.expired() + m.cancelled() + m.overloaded() + m.closed();
    if (overlapped) {
      return "two runs at once";
    }
    if (closes.get() > 1) {
      return "closed twice";
    }
    return m.submitted() == ended && m.waiting() == 0 && m.waitingBytes() == 0
        ? "even"
        : m.submitted() + " came, " + ended + " ended, " + m.waiting() + " wait";
  }

  /** The same, when notices had time to come. */
  String accountsAtLast() {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(STUCK_SECONDS);
    String accounts = accounts();
    while (!accounts.equals("even") && System.nanoTime() - end < 0) {
      LockSupport.parkNanos(20_000);
      accounts = accounts();
    }
    return accounts;
  }

  /** How many answers were taken of those that runs gave. */
  int given() {
    return given.get();
  }

  // ---- the model ----

  private void use(Runnable run) {
    if (active.getAndIncrement() > 0 || closes.get() > 0) {
      overlapped = true;
    }
    run.run();
    active.getAndDecrement();
  }

  @Override
  public void run(Batch<Long, Long> batch) {
    use(
        () -> {
          for (int i = 0; i < batch.size(); i++) {
            given.addAndGet(batch.complete(i, batch.input(i)) ? 1 : 0);
          }
        });
  }

  @Override
  public Long predict(Long input, CallOptions options) {
    use(() -> {});
    return input;
  }

  @Override
  public List<Long> predictAll(List<Long> inputs, CallOptions options) {
    return inputs;
  }

  @Override
  public CompletableFuture<Long> submit(Long input, CallOptions options) {
    return CompletableFuture.completedFuture(input);
  }

  @Override
  public void close() {
    closes.incrementAndGet();
  }

  @Override
  public BatchTraits<Long> traits() {
    return new BatchTraits<>() {
      @Override
      public void check(Long input) {}

      @Override
      public long bytes(Long input) {
        return 100;
      }

      @Override
      public int maxBatchSize() {
        return Integer.MAX_VALUE;
      }
    };
  }
}
