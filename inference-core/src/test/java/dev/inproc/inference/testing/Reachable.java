package dev.inproc.inference.testing;

import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.List;

/** Objects that nothing should hold any more. Not thread-safe. */
public final class Reachable {
  private final List<WeakReference<Object>> watched = new ArrayList<>();

  /** Watches an object without holding it. */
  public <T> T watch(T object) {
    watched.add(new WeakReference<>(object));
    return object;
  }

  /** Returns how many of the objects a garbage collection has not freed. */
  public long count() {
    System.gc();
    return watched.stream().filter(each -> each.get() != null).count();
  }

  /** Waits until the objects are freed. */
  public void awaitNone(String what) {
    Await.until(what + " to be freed", () -> count() == 0);
  }
}
