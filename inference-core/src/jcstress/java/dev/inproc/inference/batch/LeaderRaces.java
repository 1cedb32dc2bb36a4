package dev.inproc.inference.batch;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;

import dev.inproc.inference.PredictorClosedException;
import java.util.concurrent.CompletableFuture;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.LLLL_Result;
import org.openjdk.jcstress.infra.results.LLL_Result;

/** A caller that runs the model itself, against the loop, over an engine for one run at a time. */
public class LeaderRaces {
  private LeaderRaces() {}

  private static String predict(Bench bench) {
    try {
      return bench.batcher.predict(1L) == 1L ? "answered" : "another's answer";
    } catch (PredictorClosedException e) {
      return "closed";
    }
  }

  /** Either runs beside the other never, and both are answered. */
  @JCStressTest
  @Outcome(id = "answered, answered, even", expect = ACCEPTABLE, desc = "One run after the other.")
  @State
  public static class LeaderLoop {
    private final Bench bench = new Bench(Batching.upTo(4));
    private CompletableFuture<Long> future;

    /** Leads, or waits for the loop. */
    @Actor
    public void leader(LLL_Result r) {
      r.r1 = predict(bench);
    }

    /** Turns the loop, or leaves its request to the leader to hand over. */
    @Actor
    public void loop() {
      future = bench.batcher.submit(1L);
    }

    /** Looks. */
    @Arbiter
    public void arbiter(LLL_Result r) {
      r.r2 = Bench.outcome(future);
      r.r3 = bench.accounts();
    }
  }

  /** And closing meanwhile. */
  @JCStressTest
  @Outcome(id = "answered, answered, released, even", expect = ACCEPTABLE, desc = "Both came in.")
  @Outcome(id = "closed, answered, released, even", expect = ACCEPTABLE, desc = "The loop's did.")
  @Outcome(id = "answered, closed, released, even", expect = ACCEPTABLE, desc = "The leader's did.")
  @Outcome(id = "closed, closed, released, even", expect = ACCEPTABLE, desc = "Neither did.")
  @State
  public static class LeaderLoopClose {
    private final Bench bench = new Bench(Batching.upTo(4));
    private CompletableFuture<Long> future;

    /** Leads, or waits for the loop. */
    @Actor
    public void leader(LLLL_Result r) {
      r.r1 = predict(bench);
    }

    /** Turns the loop. */
    @Actor
    public void loop() {
      future = bench.batcher.submit(1L);
    }

    /** Closes. */
    @Actor
    public void closer(LLLL_Result r) {
      r.r3 = bench.closeBatcher();
    }

    /** Looks. */
    @Arbiter
    public void arbiter(LLLL_Result r) {
      r.r2 = Bench.outcome(future);
      r.r4 = bench.accounts();
    }
  }
}
