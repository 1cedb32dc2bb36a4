package dev.inproc.inference.engine;

import dev.inproc.inference.CallOptions.Priority;
import dev.inproc.inference.internal.calls.CallFuture;
import dev.inproc.inference.internal.calls.PriorityTurns;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The waiting calls of a queue: first in, first out within a priority class, and the classes take
 * turns. Any call can be removed in constant time. Not thread-safe.
 */
final class PriorityQueues<E extends CallFuture<?, ?>> {
  // Insertion-ordered; by the rank of the class.
  private final List<Set<E>> classes =
      List.of(new LinkedHashSet<>(), new LinkedHashSet<>(), new LinkedHashSet<>());
  private final PriorityTurns turns = new PriorityTurns();
  private int size;

  int size() {
    return size;
  }

  private Set<E> classOf(E entry) {
    return classes.get(PriorityTurns.rank(entry.options().priority()));
  }

  /** Puts a call at the end of its class. */
  void add(E entry) {
    if (classOf(entry).add(entry)) {
      size++;
    }
  }

  boolean remove(E entry) {
    boolean removed = classOf(entry).remove(entry);
    if (removed) {
      size--;
    }
    return removed;
  }

  /** Takes out the call whose turn it is; null if there is none. */
  @Nullable E poll() {
    int next = turns.next(rank -> !classes.get(rank).isEmpty());
    if (next == PriorityTurns.NONE) {
      return null;
    }
    Iterator<E> inOrder = classes.get(next).iterator();
    E entry = inOrder.next();
    inOrder.remove();
    size--;
    return entry;
  }

  /**
   * Returns the newest call of the lowest class below this one that may be refused, or null.
   *
   * @param mayBeRefused whether a call may be
   */
  @Nullable E newestBelow(Priority priority, Predicate<? super E> mayBeRefused) {
    for (int rank = 0; rank < PriorityTurns.rank(priority); rank++) {
      E found = null;
      for (E each : classes.get(rank)) {
        if (mayBeRefused.test(each)) {
          found = each;
        }
      }
      if (found != null) {
        return found;
      }
    }
    return null;
  }

  List<E> all() {
    List<E> all = new ArrayList<>(size);
    classes.forEach(all::addAll);
    return all;
  }
}
