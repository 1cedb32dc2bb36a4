package dev.inproc.inference.deploy;

import java.util.HashMap;
import java.util.Map;
import java.util.Objects;

/**
 * An experiment that {@link Deployment#experiment} began. Thread-safe.
 *
 * <p>A call with an affinity key is answered by the arm of its key: always the same while a phase
 * runs. A call without a key is answered by the version that serves, and does not count. A key
 * counts from its first call of the phase, whether that succeeds or not.
 *
 * <p>Arms, weights and metrics are fixed while a phase runs. {@link #changeWeights} begins another,
 * with an assignment of its own and without scores: results of several phases must not be added up,
 * since keys that came under other weights are other keys.
 *
 * <pre>{@code
 * Experiment experiment = deployment.experiment(plan);
 * deployment.predict(request, CallOptions.DEFAULT.withAffinityKey(user));
 * experiment.record(user, "bought", 1); // later, when it happens
 * experiment.results().metrics().forEach(System.out::println); // whenever you like
 * experiment.stop("decided");
 * }</pre>
 */
public final class Experiment implements AutoCloseable {
  private final Experiments<?, ?> experiments;
  private final ActiveExperiment<?, ?> active;

  private Experiment(Experiments<?, ?> experiments, ActiveExperiment<?, ?> active) {
    this.experiments = experiments;
    this.active = active;
  }

  static <I, O> Experiment of(Experiments<I, O> experiments, ActiveExperiment<I, O> active) {
    return new Experiment(experiments, active);
  }

  /**
   * Records an outcome of a key. It counts if the key made a call in this phase, and its window,
   * from its first call on, lasts; else {@link ExperimentResults#ignored} counts it. Several values
   * of a key are used as the metric's {@link ExperimentMetric.Kind} says. A value that is not
   * finite is never dropped silently: it has the metric's comparisons refused, since a version that
   * yields NaN would look better without.
   *
   * @param key the affinity key of the calls
   * @param metric the metric's name
   * @param value the value; of a share, 0 or 1
   * @throws IllegalArgumentException if there is no such metric, or it is a ratio, or the value of
   *     a share is another
   */
  public void record(String key, String metric, double value) {
    Objects.requireNonNull(key, "key");
    Objects.requireNonNull(metric, "metric");
    active.phase().record(key, metric, value, 1, false);
  }

  /**
   * Records an outcome of a key for a ratio, such as 2 clicks of 10 views. What is recorded of a
   * key in its window is added.
   *
   * @param key the affinity key of the calls
   * @param metric the metric's name
   * @param numerator is added to the key's numerator
   * @param denominator is added to the key's denominator; 0 or more
   * @throws IllegalArgumentException if there is no such metric, or it is no ratio, or the
   *     denominator is below 0
   */
  public void record(String key, String metric, double numerator, double denominator) {
    Objects.requireNonNull(key, "key");
    Objects.requireNonNull(metric, "metric");
    active.phase().record(key, metric, numerator, denominator, true);
  }

  /**
   * Returns what the present phase has found; after the end, what the last had. It may be read at
   * any time and as often as wanted: the stated confidence is that of all readings together.
   */
  public ExperimentResults results() {
    return active.phase().results();
  }

  /** Returns the name of the arm that answers a key in this phase. It does not expose the key. */
  public String arm(String key) {
    ExperimentPhase phase = active.phase();
    return phase.arms().get(phase.arm(Objects.requireNonNull(key, "key"))).name();
  }

  /**
   * Begins another phase with other weights: keys are assigned anew, and nothing that was recorded
   * counts in it.
   *
   * @param weights the weight of each arm, by its name
   * @return the results of the phase that ends; windows that last at its end do not count
   * @throws IllegalArgumentException if an arm has no weight, or a weight is not above 0
   * @throws IllegalStateException if the experiment has ended
   */
  public ExperimentResults changeWeights(Map<String, Double> weights) {
    return experiments.changeWeights(active, new HashMap<>(weights)).results();
  }

  /**
   * Has the serving version answer all calls. The versions of the arms answer their last calls and
   * are freed. Keys whose windows last at the end do not count. To have the version of an arm
   * serve, call {@link Deployment#switchTo} instead: that ends the experiment too, and loads
   * nothing.
   *
   * @param reason why, for events and results
   * @return false if the experiment had ended
   */
  public boolean stop(String reason) {
    return experiments.stop(active, Objects.requireNonNull(reason, "reason"));
  }

  /** Stops the experiment, if it runs. */
  @Override
  public void close() {
    var unused = stop("closed");
  }
}
