package dev.inproc.inference.internal.rollout;

import java.lang.ref.WeakReference;

/** The runs of the last failed calls. Not thread-safe. */
final class SeenRuns {
  private static final int MOST = 64; // more than there are runs whose calls are being failed

  @SuppressWarnings({"unchecked", "rawtypes"})
  private final WeakReference<Object>[] runs = new WeakReference[MOST];

  private int next;

  /** Adds a run; false if it is there. */
  boolean add(Object run) {
    for (WeakReference<Object> each : runs) {
      if (each != null && each.refersTo(run)) {
        return false;
      }
    }
    runs[next] = new WeakReference<>(run);
    next = (next + 1) % MOST;
    return true;
  }
}
