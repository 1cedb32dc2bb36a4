package dev.inproc.inference.deploy;

import dev.inproc.inference.BlockedCaller;
import dev.inproc.inference.InferenceInterruptedException;
import dev.inproc.inference.ModelLoadException;
import dev.inproc.inference.PredictorClosedException;
import dev.inproc.inference.deploy.DeploymentMetrics.LaneMetrics;
import dev.inproc.inference.deploy.DeploymentMetrics.LaneState;
import dev.inproc.inference.events.ServingEvent;
import dev.inproc.inference.events.ServingEvent.ExperimentEnded;
import dev.inproc.inference.events.ServingEvent.ExperimentStarted;
import dev.inproc.inference.events.ServingEvent.VersionRefused;
import dev.inproc.inference.internal.concurrent.ServingThreads;
import dev.inproc.inference.model.ModelVersion;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The experiment of a deployment: at most one at a time, and none beside a rollout. Its commands
 * take the lock of the deployment's commands. A command that changes which version serves ends it.
 */
final class Experiments<I, O> {
  private final String name;
  private final ServingTable<I, O> table; // its monitor is the lock
  private final LaneLoader<I, O> loader;
  private final LaneRetirement<I, O> retirement;
  private final ServingThreads threads;
  private final SecureRandom random = new SecureRandom();
  private final LoadQueue queue = LoadQueue.shared();

  // Guarded by the lock.
  private @Nullable ActiveExperiment<I, O> active;

  Experiments(
      String name,
      ServingTable<I, O> table,
      LaneLoader<I, O> loader,
      LaneRetirement<I, O> retirement,
      ServingThreads threads) {
    this.name = name;
    this.table = table;
    this.loader = loader;
    this.retirement = retirement;
    this.threads = threads;
  }

  // ---- for the commands of the deployment: with the lock held ----

  /** Returns the experiment that is loaded or runs, or null. */
  @Nullable ActiveExperiment<I, O> active() {
    return active;
  }

  /**
   * Takes the deployment for an experiment, whose versions are then loaded.
   *
   * @throws IllegalStateException if there is one
   */
  ActiveExperiment<I, O> begin(ExperimentPlan plan) {
    for (ExperimentArm arm : plan.arms()) {
      if (!arm.version().model().equals(name)) {
        throw new IllegalArgumentException(
            "Deployment \""
                + name
                + "\": expected a version of model "
                + name
                + " as arm "
                + arm.name()
                + ", got "
                + arm.version());
      }
    }
    checkFree();
    ActiveExperiment<I, O> begun =
        new ActiveExperiment<>(plan, random.nextLong(), threads.timer());
    active = begun;
    return begun;
  }

  /**
   * Checks that there is none.
   *
   * @throws IllegalStateException if there is one
   */
  void checkFree() {
    if (active != null) {
      throw new IllegalStateException(
          "Deployment \""
              + name
              + "\": expected no experiment under way, got one of "
              + words(active.phase().arms())
              + ": stop it first");
    }
  }

  /** Ends the experiment, if there is one, after other calls have been routed without it. */
  void overrule(String why) {
    ActiveExperiment<I, O> now = active;
    if (now != null) {
      finish(now, why, new CancellationException(name + ": the experiment ended: " + why));
      now.loaded.values().forEach(retirement::release);
    }
  }

  private void finish(ActiveExperiment<I, O> now, String why, RuntimeException toLoader) {
    active = null;
    now.end(why);
    Candidate candidate = now.candidate;
    if (candidate != null) {
      candidate.giveUp(toLoader);
    }
    LoadQueue.Entry entry = now.entry;
    if (entry != null && queue.giveUp(entry)) {
      table.loads().end();
    }
    now.entry = null;
    if (now.isStarted()) {
      tell(new ExperimentEnded(name, now.phase().number(), why));
    }
  }

  /**
   * Returns the lane of a version that an arm has, to serve by itself; null if none has.
   */
  @Nullable Lane<I, O> take(ModelVersion version) {
    ActiveExperiment<I, O> now = active;
    return now == null || !now.isStarted() ? null : now.loaded.remove(version);
  }

  /** Returns whether a predictor is that of an arm. */
  boolean has(Object predictor) {
    ActiveExperiment<I, O> now = active;
    return now != null
        && now.loaded.values().stream().anyMatch(lane -> lane.predictor == predictor);
  }

  boolean isLoadedByThisThread() {
    ActiveExperiment<I, O> now = active;
    return now != null && now.candidate != null && now.candidate.isLoadedByThisThread();
  }

  List<LaneMetrics> lanes() {
    ActiveExperiment<I, O> now = active;
    return now == null
        ? List.of()
        : now.loaded.keySet().stream()
            .map(version -> new LaneMetrics(version, LaneState.SERVING))
            .toList();
  }

  /** Ends with the deployment. Returns the lanes to close. */
  List<Lane<I, O>> beginClose() {
    ActiveExperiment<I, O> now = active;
    if (now == null) {
      return List.of();
    }
    finish(now, "the deployment was closed", new PredictorClosedException(name));
    return new ArrayList<>(now.loaded.values());
  }

  // ---- loading ----

  /**
   * Loads the versions of an experiment one after the other, blocking, and divides the calls.
   *
   * @param isInUse whether a predictor is that of another lane
   * @throws ModelLoadException if one is refused
   * @throws CancellationException if another command overruled this
   */
  void start(ActiveExperiment<I, O> experiment, Predicate<Predictor<I, O>> isInUse) {
    try {
      for (ExperimentArm arm : experiment.plan.arms()) {
        load(experiment, arm.version(), isInUse);
      }
    } catch (ModelLoadException e) {
      stop(experiment, "a version was refused");
      throw e;
    } catch (InferenceInterruptedException e) {
      stop(experiment, "the caller was interrupted");
      throw e;
    }
    synchronized (table) {
      checkActive(experiment);
      begin(experiment, experiment.plan.arms());
    }
  }
}
