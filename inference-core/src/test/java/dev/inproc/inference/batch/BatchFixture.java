package dev.inproc.inference.batch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.testing.Await;
import dev.inproc.inference.testing.LedgerEngine;
import dev.inproc.inference.testing.LedgerModel;
import dev.inproc.inference.testing.ManualTimer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiConsumer;

/**
 * A batcher over a ledger engine, on a clock that stands still, whose loop the test turns by hand:
 * nothing runs until it says so. Closing it turns what is left and checks I3 and I4.
 */
final class BatchFixture implements AutoCloseable {
  static final long MICRO = 1_000;
  private static final Duration HANG = Duration.ofSeconds(5);

  final ManualTimer timer = new ManualTimer();
  final LedgerEngine engine;
  final BatchScheduler<Long, Long> batcher;
  private final Deque<BatchLoop<?, ?>> started = new ArrayDeque<>();

  BatchFixture(Batching batching) {
    this(batching, new LedgerEngine());
  }

  BatchFixture(Batching batching, LedgerEngine engine) {
    this.engine = engine;
    batcher =
        new BatchScheduler<>(
            engine, batching, timer, loopsOnly((lane, loop) -> started.add(loop(loop))));
  }

  /** Returns a launcher that gets the loops; the task that closes the model runs in place. */
  static BiConsumer<Object, Runnable> loopsOnly(BiConsumer<Object, Runnable> launcher) {
    return (lane, task) -> {
      if (task instanceof BatchLoop) {
        launcher.accept(lane, task);
      } else {
        task.run();
      }
    };
  }

  private static BatchLoop<?, ?> loop(Runnable loop) {
    return (BatchLoop<?, ?>) loop;
  }

  /** Loops that were called for and have not been turned. */
  int started() {
    return started.size();
  }

  /** One turn of the loop that was called for; see {@link BatchLoop#doWork}. */
  long turnOnce() {
    return started.getFirst().doWork();
  }

  /** Turns all that were called for until nothing is left, as workers would. */
  void turn() {
    while (!started.isEmpty()) {
      started.removeFirst().run();
    }
  }

  List<CompletableFuture<Long>> submit(long from, int count) {
    List<CompletableFuture<Long>> futures = new ArrayList<>();
    for (long id = from; id < from + count; id++) {
      futures.add(batcher.submit(id));
    }
    return futures;
  }

  /**
   * Checks the answers to consecutive ids. It waits for them: one whose future has a callback is
   * completed by a callback thread, and the loop may have been turned before.
   */
  static void assertAnswered(long from, List<CompletableFuture<Long>> futures) {
    for (int i = 0; i < futures.size(); i++) {
      assertEquals(LedgerModel.f(from + i), Await.value(futures.get(i)), "id " + (from + i));
    }
  }

  List<Integer> runSizes() {
    return engine.runs().stream().map(List::size).toList();
  }

  @Override
  public void close() {
    turn();
    assertTrue(batcher.close(HANG));
    checkAccounts();
    assertEquals(List.of(), engine.violations());
    assertEquals(1, engine.closes(), "closes");
    assertEquals(0, timer.pending(), "timeouts that still wait");
  }

  /** Invariant I3. */
  void checkAccounts() {
    BatchingMetrics m = batcher.metrics();
    long ended =
        m.answered() + m.failed() + m.expired() + m.cancelled() + m.overloaded() + m.closed();
    assertEquals(m.submitted(), ended, m.toString());
    assertEquals(0, m.waiting(), m.toString());
    assertEquals(0, m.waitingBytes(), m.toString());
  }
}
