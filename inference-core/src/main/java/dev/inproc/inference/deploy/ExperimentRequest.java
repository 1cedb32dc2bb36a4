package dev.inproc.inference.deploy;

import dev.inproc.inference.ModelLoadException;
import dev.inproc.inference.Predictor;
import dev.inproc.inference.model.ModelVersion;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** An experiment that is to begin once its versions are loaded. */
final class ExperimentRequest<I, O> {
  final ExperimentPlan plan;

  /** Set before the candidate's outcome. */
  volatile @Nullable ActiveExperiment<I, O> started;

  ExperimentRequest(ExperimentPlan plan) {
    this.plan = plan;
  }

  /** Returns the versions that are to be loaded. */
  List<ModelVersion> missing(ModelVersion serving) {
    return plan.arms().stream()
        .map(ExperimentArm::version)
        .distinct()
        .filter(version -> !version.equals(serving))
        .toList();
  }

  /**
   * Loads the versions after the first, on the calling thread.
   *
   * @param candidate the first, with which the others are given up
   * @param versions the first and the others
   * @throws ModelLoadException if one is refused; nothing of the others is left
   * @throws InterruptedException if the candidate was given up; nothing of the others is left
   */
  static <I, O> Map<ModelVersion, Lane<I, O>> loadOthers(
      Candidate candidate,
      Lane<I, O> first,
      List<ModelVersion> versions,
      LaneLoader<I, O> loader,
      Predicate<Predictor<I, O>> isInUse)
      throws InterruptedException {
    Map<ModelVersion, Lane<I, O>> lanes = new LinkedHashMap<>();
    lanes.put(first.version, first);
    try {
      for (ModelVersion version : versions) {
        if (!lanes.containsKey(version)) {
          Predicate<Predictor<I, O>> isLoaded =
              made -> lanes.values().stream().anyMatch(lane -> lane.predictor == made);
          lanes.put(version, loader.load(candidate.control(version), null, isInUse.or(isLoaded)));
        }
      }
      return lanes;
    } catch (ModelLoadException | InterruptedException e) {
      lanes.remove(first.version);
      discard(lanes);
      throw e;
    }
  }

  static <I, O> void discard(Map<ModelVersion, Lane<I, O>> lanes) {
    lanes.values().forEach(lane -> LaneLoader.discard(lane.calls));
  }
}
