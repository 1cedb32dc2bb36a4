package dev.inproc.inference.batch;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;

import java.util.concurrent.CompletableFuture;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.LLLL_Result;
import org.openjdk.jcstress.infra.results.LLL_Result;

/** Requests that come while others are drained and the batcher closes: none is left behind. */
public class ClosingRaces {
  private ClosingRaces() {}

  /** Offering and draining on both sides, against closing that waits. */
  @JCStressTest
  @Outcome(id = "answered, answered, released, even", expect = ACCEPTABLE, desc = "Both came in.")
  @Outcome(id = "closed, answered, released, even", expect = ACCEPTABLE, desc = "The second did.")
  @Outcome(id = "answered, closed, released, even", expect = ACCEPTABLE, desc = "The first did.")
  @Outcome(id = "closed, closed, released, even", expect = ACCEPTABLE, desc = "Neither did.")
  @State
  public static class OfferDrainClose {
    private final Bench bench = new Bench(Batching.upTo(4));
    private CompletableFuture<Long> first;
    private CompletableFuture<Long> second;

    /** Offers, and drains if no other does. */
    @Actor
    public void one() {
      first = bench.batcher.submit(1L);
    }

    /** So does another. */
    @Actor
    public void two() {
      second = bench.batcher.submit(1L);
    }

    /** Closes. */
    @Actor
    public void closer(LLLL_Result r) {
      r.r3 = bench.closeBatcher();
    }

    /** Looks. */
    @Arbiter
    public void arbiter(LLLL_Result r) {
      r.r1 = Bench.outcome(first);
      r.r2 = Bench.outcome(second);
      r.r4 = bench.accounts();
    }
  }

  /** A request that is too large is counted for a moment, which closing may see. */
  @JCStressTest
  @Outcome(id = "overloaded, released, even", expect = ACCEPTABLE, desc = "Refused as too much.")
  @Outcome(id = "closed, released, even", expect = ACCEPTABLE, desc = "Refused as too late.")
  @State
  public static class RefuseClose {
    private final Bench bench = new Bench(Batching.upTo(4).withMaxQueuedBytes(1));
    private CompletableFuture<Long> future;

    /** Offers. */
    @Actor
    public void one() {
      future = bench.batcher.submit(1L);
    }

    /** Closes. */
    @Actor
    public void closer(LLL_Result r) {
      r.r2 = bench.closeBatcher();
    }

    /** Looks. */
    @Arbiter
    public void arbiter(LLL_Result r) {
      r.r1 = Bench.outcome(future);
      r.r3 = bench.accounts();
    }
  }
}
