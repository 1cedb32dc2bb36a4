package dev.inproc.inference.cache;

import dev.inproc.inference.CallOptions;
import dev.inproc.inference.concurrent.Call;
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

  @Override
  protected void onGone() {
    Flight<I, O> joined = flight;
    if (joined != null) {
      joined.leave(this);
    }
  }
}
