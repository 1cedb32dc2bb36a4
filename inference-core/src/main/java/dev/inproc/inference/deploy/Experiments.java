package dev.inproc.inference.deploy;

import dev.inproc.inference.deploy.DeploymentMetrics.LaneMetrics;
import dev.inproc.inference.deploy.DeploymentMetrics.LaneState;
import dev.inproc.inference.events.ServingEvent;
import dev.inproc.inference.events.ServingEvent.ExperimentEnded;
import dev.inproc.inference.events.ServingEvent.ExperimentStarted;
import dev.inproc.inference.events.ServingEvent.SampleRatioMismatch;
import dev.inproc.inference.internal.concurrent.ServingThreads;
import dev.inproc.inference.model.ModelVersion;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The experiment of a deployment: at most one at a time, and none beside a rollout. A command that
 * decides which version serves ends it.
 */
final class Experiments<I, O> {
  private final String name;
  private final ServingTable<I, O> table; // its monitor is the lock
  private final LaneRetirement<I, O> retirement;
  private final ServingThreads threads;
  private final SecureRandom random = new SecureRandom();

  // Guarded by the lock.
  private @Nullable ActiveExperiment<I, O> active;

  Experiments(
      String name,
      ServingTable<I, O> table,
      LaneRetirement<I, O> retirement,
      ServingThreads threads) {
    this.name = name;
    this.table = table;
    this.retirement = retirement;
    this.threads = threads;
  }

  // ---- for the commands of the deployment: with the lock held ----

  /** Returns the experiment that is under way, or null. */
  @Nullable ActiveExperiment<I, O> active() {
    return active;
  }

  /**
   * Checks that no experiment is under way.
   *
   * @throws IllegalStateException if there is one
   */
  void checkFree() {
    ActiveExperiment<I, O> now = active;
    if (now != null) {
      throw new IllegalStateException(
          "Deployment \""
              + name
              + "\": expected no experiment under way, got that of "
              + words(now.phase().arms())
              + ": stop it first");
    }
  }

  /** Divides the calls among the arms. */
  ActiveExperiment<I, O> start(ExperimentPlan plan, Map<ModelVersion, Lane<I, O>> loaded) {
    ExperimentPhase first = phase(1, plan, plan.arms());
    ActiveExperiment<I, O> started = new ActiveExperiment<>(plan, loaded, table.serving(), first);
    active = started;
    publish(started);
    return started;
  }

  private ExperimentPhase phase(int number, ExperimentPlan plan, List<ExperimentArm> arms) {
    return new ExperimentPhase(
        number,
        random.nextLong(),
        plan,
        arms,
        threads.timer(),
        finding -> tell(new SampleRatioMismatch(name, finding)));
  }

  private void publish(ActiveExperiment<I, O> now) {
    table.split(now.split());
    tell(new ExperimentStarted(name, now.phase().number(), words(now.phase().arms())));
  }

  private static String words(List<ExperimentArm> arms) {
    double sum = arms.stream().mapToDouble(ExperimentArm::weight).sum();
    return arms.stream()
        .map(
            arm ->
                String.format(
                    Locale.ROOT,
                    "%s = %s %.1f %%",
                    arm.name(),
                    arm.version(),
                    100 * arm.weight() / sum))
        .collect(Collectors.joining(", "));
  }

  /** Has the serving version answer all calls, if there is an experiment. */
  void overrule(String why) {
    ActiveExperiment<I, O> now = active;
    if (now != null) {
      table.split(null);
      end(now, why);
      now.loaded.values().forEach(retirement::release);
    }
  }

  private void end(ActiveExperiment<I, O> now, String why) {
    active = null;
    now.phase().end(why);
    tell(new ExperimentEnded(name, now.phase().number(), why));
  }

  /** Returns the lane of an arm's version, to serve by itself; null if no arm has it. */
  @Nullable Lane<I, O> take(ModelVersion version) {
    ActiveExperiment<I, O> now = active;
    return now == null ? null : now.take(version);
  }

  /** Returns whether a predictor is that of an arm. */
  boolean has(Object predictor) {
    ActiveExperiment<I, O> now = active;
    return now != null
        && now.loaded.values().stream().anyMatch(lane -> lane.predictor == predictor);
  }

  List<LaneMetrics> lanes() {
    ActiveExperiment<I, O> now = active;
    return now == null
        ? List.of()
        : now.loaded.keySet().stream()
            .map(version -> new LaneMetrics(version, LaneState.ARM))
            .toList();
  }

  /** Ends with the deployment. Returns the lanes to close. */
  List<Lane<I, O>> beginClose() {
    ActiveExperiment<I, O> now = active;
    if (now == null) {
      return List.of();
    }
    end(now, "the deployment was closed");
    return new ArrayList<>(now.loaded.values());
  }

  // ---- commands of an experiment's own ----

  Optional<ActiveExperiment<I, O>> current() {
    synchronized (table) {
      return Optional.ofNullable(active);
    }
  }

  /**
   * Begins a phase with other weights.
   *
   * @return the phase that ended
   * @throws IllegalStateException if the experiment has ended
   */
  ExperimentPhase changeWeights(ActiveExperiment<?, ?> experiment, Map<String, Double> weights) {
    synchronized (table) {
      ActiveExperiment<I, O> now = active;
      if (now != experiment || now == null) {
        throw new IllegalStateException(
            "Deployment \"" + name + "\": expected an experiment that runs, got one that ended");
      }
      ExperimentPhase before = now.phase();
      List<ExperimentArm> arms = new ArrayList<>();
      for (ExperimentArm arm : before.arms()) {
        Double weight = weights.get(arm.name());
        if (weight == null || weights.size() != before.arms().size()) {
          throw new IllegalArgumentException(
              "Expected a weight for each of "
                  + before.arms().stream().map(ExperimentArm::name).toList()
                  + " and no other, got "
                  + weights);
        }
        arms.add(new ExperimentArm(arm.name(), arm.version(), weight));
      }
      table.nextCommand();
      now.phase(phase(before.number() + 1, now.plan, arms));
      publish(now);
      before.end("the weights changed");
      return before;
    }
  }

  /** Ends an experiment. Returns whether it had not ended. */
  boolean stop(ActiveExperiment<?, ?> experiment, String why) {
    synchronized (table) {
      if (active != experiment) {
        return false;
      }
      table.nextCommand();
      overrule(why);
      return true;
    }
  }

  private void tell(ServingEvent event) {
    threads.events().publish(event);
  }
}
