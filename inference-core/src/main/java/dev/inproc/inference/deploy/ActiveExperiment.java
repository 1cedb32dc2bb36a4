package dev.inproc.inference.deploy;

import dev.inproc.inference.model.ModelVersion;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * An experiment that runs or has ended. Its lanes are guarded by the lock of the deployment's
 * commands.
 */
final class ActiveExperiment<I, O> {
  final ExperimentPlan plan;

  /** The lanes that were loaded for this; the serving lane is none of them. */
  final Map<ModelVersion, Lane<I, O>> loaded;

  private final Lane<I, O> serving;
  private volatile ExperimentPhase phase;

  ActiveExperiment(
      ExperimentPlan plan,
      Map<ModelVersion, Lane<I, O>> loaded,
      Lane<I, O> serving,
      ExperimentPhase first) {
    this.plan = plan;
    this.loaded = new LinkedHashMap<>(loaded);
    this.serving = serving;
    phase = first;
  }

  /** Returns the phase that runs, or ran last. */
  ExperimentPhase phase() {
    return phase;
  }

  /** Has another phase follow. */
  void phase(ExperimentPhase next) {
    phase = next;
  }

  /** Returns how this phase divides the calls. */
  ExperimentSplit<I, O> split() {
    List<Lane<I, O>> lanes = new ArrayList<>();
    for (ExperimentArm arm : phase.arms()) {
      Lane<I, O> own = loaded.get(arm.version());
      lanes.add((own == null ? serving : own).as(arm.name()));
    }
    return new ExperimentSplit<>(serving, lanes, phase);
  }

  /** Returns the lane of a version that was loaded for this, which no longer owns it; or null. */
  @Nullable Lane<I, O> take(ModelVersion version) {
    return loaded.remove(version);
  }
}
