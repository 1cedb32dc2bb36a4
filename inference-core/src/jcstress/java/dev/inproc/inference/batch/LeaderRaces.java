package dev.inproc.inference.batch;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressMeta;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.LLLL_Result;
import org.openjdk.jcstress.infra.results.LLL_Result;
import org.openjdk.jcstress.infra.results.L_Result;

/**
 * Callers that run the model themselves, against the loop, over an engine for one run at a time;
 * and callers of a batch, who wake each other.
 */
public class LeaderRaces {
  private LeaderRaces() {}

  /** A caller who leads or waits, beside another. */
  abstract static class Leading extends Race {
    Leading() {
      super(Batching.upTo(4));
    }
  }

  /** Either runs beside the other never, and both are answered, though nobody comes after them. */
  @JCStressTest
  @Outcome(id = "answered, answered, even", expect = ACCEPTABLE, desc = "One run after the other.")
  @State
  public static class LeaderLoop extends Leading {
    /** Leads, or waits for the loop. */
    @Actor
    public void leader(LLL_Result r) {
      r.r1 = predict();
    }

    /** Turns the loop, or leaves its request to the leader to hand over. */
    @Actor
    public void loop() {
      offerFirst();
    }

    /** Looks. */
    @Arbiter
    public void arbiter(LLL_Result r) {
      r.r2 = first();
      r.r3 = bench.accountsAtLast();
    }
  }

  /** Two who would lead. */
  @JCStressTest
  @Outcome(id = "answered, answered, answered, even", expect = ACCEPTABLE, desc = "In any order.")
  @State
  public static class LeaderLeaderLoop extends Leading {
    /** Leads, or waits. */
    @Actor
    public void leader(LLLL_Result r) {
      r.r1 = predict();
    }

    /** Leads, or waits. */
    @Actor
    public void another(LLLL_Result r) {
      r.r2 = predict();
    }

    /** Turns the loop, or leaves its request to a leader. */
    @Actor
    public void loop() {
      offerFirst();
    }

    /** Looks. */
    @Arbiter
    public void arbiter(LLLL_Result r) {
      r.r3 = first();
      r.r4 = bench.accountsAtLast();
    }
  }

  /** And closing meanwhile. */
  @JCStressTest
  @JCStressMeta(ClosingRaces.TwoWhileClosing.class)
  @State
  public static class LeaderLoopClose extends Leading {
    /** Leads, or waits for the loop. */
    @Actor
    public void leader(LLLL_Result r) {
      r.r1 = predict();
    }

    /** Turns the loop. */
    @Actor
    public void loop() {
      offerFirst();
    }

    /** Closes. */
    @Actor
    public void closer(LLLL_Result r) {
      r.r3 = bench.closeBatcher();
    }

    /** Looks. */
    @Arbiter
    public void arbiter(LLLL_Result r) {
      r.r2 = first();
      r.r4 = bench.accountsAtLast();
    }
  }

  /** All of these: two who would lead, the loop, and one who closes. */
  @JCStressTest
  @JCStressMeta(ClosingRaces.TwoWhileClosing.class)
  @State
  public static class LeaderLeaderLoopClose extends Leading {
    private String another = "";

    /** Leads, or waits for the loop. */
    @Actor
    public void leader(LLLL_Result r) {
      r.r1 = predict();
    }

    /** Leads, or waits for the loop. */
    @Actor
    public void another() {
      another = predict();
    }

    /** Turns the loop. */
    @Actor
    public void loop() {
      offerFirst();
    }

    /** Closes. */
    @Actor
    public void closer(LLLL_Result r) {
      r.r3 = bench.closeBatcher();
    }

    /** Looks. */
    @Arbiter
    public void arbiter(LLLL_Result r) {
      r.r2 = first();
      r.r4 = bench.accountsAtLast();
      if (!another.equals("answered") && !another.equals("closed")) {
        r.r1 += " and " + another;
      }
    }
  }

  /** Whoever finds its answer finds its link in the chain too: it may leave a moment later. */
  @JCStressTest
  @Outcome(id = "the one before", expect = ACCEPTABLE, desc = "Linked before it was completed.")
  @State
  public static class ChainLeave extends Race.Chain {
    /** Answers. */
    @Actor
    public void runner() {
      answerTwo();
    }

    /** Leaves at once. */
    @Actor
    public void caller(L_Result r) {
      r.r1 = leave();
    }
  }
}
