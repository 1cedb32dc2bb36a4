package dev.inproc.inference.batch;

import static org.jetbrains.lincheck.datastructures.ManagedStrategyGuaranteeKt.forClasses;

import dev.inproc.inference.OverloadedException;
import dev.inproc.inference.PredictorClosedException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jetbrains.lincheck.datastructures.ModelCheckingOptions;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Validate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/**
 * The batcher's protocol under a model checker, which tries the interleavings of a few operations
 * one by one: what they return must be explained by some order of them, and when they are over the
 * accounts must be even. Scenarios begin at once ({@code actorsBefore(0)}): a race that happens but
 * once is over by the time that a prefix has run. Loading the checker takes longer than all other
 * tests, so it has a profile: {@code -Plincheck}.
 */
@EnabledIfSystemProperty(
    named = "inproc.lincheck",
    matches = "true",
    disabledReason = "the model checker runs under -Plincheck")
class BatchSchedulerLincheckTest {
  private static void check(Class<?> protocol) {
    new ModelCheckingOptions()
        .threads(2)
        .actorsPerThread(2)
        .actorsBefore(0)
        .actorsAfter(0)
        .iterations(Integer.getInteger("inproc.lincheck.iterations", 12))
        .invocationsPerIteration(Integer.getInteger("inproc.lincheck.invocations", 300))
        .addGuarantee(
            forClasses(StatsCounter.class.getName()).methods("snapshot", "began", "ended").ignore())
        .check(protocol);
  }

  @Test
  void oneRequest_hasOneOutcome_countedOnce() {
    check(OneRequest.class);
  }

  @Test
  void requests_whileItCloses_noneIsLeftBehind() {
    check(Closing.class);
  }

  @Test
  void refusedRequests_whileItCloses_doNotHoldItOpen() {
    check(Refusing.class);
  }

  private static void assertEven(Bench bench) {
    String accounts = bench.accounts();
    if (!accounts.equals("even")) {
      throw new IllegalStateException("I3: " + accounts);
    }
  }

  /** Its runner, its caller and its timer, all of whom may decide what becomes of it. */
  public static class OneRequest {
    private final List<Runnable> called = new ArrayList<>();
    private final Bench bench = new Bench(Batching.upTo(4), (lane, loop) -> called.add(loop));
    private final Request<?, ?> request = (Request<?, ?>) bench.batcher.submit(1L);

    @Operation(nonParallelGroup = "the loop")
    public void turn() {
      var unused = ((BatchLoop<?, ?>) called.get(0)).doWork();
    }

    @Operation
    public boolean cancel() {
      return request.cancel(false);
    }

    @Operation
    public boolean expire() {
      return request.expire();
    }

    @Validate
    public void even() {
      turn();
      assertEven(bench);
    }
  }

  /** Who comes turns, if no other does; who closes does not wait. */
  public static class Closing {
    final Bench bench;
    private final List<CompletableFuture<Long>> futures = new ArrayList<>();
    private boolean closed;

    public Closing() {
      this(Batching.upTo(4));
    }

    Closing(Batching batching) {
      bench = new Bench(batching, (lane, loop) -> turn((BatchLoop<?, ?>) loop));
    }

    private void turn(BatchLoop<?, ?> loop) {
      do {
        var unused = loop.doWork(); // run() would spin for more
      } while (bench.batcher.loops().freeSlot(0));
    }

    @Operation
    public void submit() {
      CompletableFuture<Long> future = bench.batcher.submit(1L);
      synchronized (futures) {
        futures.add(future);
      }
    }

    @Operation(runOnce = true)
    public void close() {
      var unused = bench.batcher.close(0);
      closed = true;
    }

    @Validate
    public void nothingIsLeft() {
      for (CompletableFuture<Long> future : futures) {
        if (!future.isDone()) {
          throw new IllegalStateException("I1: left behind");
        }
        if (future.isCompletedExceptionally()) {
          Throwable failure = ((Request<?, ?>) future).failureNow();
          if (!(failure instanceof PredictorClosedException)
              && !(failure instanceof OverloadedException)) {
            throw new IllegalStateException(failure);
          }
        }
      }
      assertEven(bench);
      if (bench.closes() != (closed ? 1 : 0)) {
        throw new IllegalStateException("I4: closed " + bench.closes() + " times");
      }
    }
  }

  /** Room for one: of two that come at once, the second is refused. */
  public static class Refusing extends Closing {
    public Refusing() {
      super(Batching.upTo(1).withMaxQueued(1));
    }
  }
}
