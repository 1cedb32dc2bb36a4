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

/** Requests that come while others are drained and the batcher closes: none is left behind. */
public class ClosingRaces {
  private ClosingRaces() {}

  /** What may become of two requests while it closes. */
  @Outcome(id = "answered, answered, released, even", expect = ACCEPTABLE, desc = "Both came in.")
  @Outcome(id = "closed, answered, released, even", expect = ACCEPTABLE, desc = "The second did.")
  @Outcome(id = "answered, closed, released, even", expect = ACCEPTABLE, desc = "The first did.")
  @Outcome(id = "closed, closed, released, even", expect = ACCEPTABLE, desc = "Neither did.")
  public static class TwoWhileClosing {
    private TwoWhileClosing() {}
  }

  /** Two requests, and one who closes. */
  abstract static class Two extends Race {
    Two(Batching batching) {
      super(batching);
    }

    final void note(LLLL_Result r) {
      r.r1 = first();
      r.r2 = second();
      r.r4 = bench.accountsAtLast();
    }
  }

  /** Offering and draining on both sides; nobody comes after them who would heal what is lost. */
  @JCStressTest
  @Outcome(id = "answered, answered, even", expect = ACCEPTABLE, desc = "Whoever drains.")
  @State
  public static class OfferOffer extends Two {
    /** Creates one. */
    public OfferOffer() {
      super(Batching.upTo(4));
    }

    /** Offers, and drains if no other does. */
    @Actor
    public void one() {
      offerFirst();
    }

    /** So does another. */
    @Actor
    public void two() {
      offerSecond();
    }

    /** Looks. */
    @Arbiter
    public void arbiter(LLL_Result r) {
      r.r1 = first();
      r.r2 = second();
      r.r3 = bench.accountsAtLast();
    }
  }

  /** The same against closing that waits. */
  @JCStressTest
  @JCStressMeta(TwoWhileClosing.class)
  @State
  public static class OfferDrainClose extends Two {
    /** Creates one. */
    public OfferDrainClose() {
      super(Batching.upTo(4));
    }

    /** Offers, and drains if no other does. */
    @Actor
    public void one() {
      offerFirst();
    }

    /** So does another. */
    @Actor
    public void two() {
      offerSecond();
    }

    /** Closes. */
    @Actor
    public void closer(LLLL_Result r) {
      r.r3 = bench.closeBatcher();
    }

    /** Looks. */
    @Arbiter
    public void arbiter(LLLL_Result r) {
      note(r);
    }
  }

  /** And against two who close; the model is closed once. */
  @JCStressTest
  @JCStressMeta(TwoWhileClosing.class)
  @State
  public static class OfferDrainCloseClose extends Two {
    private String another = "";

    /** Creates one. */
    public OfferDrainCloseClose() {
      super(Batching.upTo(4));
    }

    /** Offers, and drains if no other does. */
    @Actor
    public void one() {
      offerFirst();
    }

    /** So does another. */
    @Actor
    public void two() {
      offerSecond();
    }

    /** Closes. */
    @Actor
    public void closer(LLLL_Result r) {
      r.r3 = bench.closeBatcher();
    }

    /** Closes too. */
    @Actor
    public void another() {
      another = bench.closeBatcher();
    }

    /** Looks. */
    @Arbiter
    public void arbiter(LLLL_Result r) {
      note(r);
      if (!another.equals(r.r3)) {
        r.r3 += " and " + another;
      }
    }
  }

  /** A request that finds the queue full is counted for a moment, which closing may see. */
  @JCStressTest
  @Outcome(id = "overloaded, released, even", expect = ACCEPTABLE, desc = "Refused as too much.")
  @Outcome(id = "closed, released, even", expect = ACCEPTABLE, desc = "Refused as too late.")
  @Outcome(id = "answered, released, even", expect = ACCEPTABLE, desc = "There was room again.")
  @State
  public static class RefuseClose extends Race.Full {
    /** Turns the one that waits. */
    @Actor
    public void runner() {
      turn();
    }

    /** Offers. */
    @Actor
    public void one() {
      offerSecond();
    }

    /** Closes. */
    @Actor
    public void closer(LLL_Result r) {
      r.r2 = bench.closeBatcher();
    }

    /** Looks. */
    @Arbiter
    public void arbiter(LLL_Result r) {
      r.r1 = second();
      r.r3 = bench.accountsAtLast();
    }
  }

  /** Room for one of two: a refusal beside a drain, while it closes. */
  @JCStressTest
  @JCStressMeta(TwoWhileClosing.class)
  @Outcome(
      id = {
        "overloaded, answered, released, even",
        "answered, overloaded, released, even",
        "overloaded, closed, released, even",
        "closed, overloaded, released, even"
      },
      expect = ACCEPTABLE,
      desc = "There was no room for one.")
  @State
  public static class OfferRefuseClose extends Two {
    /** Creates one. */
    public OfferRefuseClose() {
      super(Batching.upTo(4).withMaxQueuedBytes(2 * 64)); // each has 100
    }

    /** Offers, and drains if no other does. */
    @Actor
    public void one() {
      offerFirst();
    }

    /** So does another. */
    @Actor
    public void two() {
      offerSecond();
    }

    /** Closes. */
    @Actor
    public void closer(LLLL_Result r) {
      r.r3 = bench.closeBatcher();
    }

    /** Looks. */
    @Arbiter
    public void arbiter(LLLL_Result r) {
      note(r);
    }
  }
}
