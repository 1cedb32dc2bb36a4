package dev.inproc.inference.cache;

import java.util.List;
import java.util.concurrent.Executor;
import java.util.function.Consumer;

/**
 * Tells those who wait for a run of its end. To wake many threads takes time, and a future's
 * callbacks may take any, so a caller that ran the model by itself and serves more than a few has
 * it done elsewhere.
 */
final class CompletionNotifier {
  private static final int FEW = 4;

  private final Executor executor;

  /** Set on a thread while it tells, since a callback may then close the predictor. */
  private final ThreadLocal<Boolean> notifier = new ThreadLocal<>();

  CompletionNotifier(Executor executor) {
    this.executor = executor;
  }

  /**
   * Gives each the message, then does what comes after.
   *
   * @param byCaller whether the thread is a caller's, who did not come to serve others for long
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

  /** Whether this thread is telling someone of an end: it must not wait for the ends of others. */
  boolean isTelling() {
    return notifier.get() != null;
  }
}
