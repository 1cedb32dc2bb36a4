package dev.inproc.inference.cache;

import java.util.List;
import java.util.concurrent.Executor;
import java.util.function.Consumer;

/**
 * Tells the calls that wait for a run that it has ended. Waking many threads takes time, and a
 * future's callbacks may take any time. So a caller that ran the model on its own thread hands this
 * to an executor if more than {@value #FEW} calls wait, or if one of them has a future.
 */
final class CompletionNotifier {
  /** The caller wakes up to so many itself: that takes some microseconds. */
  private static final int FEW = 4;

  private final Executor executor;

  /** Set on a thread while it notifies, since a callback may close the predictor there. */
  private final ThreadLocal<Boolean> notifier = new ThreadLocal<>();

  CompletionNotifier(Executor executor) {
    this.executor = executor;
  }

  /**
   * Gives each waiter the message, then runs {@code after}.
   *
   * @param byCaller whether this is a caller's thread, which must not serve other callers for long
   */
  <W extends LoadWaiter<?, ?>> void tell(
      List<W> waiters, Consumer<W> message, boolean byCaller, Runnable after) {
    if (byCaller && takesLong(waiters) && tellElsewhere(waiters, message, after)) {
      return;
    }
    tellHere(waiters, message, after);
  }

  private static boolean takesLong(List<? extends LoadWaiter<?, ?>> waiters) {
    if (waiters.size() > FEW) {
      return true;
    }
    for (LoadWaiter<?, ?> waiter : waiters) {
      if (!waiter.isBlocking() && waiter.joined) {
        return true;
      }
    }
    return false;
  }

  private <W extends LoadWaiter<?, ?>> boolean tellElsewhere(
      List<W> waiters, Consumer<W> message, Runnable after) {
    try {
      executor.execute(() -> tellHere(waiters, message, after));
      return true;
    } catch (RuntimeException | Error e) {
      return false; // no thread to be had
    }
  }

  private <W extends LoadWaiter<?, ?>> void tellHere(
      List<W> waiters, Consumer<W> message, Runnable after) {
    if (!waiters.isEmpty()) {
      Boolean before = notifier.get();
      notifier.set(true);
      try {
        waiters.forEach(message);
      } finally {
        if (before == null) {
          notifier.remove();
        }
      }
    }
    after.run();
  }

  /** Returns whether this thread notifies waiters; it must not wait for the end of a run then. */
  boolean isTelling() {
    return notifier.get() != null;
  }
}
