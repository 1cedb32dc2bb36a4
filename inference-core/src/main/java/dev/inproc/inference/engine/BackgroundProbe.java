package dev.inproc.inference.engine;

import dev.inproc.inference.internal.concurrent.Durations;
import dev.inproc.inference.internal.concurrent.Timer;
import java.time.Duration;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Continues a probe that was not finished at load, while the model is served. A library thread
 * makes one run at a time and then rests nine times as long, which leaves the processors to
 * callers. The probe runs on the served replicas if the graph keeps no state, else on replicas of
 * its own, which it discards.
 */
final class BackgroundProbe implements LoadedModel.BackgroundTask {
  // Times the duration of a run: the probe runs a tenth of the time.
  private static final int REST = 9;
  private static final long LONGEST_RUN_NANOS = Durations.of(Duration.ofMinutes(1));
  private static final long GRACE_NANOS = 1_000_000_000;

  private final LoadedModel served;
  private final LoadedModel probed;
  private final ProbeRuns runs;
  private final Consumer<IntegrityProbe.Outcome> found;
  private Timer.@Nullable Scheduled rest; // guarded by this, as the next two fields
  private boolean resting;
  private boolean stopped;
  private volatile boolean isDone;

  /**
   * Creates a probe.
   *
   * @param probed the served model, or another, which the probe owns
   * @param found gets the outcome, unless the model is closed first
   */
  BackgroundProbe(
      LoadedModel served,
      LoadedModel probed,
      Runner runner,
      Consumer<IntegrityProbe.Outcome> found) {
    this.served = served;
    this.probed = probed;
    this.found = found;
    runs = new ProbeRuns(probed, runner, new Paced());
  }

  @Override
  public void run() {
    try {
      IntegrityProbe.Outcome outcome = IntegrityProbe.unhurried(runs);
      if (!isStopped()) {
        found.accept(outcome);
      }
    } catch (RuntimeException | Error e) {
      if (!isStopped()) {
        SessionLog.LOG.log(
            System.Logger.Level.WARNING,
            () -> served.name() + ": the probe ended without an answer, examples run one by one",
            e);
      }
    } finally {
      isDone = true;
      if (probed != served) {
        probed.beginClose();
      }
    }
  }

  @Override
  public boolean isDone() {
    return isDone;
  }

  private synchronized boolean isStopped() {
    return stopped;
  }

  @Override
  public void stop() {
    synchronized (this) {
      stopped = true;
      wake();
    }
    runs.stop.cancel();
    if (probed != served) {
      probed.beginClose();
    }
  }

  @Override
  public void awaitFreed(long nanos) {
    if (probed != served) {
      probed.awaitFreed(Math.min(nanos, GRACE_NANOS));
    }
  }

  private synchronized void rest(long nanos) {
    if (stopped || nanos <= 0) {
      return;
    }
    resting = true;
    rest = served.replicas.timer.schedule(this::wake, nanos);
    while (resting) {
      try {
        wait();
      } catch (InterruptedException e) {
        wake(); // no code interrupts this thread on purpose; goes on without the rest
      }
    }
  }

  private synchronized void wake() {
    resting = false;
    if (rest != null) {
      rest.cancel();
    }
    notifyAll();
  }

  /** Bounds each run, and rests after it. */
  private final class Paced implements ProbeRuns.Pace {
    private Timer.@Nullable Scheduled alarm;

    @Override
    public void begin() {
      alarm = served.replicas.timer.schedule(runs.stop::cancel, LONGEST_RUN_NANOS);
    }

    @Override
    public void end() {
      if (alarm != null) {
        alarm.cancel();
      }
    }

    @Override
    public void rest(long nanos) {
      BackgroundProbe.this.rest(REST * nanos);
    }
  }
}
