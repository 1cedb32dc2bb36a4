package dev.inproc.inference.deploy;

import dev.inproc.inference.ModelLoadException;
import dev.inproc.inference.internal.concurrent.ServingThreads;
import dev.inproc.inference.model.ModelRepository;
import dev.inproc.inference.model.ModelVersion;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The parts of a deployment, put together.
 *
 * @param onClose ends what goes on beside calls and commands
 */
record Assembly<I, O>(
    String name,
    Router<I, O> router,
    VersionSwitcher<I, O> switcher,
    Rollouts<I, O> rollouts,
    Shadows<I, O> shadows,
    Experiments<I, O> experiments,
    Runnable onClose) {

  /** Loads this version, and serves it. */
  static <I, O> Assembly<I, O> of(
      ModelVersion version, LaneFactory<I, O> factory, DeploymentSettings<I, O> settings) {
    LaneLoader<I, O> loader = new LaneLoader<>(version.model(), factory, settings);
    Lane<I, O> first = FirstLane.load(loader, version);
    ServingThreads threads = ServingThreads.of(first.predictor::find);
    return of(loader, first, settings, threads, Decisions.NONE);
  }

  private static <I, O> Assembly<I, O> of(
      LaneLoader<I, O> loader,
      Lane<I, O> first,
      DeploymentSettings<I, O> settings,
      ServingThreads threads,
      Decisions decisions) {
    String name = first.version.model();
    Router<I, O> router = new Router<>(new RoutingTable<>(first), threads.timer());
    LaneRetirement<I, O> retirement = new LaneRetirement<>(name, threads, settings.keepWarmNanos());
    ServingTable<I, O> table = new ServingTable<>(router, threads.timer());
    Rollouts<I, O> rollouts = new Rollouts<>(name, table, retirement, threads, decisions);
    Experiments<I, O> experiments = new Experiments<>(name, table, retirement, threads);
    VersionSwitcher<I, O> switcher =
        new VersionSwitcher<>(
            name, router, table, rollouts, experiments, loader, retirement, threads, decisions);
    Shadows<I, O> shadows = new Shadows<>(loader, router, threads, switcher::isInUse);
    return new Assembly<>(name, router, switcher, rollouts, shadows, experiments, () -> {});
  }

  /** Loads the version that a repository names, serves it, and follows the repository if asked. */
  static <I, O> Assembly<I, O> of(
      ModelRepository repository,
      String model,
      @Nullable String label,
      boolean follows,
      LaneFactory<I, O> factory,
      DeploymentSettings<I, O> settings,
      RolloutSettings<I, O> ofRollouts) {
    RolloutFiles files = new RolloutFiles(ofRollouts.operations(), repository.root(), model, label);
    List<ModelVersion> named =
        label == null
            ? repository.versions(model)
            : repository.label(model, label).map(List::of).orElse(List.of());
    if (named.isEmpty()) {
      String what = label == null ? "has a complete version" : "has a version labelled " + label;
      throw new ModelLoadException(
          model,
          "expected that it "
              + what
              + " in "
              + repository
              + "; there are "
              + repository.status(model),
          null);
    }
    LaneLoader<I, O> loader = new LaneLoader<>(model, factory, settings);
    Newest<I, O> newest = newest(loader, label == null ? proven(named, files) : named);
    ServingThreads threads = ServingThreads.of(newest.lane.predictor::find);
    SerialTasks tasks = new SerialTasks(threads.workers());
    LabelWriter.Wanted wanted = new LabelWriter.Wanted(named.get(named.size() - 1));
    Decisions decisions =
        label == null ? Decisions.NONE : new LabelWriter(repository, model, label, tasks, wanted);
    Assembly<I, O> parts = of(loader, newest.lane, settings, threads, decisions);
    RolloutJoiner<I, O> joiner =
        new RolloutJoiner<>(
            model, repository, parts.switcher, ofRollouts.completion(), threads.timer());
    RolloutKeeper<I, O> keeper =
        new RolloutKeeper<>(
            model,
            files,
            repository,
            label,
            threads,
            decisions,
            parts.rollouts,
            parts.switcher,
            joiner);
    parts.rollouts.keepWith(keeper);
    keeper.start();
    if (!follows) {
      return new Assembly<>(
          model,
          parts.router,
          parts.switcher,
          parts.rollouts,
          parts.shadows,
          parts.experiments,
          keeper::close);
    }
    Follower follower =
        new Follower(repository, model, label, parts.switcher, tasks, wanted, threads.timer());
    follower.start(newest.refusal);
    Runnable onClose =
        () -> {
          follower.close();
          keeper.close();
        };
    return new Assembly<>(
        model,
        parts.router,
        parts.switcher,
        parts.rollouts,
        parts.shadows,
        parts.experiments,
        onClose);
  }

  /**
   * Leaves out the newest version while a rollout has it prove itself, and after it was rolled
   * back: a start must not have it serve all calls.
   */
  private static List<ModelVersion> proven(List<ModelVersion> versions, RolloutFiles files) {
    KeptRollout kept = null;
    try {
      kept = files.read();
    } catch (IOException e) {
      LaneLoader.LOG.log(Level.WARNING, "Cannot read which rollout is under way", e);
    }
    if (kept == null || kept.progress().state() == RolloutState.PROMOTED) {
      return versions;
    }
    long canary = kept.canary();
    List<ModelVersion> all =
        versions.stream().filter(version -> version.version() != canary).toList();
    return all.isEmpty() ? versions : all;
  }

  /**
   * A version that can serve.
   *
   * @param refusal why the newest version cannot; null if it is this
   */
  private record Newest<I, O>(Lane<I, O> lane, @Nullable ModelLoadException refusal) {}

  /** A service that starts while the newest version is broken serves the one before. */
  private static <I, O> Newest<I, O> newest(LaneLoader<I, O> loader, List<ModelVersion> versions) {
    ModelLoadException failure = null;
    for (int i = versions.size() - 1; i >= 0; i--) {
      try {
        return new Newest<>(FirstLane.load(loader, versions.get(i)), failure);
      } catch (ModelLoadException e) {
        LaneLoader.LOG.log(Level.WARNING, "Version refused: {0}", e.getMessage());
        failure = failure == null ? e : failure;
      }
    }
    throw Objects.requireNonNull(failure);
  }
}
