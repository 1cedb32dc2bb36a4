package dev.inproc.inference.metrics;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.TimeUnit;

/**
 * What calls came in the last minute, from snapshots of counts that only grow. A snapshot is kept
 * every ten seconds, for seventy. Thread-safe.
 */
public final class MinuteWindow {
  /** How often {@link #keep} is due while calls come. */
  public static final long KEEP_NANOS = TimeUnit.SECONDS.toNanos(10);

  private static final long MINUTE_NANOS = TimeUnit.MINUTES.toNanos(1);

  /** A snapshot and its time. Eight of them stay, so the histogram is packed. */
  private record Kept(long nanos, CallMetrics counts, PackedHistogram latency) {
    static Kept of(long nanos, CallMetrics metrics) {
      CallMetrics counts = new CallMetrics(metrics.begun(), metrics.ended(), Histogram.EMPTY);
      return new Kept(nanos, counts, PackedHistogram.of(metrics.latencyNanos()));
    }

    CallMetrics metrics() {
      return new CallMetrics(counts.begun(), counts.ended(), latency.unpack());
    }
  }

  /**
   * The last minute.
   *
   * @param metrics what came in it
   * @param spanNanos how long it is
   */
  public record Minute(CallMetrics metrics, long spanNanos) {}

  private final Deque<Kept> kept = new ArrayDeque<>(); // oldest first, never empty

  /**
   * Creates a window that begins now.
   *
   * @param nowNanos the time
   */
  public MinuteWindow(long nowNanos) {
    kept.add(Kept.of(nowNanos, CallMetrics.NONE));
  }

  /**
   * Keeps a snapshot, if the last one is ten seconds old.
   *
   * @return whether it differs from the last one kept
   */
  public synchronized boolean keep(long nowNanos, CallMetrics metrics) {
    Kept last = kept.getLast();
    boolean differs =
        last.counts.begun() != metrics.begun() || last.counts.allEnded() != metrics.allEnded();
    if (nowNanos - last.nanos >= KEEP_NANOS) {
      kept.add(Kept.of(nowNanos, metrics));
      forget(nowNanos);
    }
    return differs;
  }

  /** Calls come again after a time in which none came or ended, and nothing was kept. */
  public synchronized void resume(long nowNanos) {
    if (nowNanos - kept.getLast().nanos >= KEEP_NANOS) {
      kept.add(new Kept(nowNanos, kept.getLast().counts, kept.getLast().latency));
      forget(nowNanos);
    }
  }

  /** No more calls come: what these were is not the last minute for ever. */
  public synchronized void end(long nowNanos, CallMetrics metrics) {
    kept.add(Kept.of(nowNanos, metrics));
    forget(nowNanos);
  }

  /** Forgets what is older than a minute, but for the snapshot at which the last minute begins. */
  private void forget(long nowNanos) {
    while (kept.size() > 1) {
      Kept first = kept.removeFirst();
      if (nowNanos - kept.getFirst().nanos < MINUTE_NANOS) {
        kept.addFirst(first);
        return;
      }
    }
  }

  /** Returns what came in the minute before a snapshot that was taken now. */
  public synchronized Minute before(long nowNanos, CallMetrics metrics) {
    forget(nowNanos);
    Kept first = kept.getFirst();
    long span = nowNanos - first.nanos;
    // A longer one begins with a time without calls.
    long minute = span < MINUTE_NANOS + KEEP_NANOS ? span : MINUTE_NANOS;
    return new Minute(metrics.since(first.metrics()), minute);
  }
}
