package dev.inproc.inference.engine;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** Releasing several things, each whatever became of the others. */
final class CloseAll {
  private CloseAll() {}

  /** Takes every step, then throws what the first failed one threw. */
  static void all(List<? extends Runnable> steps) {
    @Nullable Throwable first = null;
    for (Runnable step : steps) {
      try {
        step.run();
      } catch (RuntimeException | Error e) {
        if (first == null) {
          first = e;
        } else if (first != e) {
          first.addSuppressed(e);
        }
      }
    }
    if (first instanceof RuntimeException exception) {
      throw exception;
    }
    if (first instanceof Error error) {
      throw error;
    }
  }
}
