package dev.inproc.inference.batch;

import dev.inproc.inference.events.EventBus;
import dev.inproc.inference.events.ServingEvent.Overloaded;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Tells listeners that a batcher has begun to refuse calls: once, and again after ten seconds
 * without a refusal. Thread-safe.
 */
final class OverloadNotice {
  private static final long QUIET_NANOS = TimeUnit.SECONDS.toNanos(10);

  private final Object batcher;
  private final EventBus events;
  private final AtomicLong lastRefusal;

  OverloadNotice(Object batcher, EventBus events, long nowNanos) {
    this.batcher = batcher;
    this.events = events;
    lastRefusal = new AtomicLong(nowNanos - QUIET_NANOS);
  }

  /** A call was refused, since this many wait. */
  void refused(int waiting, long nowNanos) {
    long last = lastRefusal.getAndSet(nowNanos);
    if (nowNanos - last >= QUIET_NANOS) {
      events.publish(new Overloaded(batcher.toString(), waiting));
    }
  }
}
