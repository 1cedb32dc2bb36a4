package dev.inproc.inference.batch;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;

import dev.inproc.inference.PredictorClosedException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.LL_Result;

/**
 * One request, and all who may decide what becomes of it. Whoever wins, it is counted once: an
 * outcome that is not listed is a failure.
 */
public class OutcomeRaces {
  private OutcomeRaces() {}

  /** A request that waits, and the turner that was called for it. */
  abstract static class Waiting {
    private final AtomicReference<Runnable> turner = new AtomicReference<>();
    final Bench bench = new Bench(Batching.upTo(4), (lane, run) -> turner.set(run));
    final CompletableFuture<Long> future = bench.batcher.submit(1L);

    final void turn() {
      turner.get().run();
    }

    final void cancel() {
      future.cancel(false);
    }

    final void expire() {
      ((Request<Long, Long>) future).expire();
    }

    /** What closing does to those in a run. */
    final void abort() {
      future.completeExceptionally(new PredictorClosedException("bench"));
    }

    final void note(LL_Result r) {
      r.r1 = Bench.outcome(future);
      r.r2 = bench.accounts();
    }
  }

  /** Completing against cancelling. */
  @JCStressTest
  @Outcome(id = "answered, even", expect = ACCEPTABLE, desc = "The runner came first.")
  @Outcome(id = "cancelled, even", expect = ACCEPTABLE, desc = "The caller came first.")
  @State
  public static class CompleteCancel extends Waiting {
    /** Runs it. */
    @Actor
    public void runner() {
      turn();
    }

    /** Takes it back. */
    @Actor
    public void caller() {
      cancel();
    }

    /** Looks. */
    @Arbiter
    public void arbiter(LL_Result r) {
      note(r);
    }
  }

  /** Completing against the deadline. */
  @JCStressTest
  @Outcome(id = "answered, even", expect = ACCEPTABLE, desc = "The runner came first.")
  @Outcome(id = "expired, even", expect = ACCEPTABLE, desc = "The timer came first.")
  @State
  public static class CompleteExpire extends Waiting {
    /** Runs it. */
    @Actor
    public void runner() {
      turn();
    }

    /** Ends its time. */
    @Actor
    public void timer() {
      expire();
    }

    /** Looks. */
    @Arbiter
    public void arbiter(LL_Result r) {
      note(r);
    }
  }

  /** Two who take it back. */
  @JCStressTest
  @Outcome(id = "cancelled, even", expect = ACCEPTABLE, desc = "Cancelled once, by either.")
  @State
  public static class CancelCancel extends Waiting {
    /** Takes it back. */
    @Actor
    public void caller() {
      cancel();
    }

    /** Takes it back too. */
    @Actor
    public void another() {
      cancel();
    }

    /** Looks. */
    @Arbiter
    public void arbiter(LL_Result r) {
      note(r);
    }
  }

  /** Completing against closing, in earnest: the queue is refused and runs are ended. */
  @JCStressTest
  @Outcome(id = "answered, even", expect = ACCEPTABLE, desc = "The runner came first.")
  @Outcome(id = "closed, even", expect = ACCEPTABLE, desc = "Closing came first.")
  @State
  public static class CompleteClose extends Waiting {
    /** Runs it. */
    @Actor
    public void runner() {
      turn();
    }

    /** Closes at once. */
    @Actor
    public void closer() {
      bench.batcher.close(java.time.Duration.ZERO);
    }

    /** Looks. */
    @Arbiter
    public void arbiter(LL_Result r) {
      r.r1 = Bench.outcome(future); // its notice may be late, its count comes before
      r.r2 = bench.accounts();
    }
  }

  /** All four. */
  @JCStressTest
  @Outcome(id = "answered, even", expect = ACCEPTABLE, desc = "The runner came first.")
  @Outcome(id = "cancelled, even", expect = ACCEPTABLE, desc = "The caller came first.")
  @Outcome(id = "expired, even", expect = ACCEPTABLE, desc = "The timer came first.")
  @Outcome(id = "closed, even", expect = ACCEPTABLE, desc = "The one who closes came first.")
  @State
  public static class CompleteCancelExpireClose extends Waiting {
    /** Runs it. */
    @Actor
    public void runner() {
      turn();
    }

    /** Takes it back. */
    @Actor
    public void caller() {
      cancel();
    }

    /** Ends its time. */
    @Actor
    public void timer() {
      expire();
    }

    /** Ends it as closing does. */
    @Actor
    public void closer() {
      abort();
    }

    /** Looks. */
    @Arbiter
    public void arbiter(LL_Result r) {
      note(r);
    }
  }
}
