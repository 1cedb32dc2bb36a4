package dev.inproc.inference.engine;

import dev.inproc.inference.CallOptions.Priority;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Calls of blocked callers that wait until there is room in a {@link Lane}. Within a class of
 * priority they leave as they came. Next is the class whose weight (8 for high, 4 for normal, 1 for
 * low), times the turns that it has waited, is greatest. One thread at a time.
 */
final class WaitingForRoom {
  private static final int[] WEIGHTS = {1, 4, 8};

  private final List<Set<Lane.Entry<?, ?>>> classes = new ArrayList<>();
  private final int[] passedOver = new int[WEIGHTS.length];
  private int size;

  WaitingForRoom() {
    for (int i = 0; i < WEIGHTS.length; i++) {
      classes.add(new LinkedHashSet<>());
    }
  }

  private Set<Lane.Entry<?, ?>> classOf(Lane.Entry<?, ?> entry) {
    Priority priority = entry.options().priority();
    return classes.get(
        switch (priority) {
          case LOW -> 0;
          case NORMAL -> 1;
          case HIGH -> 2;
        });
  }

  void add(Lane.Entry<?, ?> entry) {
    classOf(entry).add(entry);
    size++;
  }

  boolean remove(Lane.Entry<?, ?> entry) {
    boolean removed = classOf(entry).remove(entry);
    size -= removed ? 1 : 0;
    return removed;
  }

  List<Lane.Entry<?, ?>> all() {
    List<Lane.Entry<?, ?>> all = new ArrayList<>();
    classes.forEach(all::addAll);
    return all;
  }

  /** Takes the next one out; null if there is none. */
  Lane.@Nullable Entry<?, ?> poll() {
    if (size == 0) {
      return null;
    }
    int best = -1;
    for (int i = WEIGHTS.length - 1; i >= 0; i--) {
      if (classes.get(i).isEmpty()) {
        passedOver[i] = 0;
      } else {
        passedOver[i]++;
        if (best < 0 || WEIGHTS[i] * passedOver[i] > WEIGHTS[best] * passedOver[best]) {
          best = i;
        }
      }
    }
    passedOver[best] = 0;
    size--;
    var first = classes.get(best).iterator();
    Lane.Entry<?, ?> next = first.next();
    first.remove();
    return next;
  }
}
