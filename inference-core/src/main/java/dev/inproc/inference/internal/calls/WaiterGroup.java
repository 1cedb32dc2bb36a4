package dev.inproc.inference.internal.calls;

import dev.inproc.inference.Cancellation;
import java.util.concurrent.atomic.AtomicInteger;

/** The callers that wait for one run; when the last has left, the run is cancelled. */
final class WaiterGroup {
  private final Cancellation cancellation = new Cancellation();
  private final AtomicInteger waiting;

  WaiterGroup(int members) {
    waiting = new AtomicInteger(members);
  }

  void leave() {
    if (waiting.decrementAndGet() == 0) {
      cancellation.cancel();
    }
  }

  Cancellation cancellation() {
    return cancellation;
  }
}
