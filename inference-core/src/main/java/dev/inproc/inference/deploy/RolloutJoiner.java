package dev.inproc.inference.deploy;

import dev.inproc.inference.ModelLoadException;
import dev.inproc.inference.PredictorClosedException;
import dev.inproc.inference.internal.concurrent.Timer;
import dev.inproc.inference.model.ModelRepository;
import dev.inproc.inference.model.ModelVersion;
import java.lang.System.Logger.Level;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Loads the canary of a rollout that another process runs, so that this one takes part. Calls are
 * made by the keeper's serial tasks alone.
 */
final class RolloutJoiner<I, O> {
  private static final long FIRST_DELAY_NANOS = TimeUnit.SECONDS.toNanos(5);
  private static final long LONGEST_DELAY_NANOS = TimeUnit.MINUTES.toNanos(5);

  private final String name;
  private final ModelRepository repository;
  private final VersionSwitcher<I, O> switcher;
  private final UnaryOperator<RolloutPlan<I, O>> completion;
  private final Timer timer;
  private final @Nullable ClassLoader contextClassLoader =
      Thread.currentThread().getContextClassLoader();

  private @Nullable KeptRollout known; // the last that was tried
  private @Nullable Candidate candidate;
  private long delayNanos;
  private long notBefore;
  private boolean isHopeless;
  private boolean isTold;

  RolloutJoiner(
      String name,
      ModelRepository repository,
      VersionSwitcher<I, O> switcher,
      UnaryOperator<RolloutPlan<I, O>> completion,
      Timer timer) {
    this.name = name;
    this.repository = repository;
    this.switcher = switcher;
    this.completion = completion;
    this.timer = timer;
  }

  /** Has the canary loaded, unless that is under way or failed for good. */
  void join(KeptRollout file) {
    KeptRollout before = known;
    if (before == null || before.salt() != file.salt()) {
      isHopeless = false;
      isTold = false;
      candidate = null;
      delayNanos = FIRST_DELAY_NANOS;
      notBefore = timer.nanoTime();
    }
    known = file;
    if (isLoading() || hasFailed() || timer.nanoTime() - notBefore < 0) {
      return;
    }
    Optional<ModelVersion> canary = repository.version(name, file.canary());
    if (canary.isEmpty()) {
      tell("its version is not in the repository");
      return;
    }
    RolloutPlan<I, O> plan = plan(file, canary.get());
    if (plan == null) {
      return;
    }
    Candidate wanted = new Candidate(canary.get(), "rollout", true, contextClassLoader);
    RolloutRequest<I, O> request = new RolloutRequest<>(plan, file.plan().settings(plan), file);
    if (switcher.follow(wanted, request, file.stable())) {
      candidate = wanted;
    }
  }

  private boolean isLoading() {
    return candidate != null && !candidate.outcome.isDone();
  }

  private boolean hasFailed() {
    Candidate now = candidate;
    if (now != null && now.outcome.isCompletedExceptionally()) {
      candidate = null;
      Throwable why = now.outcome.handle((done, failure) -> failure).join();
      if (why instanceof ModelLoadException) {
        isHopeless = !PassingFailures.mayPass(why);
        notBefore = timer.nanoTime() + delayNanos;
        delayNanos = Math.min(2 * delayNanos, LONGEST_DELAY_NANOS);
        tell(String.valueOf(why.getMessage()));
      }
    }
    return isHopeless;
  }

  private @Nullable RolloutPlan<I, O> plan(KeptRollout file, ModelVersion canary) {
    RolloutPlan<I, O> plan;
    try {
      plan = file.plan().plan(canary, completion);
    } catch (RuntimeException e) { // the application's completion
      tell("its plan cannot be completed: " + e);
      return null;
    }
    if (file.plan().hasStableFor() && plan.stableFor() == null) {
      tell("its plan keeps calls on the stable version by a rule that this process does not have");
      return null;
    }
    if ((file.plan().hasCanaryFor() && plan.canaryFor() == null)
        || (file.plan().hasScore() && plan.score() == null)) {
      LaneLoader.LOG.log(
          Level.WARNING,
          "{0}: the rollout of version {1} has functions that this process does not have",
          name,
          file.canary());
    }
    return plan;
  }

  private void tell(String why) {
    if (!isTold) {
      isTold = true;
      LaneLoader.LOG.log(
          Level.WARNING,
          "{0}: all calls go to the stable version, as this process takes no part in the rollout"
              + " of version {1}: {2}",
          name,
          String.valueOf(known == null ? 0 : known.canary()),
          why);
    }
  }

  /** Ends what is being loaded: the rollout has ended. */
  void leave(@Nullable KeptRollout file) {
    KeptRollout joined = known;
    known = null;
    Candidate loading = candidate;
    candidate = null;
    if (loading == null || loading.outcome.isDone() || joined == null) {
      return;
    }
    switcher.leave(loading);
    if (file != null
        && file.salt() == joined.salt()
        && file.progress().state() == RolloutState.PROMOTED) {
      serve(loading.version);
    }
  }

  /** Has a version served that another process has decided for. */
  void serve(ModelVersion version) {
    try {
      var unused =
          switcher.begin(
              new Candidate(version, "another process decided so", true, contextClassLoader));
    } catch (PredictorClosedException e) {
      // nothing serves
    }
  }
}
