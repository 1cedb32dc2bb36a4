package dev.inproc.inference.deploy;

import dev.inproc.inference.internal.concurrent.Timer;
import dev.inproc.inference.model.ModelVersion;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * An experiment that is being loaded, runs or has ended. Its fields are guarded by the lock of the
 * deployment's commands, but for what is volatile.
 */
final class ActiveExperiment<I, O> {
  final ExperimentPlan plan;

  /** The lanes that were loaded for this, by their versions. */
  final Map<ModelVersion, Lane<I, O>> loaded = new LinkedHashMap<>();

  /** The version that is on its way; null while none is. */
  @Nullable Candidate candidate;

  /** What {@link #candidate} waits for or is loaded by. */
  LoadQueue.@Nullable Entry entry;

  private final Timer timer;
  private volatile ExperimentPhase phase;
  private volatile boolean isStarted;
  private volatile @Nullable String ended;

  /** Creates one whose versions are to be loaded; nothing is recorded before it starts. */
  ActiveExperiment(ExperimentPlan plan, long salt, Timer timer) {
    this.plan = plan;
    this.timer = timer;
    phase = new ExperimentPhase(1, salt, plan, plan.arms(), timer);
  }

  /** Returns the phase that runs, or ran last. */
  ExperimentPhase phase() {
    return phase;
  }

  /** Returns why this has ended; null while it has not. */
  @Nullable String ended() {
    return ended;
  }

  boolean isStarted() {
    return isStarted;
  }

  /**
   * Begins a phase.
   *
   * @param arms with their weights
   * @param serving the lane of the serving version
   * @return how calls are divided from now on
   */
  ExperimentSplit<I, O> begin(List<ExperimentArm> arms, long salt, Lane<I, O> serving) {
    int number = isStarted ? phase.number() + 1 : 1;
    isStarted = true;
    phase = new ExperimentPhase(number, salt, plan, arms, timer);
    List<Lane<I, O>> lanes = new ArrayList<>();
    for (ExperimentArm arm : arms) {
      lanes.add(loaded.getOrDefault(arm.version(), serving).as(arm.name()));
    }
    return new ExperimentSplit<>(serving, lanes, phase);
  }

  /** Ends this, with the results of now. */
  void end(String why) {
    ended = why;
    phase.end(why);
  }
}
