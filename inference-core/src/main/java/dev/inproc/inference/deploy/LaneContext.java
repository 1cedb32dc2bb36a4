package dev.inproc.inference.deploy;

import java.util.Objects;

/**
 * What a {@link LaneFactory} is told beside the version. Immutable.
 *
 * @param deployment the deployment's name
 * @param lane the lane's name, as figures and events have it, such as {@code "fraud@3"}
 */
public record LaneContext(String deployment, String lane) {
  /** Checks that nothing is null. */
  public LaneContext {
    Objects.requireNonNull(deployment, "deployment");
    Objects.requireNonNull(lane, "lane");
  }
}
