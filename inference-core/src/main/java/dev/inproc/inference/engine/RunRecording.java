package dev.inproc.inference.engine;

import dev.inproc.inference.Cancellation;
import dev.inproc.inference.internal.calls.Queued;
import dev.inproc.inference.internal.flight.FlightRecorder;
import dev.inproc.inference.spi.IoBinding;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * What JDK Flight Recorder gets to know of one run. While nothing is recorded, none is made, and a
 * run pays for {@link #isOn} alone.
 *
 * <p>A run of {@link #ALWAYS_NANOS} or more is recorded; of the others, the first of a model and
 * each 64th after it. A model that makes 100,000 runs a second so makes 1,600 events.
 *
 * @param isSampled whether the run is recorded however short it is
 * @param padding the share of the input elements that is padding
 * @param bytes of inputs and outputs
 */
record RunRecording(
    boolean isSampled,
    String model,
    String device,
    int requests,
    int rows,
    double padding,
    long bytes,
    long queueNanos,
    @Nullable Cancellation cancellation) {
  static final long ALWAYS_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

  /** One short run in so many is recorded. */
  static final int SAMPLE = 64;

  /** Returns whether a recording wants runs. */
  static boolean isOn() {
    return FlightRecorder.isThere() && RunEvent.isOn();
  }

  /** Returns the recording of a run that is about to begin. */
  static RunRecording of(
      ReplicaSet replicas,
      int replica,
      int requests,
      int rows,
      double padding,
      double rowBytes,
      @Nullable Cancellation cancellation,
      @Nullable Queued queued) {
    return new RunRecording(
        replicas.recordedRuns.getAndIncrement() % SAMPLE == 0,
        replicas.name,
        replicas.all.get(replica).device().toString(),
        requests,
        rows,
        padding,
        (long) (rows * rowBytes),
        waited(queued, replicas.timer.nanoTime()),
        cancellation);
  }

  private static long waited(@Nullable Queued queued, long now) {
    if (queued == null) {
      return 0;
    }
    long arrival = queued.arrivalNanos();
    return arrival == Queued.UNKNOWN ? Queued.UNKNOWN : Math.max(0, now - arrival);
  }

  /** Runs a binding and records it. */
  void run(IoBinding binding) {
    RunEvent event = new RunEvent();
    String outcome = "failed";
    event.begin();
    long start = System.nanoTime();
    try {
      binding.run();
      outcome = "answered";
    } finally {
      long nanos = System.nanoTime() - start;
      event.end();
      if (isSampled || nanos >= ALWAYS_NANOS) {
        boolean failed = outcome.equals("failed");
        boolean stopped = failed && cancellation != null && cancellation.isCancelled();
        commit(event, stopped ? "stopped" : outcome);
      }
    }
  }

  private void commit(RunEvent event, String outcome) {
    event.model = model;
    event.device = device;
    event.requests = requests;
    event.rows = rows;
    event.padding = padding;
    event.size = bytes;
    event.queueTime = queueNanos;
    event.outcome = outcome;
    event.commit();
  }
}
