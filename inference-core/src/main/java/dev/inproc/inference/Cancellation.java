package dev.inproc.inference;

import dev.inproc.inference.internal.concurrent.SpinWait;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * A one-shot switch between the threads that may stop a run and the run. The runner arms it with
 * what stops the run and disarms it afterwards; {@link #cancel} fires that at most once, and never
 * after {@link #disarm} has returned.
 *
 * <p>The last clause is the point. Runs are stopped through pooled native options; a canceller that
 * had read "still running" and was then delayed would stop the next, innocent user of the same
 * options. So {@code disarm} waits for a stopper that is under way. A stopper must therefore be
 * quick and must not wait for the run.
 *
 * <p>Thread-safe; one runner at a time may arm it, any number of times in a row.
 */
public final class Cancellation {
  private static final Object IDLE = new Object();
  private static final Object FIRING = new Object();
  private static final Object CANCELLED = new Object();
  private static final VarHandle STATE;

  static {
    try {
      STATE = MethodHandles.lookup().findVarHandle(Cancellation.class, "state", Object.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  /** IDLE, the armed Runnable, FIRING while it runs, or CANCELLED for good. */
  private volatile Object state = IDLE;

  /** Creates a switch that was not turned. */
  public Cancellation() {}

  /**
   * Arms the switch.
   *
   * @param stopper stops the run; called at most once, from any thread
   * @return false if cancelled already: the run need not start
   * @throws IllegalStateException if it is armed
   */
  public boolean arm(Runnable stopper) {
    @Nullable Object witness = STATE.compareAndExchange(this, IDLE, stopper);
    if (witness == IDLE) {
      return true;
    }
    if (witness instanceof Runnable) {
      throw new IllegalStateException("Armed already");
    }
    return false;
  }

  /** Disarms the switch. After this returns, the stopper will not be called and is not running. */
  public void disarm() {
    Object seen = state;
    if (seen instanceof Runnable && STATE.compareAndSet(this, seen, IDLE)) {
      return;
    }
    if (state == FIRING) {
      SpinWait.until(() -> state != FIRING);
    }
  }

  /** Cancels, stopping the run that is armed or preventing the next. Later calls do nothing. */
  public void cancel() {
    while (true) {
      Object seen = state;
      if (seen == CANCELLED || seen == FIRING) {
        return;
      }
      if (seen == IDLE) {
        if (STATE.compareAndSet(this, IDLE, CANCELLED)) {
          return;
        }
      } else if (STATE.compareAndSet(this, seen, FIRING)) {
        try {
          ((Runnable) seen).run();
        } finally {
          state = CANCELLED;
        }
        return;
      }
    }
  }

  /** Returns whether it was cancelled. */
  public boolean isCancelled() {
    Object seen = state;
    return seen == CANCELLED || seen == FIRING;
  }
}
