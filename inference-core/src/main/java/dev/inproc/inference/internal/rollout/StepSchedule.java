package dev.inproc.inference.internal.rollout;

import java.util.List;

/**
 * Says when a step of a rollout ends: after its least time, and once its least number of keys is
 * expected in the canary. It knows the clock and the keys of <em>all</em> lanes alone: a step that
 * waited for the canary's own calls would end at moments that depend on how the canary behaves.
 */
public final class StepSchedule {
  /**
   * A step.
   *
   * @param width the canary's part of the keys, above 0 and at most 1
   * @param leastNanos how long it takes at least
   * @param leastKeys how many keys the canary is expected to have had at least
   */
  public record Step(double width, long leastNanos, long leastKeys) {
    /** Checks the values. */
    public Step {
      if (!(width > 0 && width <= 1)) {
        throw new IllegalArgumentException("width must be above 0 and at most 1, got " + width);
      }
      if (leastNanos < 0 || leastKeys < 0) {
        throw new IllegalArgumentException("The least time and keys of a step must not be below 0");
      }
    }
  }

  private final List<Step> steps;

  /** Takes the steps in order, each wider than the one before. */
  public StepSchedule(List<Step> steps) {
    this.steps = List.copyOf(steps);
    if (steps.isEmpty()) {
      throw new IllegalArgumentException("A rollout needs at least one step");
    }
    for (int i = 1; i < steps.size(); i++) {
      if (steps.get(i).width() <= steps.get(i - 1).width()) {
        throw new IllegalArgumentException(
            "Each step must be wider than the one before, got "
                + steps.get(i).width()
                + " after "
                + steps.get(i - 1).width());
      }
    }
  }

  /** Returns the steps. */
  public List<Step> steps() {
    return steps;
  }

  /**
   * Returns whether a step is over.
   *
   * @param nanosInStep since the step began, less the time that it was paused
   * @param distinctKeys of all lanes since the step began; a call without a key is one
   */
  public boolean isOver(int step, long nanosInStep, long distinctKeys) {
    Step now = steps.get(step);
    return nanosInStep >= now.leastNanos() && distinctKeys * now.width() >= now.leastKeys();
  }
}
