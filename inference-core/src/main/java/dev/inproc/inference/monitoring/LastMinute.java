package dev.inproc.inference.monitoring;

import dev.inproc.inference.Predictor;
import dev.inproc.inference.internal.concurrent.ServingThreads;
import dev.inproc.inference.internal.concurrent.Timer;
import dev.inproc.inference.metrics.CallMetrics;
import dev.inproc.inference.metrics.CallRecorder;
import dev.inproc.inference.metrics.MinuteWindow;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * The figures of the last minute. While calls come, the timer keeps a snapshot every ten seconds;
 * it stops when none has come or ended for so long, and an idle predictor costs nothing.
 */
final class LastMinute {
  private final CallRecorder calls;
  private final Timer timer;
  private final MinuteWindow window;
  private final AtomicBoolean armed = new AtomicBoolean();
  private volatile Timer.@Nullable Scheduled next;
  private volatile boolean closed;

  LastMinute(CallRecorder calls, Predictor<?, ?> inner) {
    this.calls = calls;
    timer = ServingThreads.of(inner::find).timer();
    window = new MinuteWindow(timer.nanoTime());
  }

  /** A call has begun, and was counted. */
  void begun() {
    if (!armed.getOpaque()) {
      arm();
    }
  }

  private void arm() {
    if (closed || !armed.compareAndSet(false, true)) {
      return;
    }
    window.resume(timer.nanoTime());
    schedule();
  }

  private void schedule() {
    try {
      next = timer.schedule(this::tick, MinuteWindow.KEEP_NANOS);
    } catch (RuntimeException e) {
      armed.set(false); // the runtime is closed, or its clock fails: the next call tries again
      return;
    }
    if (closed) {
      cancel();
    }
  }

  /** On the timer's thread. */
  private void tick() {
    CallMetrics now = calls.snapshot();
    if (window.keep(timer.nanoTime(), now) || now.inFlight() > 0) {
      schedule();
      return;
    }
    armed.set(false);
    if (calls.snapshot().begun() != now.begun()) {
      arm(); // a call that came meanwhile may have seen this armed
    }
  }

  MeteringMetrics metrics(String name) {
    CallMetrics total = calls.snapshot();
    if (total.inFlight() > 0) {
      arm(); // a call that came as the timer stopped may have seen it armed
    }
    MinuteWindow.Minute minute = window.before(timer.nanoTime(), total);
    return new MeteringMetrics(name, total, minute.metrics(), Duration.ofNanos(minute.spanNanos()));
  }

  void close() {
    if (!closed) {
      closed = true;
      window.end(timer.nanoTime(), calls.snapshot());
    }
    cancel();
  }

  boolean isClosed() {
    return closed;
  }

  private void cancel() {
    Timer.Scheduled scheduled = next;
    if (scheduled != null) {
      scheduled.cancel();
    }
  }
}
