package dev.inproc.inference.text;

import dev.inproc.inference.CallOptions;
import dev.inproc.inference.Deadline;
import dev.inproc.inference.DeadlineExceededException;
import dev.inproc.inference.InferenceInterruptedException;
import dev.inproc.inference.internal.concurrent.Timer;
import java.time.Duration;

/** Ends work on a blocked caller's thread, such as the tokenizing of a long list, in time. */
final class LongWork {
  private LongWork() {}

  /**
   * Checks that the caller still wants the work.
   *
   * @param armed the call's options, with its deadline
   * @param predictor named by the failure
   * @throws DeadlineExceededException if the call's time is over
   * @throws InferenceInterruptedException if the thread was interrupted; its status stays set
   */
  static void check(CallOptions armed, Timer timer, Object predictor) {
    if (Thread.currentThread().isInterrupted()) {
      throw new InferenceInterruptedException(new InterruptedException());
    }
    checkTime(armed, timer, predictor);
  }

  /** Checks that the call's time is not over. */
  static void checkTime(CallOptions armed, Timer timer, Object predictor) {
    Duration timeout = armed.timeout();
    if (timeout != null && Deadline.remainingNanos(armed, timer.nanoTime()) <= 0) {
      throw new DeadlineExceededException(
          timeout, predictor.toString(), DeadlineExceededException.Stage.QUEUED);
    }
  }
}
