package dev.inproc.inference.cache;

import dev.inproc.inference.Answer.Source;
import dev.inproc.inference.AnswerFacts;
import dev.inproc.inference.CallOptions;
import dev.inproc.inference.DeadlineExceededException.Stage;
import dev.inproc.inference.internal.calls.CallFuture;
import dev.inproc.inference.internal.concurrent.ServingThreads;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * A call that waits for a run, its own or one that another call began.
 *
 * <p><b>Its outcome is counted once</b>, unless its list counts it, and never before the call is
 * counted, which is when it boards a load. The runner counts an outcome just before it gives it, so
 * that a caller that has its answer finds it counted. If the call turns out to be gone, the runner
 * takes that back, and the outcome that the call has is counted instead.
 */
final class LoadWaiter<I, O> extends CallFuture<I, O> implements WaitGraph.Wait {
  /** The run that a call waits for. */
  interface JoinedRun<I, O> {
    /** Returns the request that the model is run for. */
    I input();

    /** Returns the thread that the run is on; null if it is not known, or the run is over. */
    @Nullable Thread owner();

    /** Takes a call out that waits no longer. */
    void leave(LoadWaiter<I, O> waiter);
  }

  private static final VarHandle COUNTED;
  private static final int NOT_YET = 0;
  private static final int OPEN = 1;
  private static final int BY_RUNNER = 2;
  private static final int GONE_BEFORE = 3;
  private static final int GONE_MEANWHILE = 4;
  private static final int DONE = 5;

  static {
    try {
      COUNTED = MethodHandles.lookup().findVarHandle(LoadWaiter.class, "counted", int.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private final @Nullable StatsCounter counts;

  @SuppressWarnings("UnusedVariable") // by its handle alone
  private volatile int counted;

  private final boolean blocking;
  private final Object predictor;
  private final ServingThreads threads;
  private volatile @Nullable JoinedRun<I, O> run;

  /** Its place among the waiters of its load, which guards it; negative if it has none. */
  int place = -1;

  /** Whether another call had begun the run. */
  volatile boolean joined;

  /**
   * Creates one.
   *
   * @param options armed, if they have a timeout
   * @param blocking whether a thread waits for it, which then copies the answer itself
   * @param predictor what is called, for messages
   * @param counts counts it; null if its list does
   */
  LoadWaiter(
      I input,
      CallOptions options,
      boolean blocking,
      Object predictor,
      ServingThreads threads,
      @Nullable StatsCounter counts) {
    super(input, options);
    this.predictor = predictor;
    this.threads = threads;
    this.counts = counts;
    this.blocking = blocking;
    releaseInput(); // the load has it
  }

  @Override
  protected boolean isBlocking() {
    return blocking;
  }

  @Override
  protected Object predictor() {
    return predictor;
  }

  @Override
  protected ServingThreads threads() {
    return threads;
  }

  @Override
  protected Stage stage() {
    return joined ? Stage.JOINED : Stage.UNKNOWN;
  }

  /** Tells the call where its answer comes from, if it asks. */
  void tell(Source source) {
    AnswerFacts facts = AnswerFacts.of(options());
    if (facts != null) {
      facts.source(source);
    }
  }

  /** Counts the call as one that joins a run of another call. */
  void joins() {
    joined = true;
    tell(Source.JOINED);
    if (counts != null) {
      counts.coalesced.increment();
    }
  }

  /** Puts the call on a run, which counts it as a request. */
  void boards(JoinedRun<I, O> joined) {
    run = joined;
    if (counts != null && !COUNTED.compareAndSet(this, NOT_YET, OPEN) && move(GONE_BEFORE, DONE)) {
      counts.gone(failureNow());
    }
  }

  private boolean move(int from, int to) {
    return COUNTED.compareAndSet(this, from, to);
  }

  // ---- outcomes ----

  /** Completes with an answer on behalf of the runner, unless the call is gone. */
  void ends(O output) {
    run = null; // a caller may hold the future for long
    if (counts == null || !move(OPEN, BY_RUNNER)) {
      answer(output);
      return;
    }
    counts.answered.increment();
    if (answer(output)) {
      counted = DONE;
    } else {
      counts.answered.decrement();
      countAsGone(counts);
    }
  }

  /** Completes with a failure on behalf of the runner, unless the call is gone. */
  void fails(Throwable failure) {
    run = null;
    if (counts == null || !move(OPEN, BY_RUNNER)) {
      refuse(failure);
      return;
    }
    counts.failed(failure, 1);
    if (refuse(failure)) {
      counted = DONE;
    } else {
      counts.failed(failure, -1);
      countAsGone(counts);
    }
  }

  private void countAsGone(StatsCounter counter) {
    if (!move(BY_RUNNER, OPEN) && move(GONE_MEANWHILE, DONE)) {
      counter.gone(failureNow());
    }
  }

  /** Fails the call, which then leaves its run. */
  @Override
  public void giveUp(Throwable failure) {
    JoinedRun<I, O> joined = run;
    fails(failure);
    leave(joined);
  }

  @Override
  public @Nullable Thread ownerOfRun() {
    JoinedRun<I, O> joined = run;
    return joined == null ? null : joined.owner();
  }

  @Override
  public @Nullable Object requestOfRun() {
    JoinedRun<I, O> joined = run;
    return joined == null ? null : joined.input();
  }

  @Override
  public O get() throws InterruptedException, ExecutionException {
    if (isDone()) {
      return super.get();
    }
    WaitGraph.begin(this);
    try {
      return super.get();
    } finally {
      WaitGraph.end();
    }
  }

  @Override
  public O join() {
    if (isDone()) {
      return super.join();
    }
    WaitGraph.begin(this);
    try {
      return super.join();
    } finally {
      WaitGraph.end();
    }
  }

  @Override
  protected void onGone() {
    StatsCounter counter = counts;
    if (counter != null && !move(NOT_YET, GONE_BEFORE)) {
      if (move(OPEN, DONE)) {
        counter.gone(failureNow());
      } else if (!move(BY_RUNNER, GONE_MEANWHILE) && move(OPEN, DONE)) {
        counter.gone(failureNow()); // the runner has just let go of it
      }
    }
    leave(run);
    run = null;
  }

  private void leave(@Nullable JoinedRun<I, O> joined) {
    if (joined != null) {
      joined.leave(this);
    }
  }
}
