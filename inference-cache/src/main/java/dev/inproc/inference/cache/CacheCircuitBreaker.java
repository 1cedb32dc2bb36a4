package dev.inproc.inference.cache;

import dev.inproc.inference.events.EventBus;
import dev.inproc.inference.events.ServingEvent.CacheSwitched;
import dev.inproc.inference.internal.concurrent.Timer;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Whether the cache is on, off for a while since it did not pay, passed by, or closed. After a
 * pause it is on again for a trial; each trial in a row that fails doubles the pause, from one
 * second to a minute.
 */
final class CacheCircuitBreaker {
  private static final Logger LOG = System.getLogger("dev.inproc.inference.cache");
  private static final int LONGEST = 6; // doublings: about a minute

  enum State {
    ON,
    OFF,
    /** The model keeps state, or may: nothing is kept until it is known not to. */
    PASSING,
    CLOSED
  }

  private final Timer timer;
  private final EventBus events;
  private final AtomicInteger times = new AtomicInteger();
  private volatile State state;
  private volatile int failedTrials; // written under the lock
  private Timer.@Nullable Scheduled pause;

  /**
   * Creates it.
   *
   * @param passing whether all calls go past the cache, until {@link #settle}
   */
  CacheCircuitBreaker(Timer timer, EventBus events, boolean passing) {
    this.timer = timer;
    this.events = events;
    state = passing ? State.PASSING : State.ON;
  }

  boolean isPassing() {
    return state == State.PASSING;
  }

  /** Has calls go past the cache no longer. */
  synchronized void settle() {
    if (state == State.PASSING) {
      state = State.ON;
    }
  }

  boolean isOn() {
    return state == State.ON;
  }

  boolean isClosed() {
    return state == State.CLOSED;
  }

  /** Look-ups are found to save more than they cost. */
  void pays(Object cache) {
    if (failedTrials > 0) {
      paysAgain(name(cache)); // the name is the application's code: not under the lock
    }
  }

  private synchronized void paysAgain(String cache) {
    if (failedTrials > 0) {
      events.publish(new CacheSwitched(cache, true));
    }
    failedTrials = 0;
  }

  /** Look-ups are found to cost more than they save. */
  void costs(Object cache) {
    if (state == State.ON) {
      costs(name(cache));
    }
  }

  private synchronized void costs(String cache) {
    if (state != State.ON) {
      return;
    }
    state = State.OFF;
    times.incrementAndGet();
    long seconds = 1L << failedTrials;
    failedTrials = Math.min(LONGEST, failedTrials + 1);
    pause = timer.schedule(this::tryAgain, TimeUnit.SECONDS.toNanos(seconds));
    // Told once a streak, not once a trial.
    if (failedTrials == 1) {
      events.publish(new CacheSwitched(cache, false));
    }
    LOG.log(
        failedTrials == 1 ? Level.INFO : Level.DEBUG,
        () -> cache + ": off for " + seconds + " s, since looking up costs more than it saves");
  }

  private static String name(Object cache) {
    try {
      return cache.toString();
    } catch (RuntimeException e) {
      return "a cache"; // whose predictor has no name to tell
    }
  }

  private synchronized void tryAgain() {
    if (state == State.OFF) {
      state = State.ON;
    }
  }

  synchronized void close() {
    state = State.CLOSED;
    Timer.Scheduled scheduled = pause;
    if (scheduled != null) {
      scheduled.cancel();
    }
  }

  int timesOff() {
    return times.get();
  }
}
