package dev.inproc.inference.engine;

import dev.inproc.inference.CallOptions.Overload;
import dev.inproc.inference.CallOptions.Priority;
import dev.inproc.inference.internal.calls.PriorityTurns;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The calls of a queue that wait: first come, first served within a class of priority, by turns
 * among the classes. A call leaves from the middle in constant time. Not thread-safe.
 */
final class PriorityQueues {
  // Insertion-ordered; by the rank of the class.
  private final List<Set<CallQueue.Entry<?, ?>>> classes =
      List.of(new LinkedHashSet<>(), new LinkedHashSet<>(), new LinkedHashSet<>());
  private final PriorityTurns turns = new PriorityTurns();
  private int size;

  int size() {
    return size;
  }

  private Set<CallQueue.Entry<?, ?>> classOf(CallQueue.Entry<?, ?> entry) {
    return classes.get(PriorityTurns.rank(entry.options().priority()));
  }

  /** Puts a call at the end of its class. */
  void add(CallQueue.Entry<?, ?> entry) {
    if (classOf(entry).add(entry)) {
      size++;
    }
  }

  boolean remove(CallQueue.Entry<?, ?> entry) {
    boolean removed = classOf(entry).remove(entry);
    if (removed) {
      size--;
    }
    return removed;
  }

  /** Takes out the call whose turn it is; null if there is none. */
  CallQueue.@Nullable Entry<?, ?> poll() {
    int next = turns.next(rank -> !classes.get(rank).isEmpty());
    if (next == PriorityTurns.NONE) {
      return null;
    }
    Iterator<CallQueue.Entry<?, ?>> inOrder = classes.get(next).iterator();
    CallQueue.Entry<?, ?> entry = inOrder.next();
    inOrder.remove();
    size--;
    return entry;
  }

  /** Returns the newest call of the lowest class below this one that may be refused, or null. */
  CallQueue.@Nullable Entry<?, ?> newestBelow(Priority priority) {
    for (int rank = 0; rank < PriorityTurns.rank(priority); rank++) {
      CallQueue.Entry<?, ?> found = null;
      for (CallQueue.Entry<?, ?> each : classes.get(rank)) {
        if (!each.isUnderWay() && each.options().overload() == Overload.FAIL) {
          found = each;
        }
      }
      if (found != null) {
        return found;
      }
    }
    return null;
  }

  List<CallQueue.Entry<?, ?>> all() {
    List<CallQueue.Entry<?, ?>> all = new ArrayList<>(size);
    classes.forEach(all::addAll);
    return all;
  }
}
