package dev.inproc.inference.events;

import java.time.Clock;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.Objects;

/**
 * A listener that keeps the latest events, for a page or a support report. Thread-safe.
 *
 * <pre>{@code
 * RecentEvents recent = new RecentEvents();
 * ServingRuntime.shared().addListener(recent);
 * StatusPage.render(predictors, resources, Instant.now(), recent.latest());
 * }</pre>
 */
public final class RecentEvents implements ServingListener {
  /** How many events are kept; older ones are forgotten. */
  public static final int CAPACITY = 64;

  /**
   * An event and its time.
   *
   * @param time when the listener heard it, which is soon after it happened
   * @param event what happened
   */
  public record Entry(Instant time, ServingEvent event) {
    /** Checks that nothing is null. */
    public Entry {
      Objects.requireNonNull(time, "time");
      Objects.requireNonNull(event, "event");
    }
  }

  private final Clock clock;
  private final Deque<Entry> entries = new ArrayDeque<>(CAPACITY); // under the lock, oldest first

  /** Creates one that has heard nothing. */
  public RecentEvents() {
    this(Clock.systemUTC());
  }

  RecentEvents(Clock clock) {
    this.clock = clock;
  }

  @Override
  public void onEvent(ServingEvent event) {
    Entry entry = new Entry(clock.instant(), event);
    synchronized (entries) {
      if (entries.size() == CAPACITY) {
        entries.removeFirst();
      }
      entries.addLast(entry);
    }
  }

  /** Returns what is kept, the latest event first. */
  public List<Entry> latest() {
    List<Entry> all;
    synchronized (entries) {
      all = new ArrayList<>(entries);
    }
    Collections.reverse(all);
    return Collections.unmodifiableList(all);
  }
}
