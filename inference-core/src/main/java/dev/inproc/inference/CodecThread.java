package dev.inproc.inference;

import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Marks the threads that are inside a codec. Such a thread, when it closes a predictor, waits
 * neither for decoders nor for the last use of a codec's resource: it may itself be what is waited
 * for.
 */
final class CodecThread {
  private static final ThreadLocal<@Nullable Boolean> INSIDE = new ThreadLocal<>();

  private CodecThread() {}

  /** Runs a task of a codec. */
  static <T> T run(Supplier<T> task) {
    Boolean before = INSIDE.get();
    INSIDE.set(true);
    try {
      return task.get();
    } finally {
      INSIDE.set(before);
    }
  }

  /** Returns whether the calling thread is inside a codec. */
  static boolean isInside() {
    return INSIDE.get() != null;
  }
}
