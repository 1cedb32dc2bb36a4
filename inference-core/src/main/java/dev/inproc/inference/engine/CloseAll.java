package dev.inproc.inference.engine;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** Releases several resources, each even if the release of another fails. */
final class CloseAll {
  private CloseAll() {}

  /** Takes every step, then throws the first failure, with the others suppressed. */
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
