package dev.inproc.inference.deploy;

import dev.inproc.inference.CallOptions;
import java.util.List;

/**
 * Calls with an affinity key go to the arm of their key, and the key counts from then on. A call
 * without a key is no unit of which anything could be recorded: the serving lane answers it.
 */
final class ExperimentSplit<I, O> implements TrafficSplit<I, O> {
  private final Lane<I, O> serving;
  private final List<Lane<I, O>> arms;
  private final ExperimentPhase phase;

  ExperimentSplit(Lane<I, O> serving, List<Lane<I, O>> arms, ExperimentPhase phase) {
    this.serving = serving;
    this.arms = List.copyOf(arms);
    this.phase = phase;
  }

  @Override
  public Lane<I, O> lane(I input, CallOptions options) {
    String key = options.affinityKey();
    return key == null ? serving : arms.get(phase.call(key));
  }

  @Override
  public boolean has(Lane<I, O> lane) {
    return arms.contains(lane);
  }
}
