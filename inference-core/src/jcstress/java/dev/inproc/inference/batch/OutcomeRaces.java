package dev.inproc.inference.batch;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;

import java.time.Duration;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.LL_Result;

/** One request, and all who may decide what becomes of it. One wins, ever, and is counted once. */
public class OutcomeRaces {
  private OutcomeRaces() {}

  /** What all of them look at when it is over. */
  abstract static class One extends Race.QueuedRequest {
    final void note(LL_Result r) {
      r.r1 = winner();
      r.r2 = bench.accountsAtLast();
    }

    final void close() {
      bench.batcher.close(Duration.ZERO);
    }
  }

  /** Completing against cancelling. */
  @JCStressTest
  @Outcome(id = "answered, even", expect = ACCEPTABLE, desc = "The runner came first.")
  @Outcome(id = "cancelled, even", expect = ACCEPTABLE, desc = "The caller came first.")
  @State
  public static class CompleteCancel extends One {
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
  public static class CompleteExpire extends One {
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
  public static class CancelCancel extends One {
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
  public static class CompleteClose extends One {
    /** Runs it. */
    @Actor
    public void runner() {
      turn();
    }

    /** Closes at once. */
    @Actor
    public void closer() {
      close();
    }

    /** Looks. */
    @Arbiter
    public void arbiter(LL_Result r) {
      note(r);
    }
  }

  /** Runner, caller and timer. */
  @JCStressTest
  @Outcome(id = "answered, even", expect = ACCEPTABLE, desc = "The runner came first.")
  @Outcome(id = "cancelled, even", expect = ACCEPTABLE, desc = "The caller came first.")
  @Outcome(id = "expired, even", expect = ACCEPTABLE, desc = "The timer came first.")
  @State
  public static class CompleteCancelExpire extends One {
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

    /** Looks. */
    @Arbiter
    public void arbiter(LL_Result r) {
      note(r);
    }
  }

  /** All four. */
  @JCStressTest
  @Outcome(id = "answered, even", expect = ACCEPTABLE, desc = "The runner came first.")
  @Outcome(id = "cancelled, even", expect = ACCEPTABLE, desc = "The caller came first.")
  @Outcome(id = "expired, even", expect = ACCEPTABLE, desc = "The timer came first.")
  @Outcome(id = "closed, even", expect = ACCEPTABLE, desc = "The one who closes came first.")
  @State
  public static class CompleteCancelExpireClose extends One {
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

    /** Closes at once. */
    @Actor
    public void closer() {
      close();
    }

    /** Looks. */
    @Arbiter
    public void arbiter(LL_Result r) {
      note(r);
    }
  }
}
