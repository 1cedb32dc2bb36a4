package dev.inproc.inference.cache;

import dev.inproc.inference.CallOptions;
import dev.inproc.inference.concurrent.Call;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/** A call that waits for a run, its own or one that another call began. */
final class Waiter<I, O> extends Call<I, O> {
  private final boolean blocking;
  private volatile @Nullable Flight<I, O> flight;

  /** Its place among the flight's waiters; negative when it is none. The flight's to guard. */
  int place = -1;

  /** Whether another call had begun the run. */
  volatile boolean joined;

  /**
   * Creates one.
   *
   * @param options armed, if they have a timeout
   * @param blocking whether a thread waits for it, which then copies the answer itself
   */
  Waiter(I input, CallOptions options, boolean blocking) {
    super(input, options);
    this.blocking = blocking;
  }

  @Override
  protected boolean isBlocking() {
    return blocking;
  }

  void boards(Flight<I, O> joined) {
    flight = joined;
  }

  /** Returns the thread that the run is on, if it is known and the run is not over. */
  @Nullable Thread ownerOfRun() {
    Flight<I, O> joined = flight;
    return joined == null ? null : joined.owner();
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
    Flight<I, O> joined = flight;
    if (joined != null) {
      joined.leave(this);
    }
  }
}
