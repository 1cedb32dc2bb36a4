package dev.inproc.inference.internal.calls;

import dev.inproc.inference.Batch;
import dev.inproc.inference.Cancellation;
import java.util.List;

/** A batch of calls whose futures their callers hold. */
public final class CallBatch<I, O> implements Batch<I, O> {
  private final List<? extends CallFuture<I, O>> calls;

  /** Creates a batch of these calls; the list is not copied. */
  public CallBatch(List<? extends CallFuture<I, O>> calls) {
    this.calls = calls;
  }

  @Override
  public int size() {
    return calls.size();
  }

  @Override
  public I input(int index) {
    return calls.get(index).input();
  }

  @Override
  public boolean isGone(int index) {
    return calls.get(index).isDone();
  }

  @Override
  public boolean complete(int index, O output) {
    return calls.get(index).answer(output);
  }

  @Override
  public boolean fail(int index, Throwable failure) {
    return calls.get(index).refuse(failure);
  }

  @Override
  public Cancellation watch(int[] indexes) {
    return watch(calls, indexes);
  }

  /** Returns a switch that cancels once these of the calls are gone. */
  public static Cancellation watch(List<? extends CallFuture<?, ?>> calls, int[] indexes) {
    WaiterGroup group = new WaiterGroup(indexes.length);
    CallFuture.joinAll(calls, indexes, group);
    return group.cancellation();
  }
}
