package dev.inproc.inference.internal.concurrent;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.LLL_Result;
import org.openjdk.jcstress.infra.results.L_Result;

/** The last user leaves while a thread closes and waits: it is woken, and all is freed once. */
public class LeavingRaces {
  private static final long STUCK_NANOS = TimeUnit.SECONDS.toNanos(2);

  private LeavingRaces() {}

  private static String timed(long startNanos, boolean all) {
    return all && System.nanoTime() - startNanos < STUCK_NANOS / 2 ? "released" : "stuck";
  }

  /** Counting out against waiting for the last. */
  @JCStressTest
  @Outcome(id = "released", expect = ACCEPTABLE, desc = "The thread that waits is woken.")
  @State
  public static class EndAwait {
    private final InFlight inFlight = new InFlight();

    /** Begins what will end. */
    public EndAwait() {
      inFlight.begin();
    }

    /** Ends it. */
    @Actor
    public void user() {
      inFlight.end();
    }

    /** Waits. */
    @Actor
    public void closer(L_Result r) {
      long start = System.nanoTime();
      r.r1 = timed(start, inFlight.await(STUCK_NANOS));
    }
  }

  /** Using against closing: nothing is used once it is freed. */
  @JCStressTest
  @Outcome(id = "used, released, 1", expect = ACCEPTABLE, desc = "The user came first.")
  @Outcome(id = "refused, released, 1", expect = ACCEPTABLE, desc = "Closing came first.")
  @State
  public static class UseClose {
    private final AtomicInteger freed = new AtomicInteger();
    private final RefCountedResource lifetime = new RefCountedResource(freed::incrementAndGet);

    /** Uses it, if it is there. */
    @Actor
    public void user(LLL_Result r) {
      if (!lifetime.acquire()) {
        r.r1 = "refused";
        return;
      }
      r.r1 = freed.get() == 0 ? "used" : "used once freed";
      lifetime.release();
    }

    /** Closes, and waits. */
    @Actor
    public void closer(LLL_Result r) {
      long start = System.nanoTime();
      lifetime.close();
      r.r2 = timed(start, lifetime.awaitFreed(STUCK_NANOS));
    }

    /** Looks. */
    @Arbiter
    public void arbiter(LLL_Result r) {
      r.r3 = freed.get();
    }
  }
}
