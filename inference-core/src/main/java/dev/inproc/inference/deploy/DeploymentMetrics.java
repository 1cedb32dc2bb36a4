package dev.inproc.inference.deploy;

import dev.inproc.inference.model.ModelVersion;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * A deployment at one time. Immutable.
 *
 * @param name the deployment's name
 * @param serving the version that answers; after the deployment was closed, the last that did
 * @param servingFor how long it has served
 * @param lanes the versions in memory, the serving version first
 * @param loading the versions that wait to be loaded or are being loaded, in their order
 * @param switches how often another version began to serve, by a switch or a rollback
 * @param refused how many versions were refused
 * @param rollbacks how often the deployment was told to go back and did
 * @param retriedCalls how many calls were tried again on another version, since theirs was retired
 * @param shadow the figures of the version that runs on copies of the calls, if one does
 */
public record DeploymentMetrics(
    String name,
    ModelVersion serving,
    Duration servingFor,
    List<LaneMetrics> lanes,
    List<ModelVersion> loading,
    long switches,
    long refused,
    long rollbacks,
    long retriedCalls,
    Optional<ShadowMetrics> shadow) {
  /** Copies the lists. */
  public DeploymentMetrics {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(serving, "serving");
    Objects.requireNonNull(servingFor, "servingFor");
    lanes = List.copyOf(lanes);
    loading = List.copyOf(loading);
    Objects.requireNonNull(shadow, "shadow");
  }

  /** Returns these with other lanes, and with a shadow. */
  DeploymentMetrics with(
      List<LaneMetrics> allLanes, List<ModelVersion> allLoading, Optional<ShadowMetrics> ofShadow) {
    return new DeploymentMetrics(
        name,
        serving,
        servingFor,
        allLanes,
        allLoading,
        switches,
        refused,
        rollbacks,
        retriedCalls,
        ofShadow);
  }

  /** What a version in memory does. */
  public enum LaneState {
    /** It answers new calls. */
    SERVING,
    /** It answers a share of the new calls, to prove itself. */
    CANARY,
    /** It is of the serving version, and answers the calls that a canary is compared with. */
    CONTROL,
    /** It answers the keys of an arm of an experiment. */
    ARM,
    /** It answers its last calls, and is kept so that the deployment can go back at once. */
    WARM,
    /** It answers its last calls; then its memory is freed. */
    DRAINING,
    /** It runs on copies of calls, and answers no caller. */
    SHADOW
  }

  /**
   * A version in memory.
   *
   * @param version the version
   * @param state what it does
   */
  public record LaneMetrics(ModelVersion version, LaneState state) {}
}
