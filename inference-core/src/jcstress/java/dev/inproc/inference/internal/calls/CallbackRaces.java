package dev.inproc.inference.internal.calls;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;

import dev.inproc.inference.CallOptions;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressMeta;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.LLL_Result;

/** A callback that is attached to a call while the runner ends it: runs once, not by the runner. */
public class CallbackRaces {
  private CallbackRaces() {}

  /** The callback runs on the thread that attaches it, or on a callback thread. */
  @Outcome(id = "1, not by the runner, a", expect = ACCEPTABLE, desc = "The answer decided.")
  public static class Answered {
    private Answered() {}
  }

  /** A call, its runner, and what its callback saw. */
  abstract static class One {
    private static final int STUCK_SECONDS = 5;

    final CallFuture<String, String> call = new CallFuture<>("in", CallOptions.DEFAULT);
    private final AtomicInteger callbacks = new AtomicInteger();
    private volatile @Nullable Thread runner;
    private volatile String where = "nowhere";
    private CompletableFuture<?> derived = new CompletableFuture<>();

    final void answer() {
      runner = Thread.currentThread();
      call.answer("a");
    }

    final void refuse() {
      runner = Thread.currentThread();
      call.refuse(new IllegalStateException("refused"));
    }

    /** As a batch does, which begins, looks whether the call is gone, and ends. */
    final void answerInSteps() {
      runner = Thread.currentThread();
      if (call.beginHere()) {
        if (call.isDone()) {
          call.endHere();
        } else {
          call.answerHere("a");
        }
      } else {
        call.answerApart("a");
      }
    }

    final void attach() {
      derived = call.handle((value, failure) -> callback(value));
    }

    private String callback(@Nullable String value) {
      callbacks.incrementAndGet();
      where = Thread.currentThread() == runner ? "by the runner" : "not by the runner";
      return value == null ? "failed" : value;
    }

    final void note(LLL_Result r) {
      try {
        r.r3 = derived.get(STUCK_SECONDS, TimeUnit.SECONDS);
      } catch (Exception e) {
        r.r3 = e.getClass().getSimpleName();
      }
      r.r1 = callbacks.get();
      r.r2 = where;
    }
  }

  /** Attaching against answering. */
  @JCStressTest
  @JCStressMeta(Answered.class)
  @State
  public static class AttachAnswer extends One {
    /** Answers. */
    @Actor
    public void runner() {
      answer();
    }

    /** Attaches. */
    @Actor
    public void caller() {
      attach();
    }

    /** Looks. */
    @Arbiter
    public void arbiter(LLL_Result r) {
      note(r);
    }
  }

  /** Attaching against answering as a batch does. */
  @JCStressTest
  @JCStressMeta(Answered.class)
  @State
  public static class AttachAnswerInSteps extends One {
    /** Answers. */
    @Actor
    public void runner() {
      answerInSteps();
    }

    /** Attaches. */
    @Actor
    public void caller() {
      attach();
    }

    /** Looks. */
    @Arbiter
    public void arbiter(LLL_Result r) {
      note(r);
    }
  }

  /** Attaching against failing. */
  @JCStressTest
  @Outcome(id = "1, not by the runner, failed", expect = ACCEPTABLE, desc = "It failed.")
  @State
  public static class AttachRefuse extends One {
    /** Fails it. */
    @Actor
    public void runner() {
      refuse();
    }

    /** Attaches. */
    @Actor
    public void caller() {
      attach();
    }

    /** Looks. */
    @Arbiter
    public void arbiter(LLL_Result r) {
      note(r);
    }
  }

  /** Attaching and cancelling against answering. */
  @JCStressTest
  @Outcome(id = "1, not by the runner, a", expect = ACCEPTABLE, desc = "The runner came first.")
  @Outcome(id = "1, not by the runner, failed", expect = ACCEPTABLE, desc = "The caller did.")
  @State
  public static class AttachCancelAnswer extends One {
    /** Answers. */
    @Actor
    public void runner() {
      answer();
    }

    /** Attaches. */
    @Actor
    public void caller() {
      attach();
    }

    /** Takes it back. */
    @Actor
    public void another() {
      call.cancel(false);
    }

    /** Looks. */
    @Arbiter
    public void arbiter(LLL_Result r) {
      note(r);
    }
  }
}
