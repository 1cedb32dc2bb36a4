package dev.inproc.inference.deploy;

import dev.inproc.inference.DeadlineExceededException;
import dev.inproc.inference.OverloadedException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Set;
import java.util.concurrent.TimeoutException;

/** Tells failures that may pass, of a disk or of memory, from others. */
final class PassingFailures {
  private static final int MOST_CAUSES = 20;
  private static final Set<Class<? extends Throwable>> PASSING =
      Set.of(
          IOException.class,
          UncheckedIOException.class,
          VirtualMachineError.class,
          DeadlineExceededException.class,
          OverloadedException.class,
          TimeoutException.class);

  private PassingFailures() {}

  /** Returns whether the same version may well load at another time. */
  static boolean mayPass(Throwable failure) {
    Throwable cause = failure;
    for (int i = 0; i < MOST_CAUSES && cause != null; i++) {
      Throwable each = cause;
      if (PASSING.stream().anyMatch(kind -> kind.isInstance(each))) {
        return true;
      }
      cause = cause.getCause();
    }
    return false;
  }
}
