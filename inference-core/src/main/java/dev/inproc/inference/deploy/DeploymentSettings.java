package dev.inproc.inference.deploy;

import dev.inproc.inference.model.ModelVersion;
import java.util.List;

/**
 * What a deployment is told of its versions. Immutable.
 *
 * @param sizes the batch sizes of the warm-up; empty for those of the manifest
 * @param keepWarmNanos how long the version that served before is kept
 */
record DeploymentSettings<I, O>(
    List<I> warmUpInputs,
    List<Integer> sizes,
    AcceptanceCheck<? super I, ? super O> check,
    long keepWarmNanos) {
  private static final List<Integer> ONE = List.of(1);

  DeploymentSettings<I, O> withCheck(AcceptanceCheck<? super I, ? super O> other) {
    return new DeploymentSettings<>(warmUpInputs, sizes, other, keepWarmNanos);
  }

  /** Returns the batch sizes that the warm-up of a version runs. */
  List<Integer> sizes(ModelVersion version) {
    if (!sizes.isEmpty()) {
      return sizes;
    }
    List<Integer> stated = version.manifest().warmUpBatchSizes();
    return stated.isEmpty() ? ONE : stated;
  }
}
