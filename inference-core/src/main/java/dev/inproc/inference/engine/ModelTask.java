package dev.inproc.inference.engine;

import dev.inproc.inference.Cancellation;
import dev.inproc.inference.internal.calls.Queued;
import org.jspecify.annotations.Nullable;

/** The work of one call, done while the model is kept open. */
interface ModelTask<T> {
  /**
   * Does the work, or part of it.
   *
   * @param stop stops the engine's run when it fires; null if nothing stops it
   * @param queued what the call waited in; null if the calling thread does the work itself
   * @return null if more of the work is left, and other calls may go first
   */
  @Nullable T run(@Nullable Cancellation stop, @Nullable Queued queued);
}
