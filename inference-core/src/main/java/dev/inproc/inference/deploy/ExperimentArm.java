package dev.inproc.inference.deploy;

import dev.inproc.inference.model.ModelVersion;
import java.util.Objects;

/**
 * What an experiment compares: a version that answers a share of the keys.
 *
 * @param name what answers and results call it
 * @param version the version that answers; several arms may have the same
 * @param weight its share of the keys is this over the sum of all arms' weights
 */
public record ExperimentArm(String name, ModelVersion version, double weight) {
  /** Checks the weight. */
  public ExperimentArm {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(version, "version");
    if (!(weight > 0 && weight < Double.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException(
          "Arm \"" + name + "\": expected a finite weight above 0, got " + weight);
    }
  }
}
