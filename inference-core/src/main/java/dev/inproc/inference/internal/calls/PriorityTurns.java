package dev.inproc.inference.internal.calls;

import dev.inproc.inference.CallOptions.Priority;
import java.util.Arrays;
import java.util.function.IntPredicate;

/**
 * Decides which class of priority comes next. Next is the class whose weight (8 for high, 4 for
 * normal, 1 for low), times the turns that it has waited, is greatest; so while all wait they get
 * about 5, 3 and 1 of nine turns, and none less than one of sixteen. Age is counted in turns, not
 * in time: by time, under an overload that lasts, the high class itself grows old and a low one
 * starves. Not thread-safe.
 */
public final class PriorityTurns {
  /** The number of classes. */
  public static final int CLASSES = 3;

  /** Returned where nothing waits. */
  public static final int NONE = -1;

  private static final int[] WEIGHTS = {1, 4, 8};
  private final int[] passedOver = new int[CLASSES];

  /** Creates turns that no class has waited for. */
  public PriorityTurns() {}

  /** Returns the class's rank, from the lowest. */
  public static int rank(Priority priority) {
    return switch (priority) {
      case LOW -> 0;
      case NORMAL -> 1;
      case HIGH -> 2;
    };
  }

  /**
   * Returns the rank of the class whose turn it is, or {@link #NONE}.
   *
   * @param isWaiting whether something of a class, by its rank, waits
   */
  public int next(IntPredicate isWaiting) {
    int best = NONE;
    for (int i = CLASSES - 1; i >= 0; i--) {
      if (!isWaiting.test(i)) {
        passedOver[i] = 0;
      } else {
        passedOver[i]++;
        if (best == NONE || WEIGHTS[i] * passedOver[i] > WEIGHTS[best] * passedOver[best]) {
          best = i;
        }
      }
    }
    if (best != NONE) {
      passedOver[best] = 0;
    }
    return best;
  }

  /** Forgets how long each class waited, where one class was alone. */
  public void reset() {
    Arrays.fill(passedOver, 0);
  }
}
