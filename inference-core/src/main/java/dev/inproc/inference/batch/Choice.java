package dev.inproc.inference.batch;

import java.util.ArrayList;
import java.util.List;

/** What the policy chose for one engine slot. A batch loop owns one and uses it again. */
final class Choice<I, O> {
  /** The requests to be run together. */
  final List<Request<I, O>> batch = new ArrayList<>();

  /** The requests that cannot meet their deadlines. */
  final List<Request<I, O>> unmeetable = new ArrayList<>();

  /** Why the batch is run now. */
  DispatchReason reason = DispatchReason.IDLE_ENGINE;

  /** Whether requests are left for another engine. */
  boolean isMoreLeft;

  void clear() {
    batch.clear();
    unmeetable.clear();
  }
}
