package dev.inproc.inference.deploy;

import dev.inproc.inference.ModelLoadException;
import dev.inproc.inference.Predictor;
import dev.inproc.inference.PredictorClosedException;
import dev.inproc.inference.deploy.DeploymentMetrics.LaneMetrics;
import dev.inproc.inference.deploy.DeploymentMetrics.LaneState;
import dev.inproc.inference.events.ServingEvent;
import dev.inproc.inference.events.ServingEvent.VersionRefused;
import dev.inproc.inference.events.ServingEvent.VersionRolledBack;
import dev.inproc.inference.events.ServingEvent.VersionSwitched;
import dev.inproc.inference.internal.concurrent.Durations;
import dev.inproc.inference.internal.concurrent.InFlight;
import dev.inproc.inference.internal.concurrent.ServingThreads;
import dev.inproc.inference.model.ModelVersion;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * The commands of a deployment: to switch, to go back, to close. One lock orders them; nothing
 * under it blocks, and no code of the application runs under it. At most one version is on its way,
 * and a later command overrules it. So the last command decides which version serves, and a closed
 * deployment stays closed.
 */
final class VersionSwitcher<I, O> {
  private final String name;
  private final Router<I, O> router;
  private final ServingTable<I, O> table; // its monitor is the lock
  private final Rollouts<I, O> rollouts;
  private final Experiments<I, O> experiments;
  private final LaneLoader<I, O> loader;
  private final LaneRetirement<I, O> retirement;
  private final ServingThreads threads;
  private final Decisions decisions;
  private final LoadQueue queue = LoadQueue.shared();
  private final InFlight loads = new InFlight();

  // Guarded by the lock.
  private @Nullable Pending pending;
  private @Nullable Candidate following; // the last that is for another process's rollout
  private boolean isClosed;
  private final Set<Lane<I, O>> closing = new LinkedHashSet<>(); // a later close waits for them too
  private long refused;
  private long rollbacks;

  /**
   * A version that waits to be loaded or is being loaded.
   *
   * @param isToServe whether it is to serve at once, and not for a rollout or an experiment
   */
  private record Pending(Candidate candidate, boolean isToServe, LoadQueue.Entry entry) {}

  /** What is done with a lane that was loaded. */
  @FunctionalInterface
  private interface Use<I, O> {
    /**
     * Tells the outcome. Returns whether the lane is in use; else, and if this throws, the caller
     * discards it.
     */
    boolean begin(Lane<I, O> lane, long loadStart) throws InterruptedException;
  }

  VersionSwitcher(
      String name,
      Router<I, O> router,
      ServingTable<I, O> table,
      Rollouts<I, O> rollouts,
      Experiments<I, O> experiments,
      LaneLoader<I, O> loader,
      LaneRetirement<I, O> retirement,
      ServingThreads threads,
      Decisions decisions) {
    this.name = name;
    this.router = router;
    this.table = table;
    this.rollouts = rollouts;
    this.experiments = experiments;
    this.loader = loader;
    this.retirement = retirement;
    this.threads = threads;
    this.decisions = decisions;
  }

  // ---- switching ----

  /**
   * Has a version served: at once if it is warm, else once it is loaded.
   *
   * @return what tells the outcome; one of a version that is on its way already is shared
   */
  Candidate begin(Candidate wanted) {
    Pending load;
    synchronized (table) {
      load = decide(wanted);
    }
    if (load == null) {
      return wanted;
    }
    if (load.candidate == wanted) {
      queue.add(load.entry);
    } else {
      queue.joined(load.entry);
    }
    return load.candidate;
  }

  /** Returns the load that tells the outcome, or null if it is known. */
  private @Nullable Pending decide(Candidate wanted) {
    check(wanted);
    long command = table.nextCommand();
    Pending now = pending;
    if (now != null && now.isToServe && now.candidate.version.equals(wanted.version)) {
      now.candidate.waiting++;
      now.candidate.command = command;
      return now;
    }
    wanted.waiting++;
    wanted.command = command;
    overrule("overruled by a switch to " + wanted.version);
    ActiveRollout<I, O> rollout = rollouts.active();
    if (rollout != null && rollout.canary.version.equals(wanted.version)) {
      wanted.durable = rollouts.finish(rollout, wanted.reason, command);
      wanted.outcome.complete(true);
      return null;
    }
    if (!wanted.isFollowing || rollout != null) { // else others end their rollout by themselves
      rollouts.overrule("overruled by a switch to " + wanted.version);
    }
    Lane<I, O> arm = experiments.take(wanted.version);
    experiments.overrule("overruled by a switch to " + wanted.version);
    if (table.serving().version.equals(wanted.version)) {
      record(wanted); // the label may name another
      wanted.outcome.complete(false);
      return null;
    }
    Lane<I, O> warm = arm == null ? retirement.takeWarm(wanted.version::equals) : arm;
    if (warm != null) {
      publish(wanted, warm, Duration.ZERO);
      wanted.outcome.complete(true);
      return null;
    }
    return load(wanted, true, (lane, start) -> publish(wanted, lane, start));
  }

  private Pending load(Candidate wanted, boolean isToServe, Use<I, O> use) {
    Pending load =
        new Pending(
            wanted,
            isToServe,
            new LoadQueue.Entry(threads.workers(), () -> loadAndServe(wanted, use)));
    pending = load;
    loads.begin();
    return load;
  }

  /**
   * Has a version take a share of the calls once it is loaded.
   *
   * @throws IllegalStateException if a rollout or an experiment is under way
   */
  void begin(Candidate wanted, RolloutRequest<I, O> request) {
    Pending load;
    synchronized (table) {
      check(wanted);
      checkFree();
      if (table.serving().version.equals(wanted.version)) {
        throw new IllegalArgumentException(
            name + ": expected another version than the serving one, got " + wanted.version);
      }
      wanted.waiting++;
      wanted.command = table.nextCommand();
      overrule("overruled by a rollout of " + wanted.version);
      load = load(wanted, false, (lane, start) -> rollOut(wanted, lane, request));
    }
    queue.add(load.entry);
  }

  /**
   * Has this deployment take part in a rollout that another process runs, once its canary is
   * loaded. Commands go first.
   *
   * @param stable the version that must serve
   * @return false if that is not possible now
   */
  boolean follow(Candidate wanted, RolloutRequest<I, O> request, long stable) {
    Pending load;
    synchronized (table) {
      if (isClosed
          || pending != null
          || rollouts.active() != null
          || experiments.active() != null
          || table.serving().version.version() != stable) {
        return false;
      }
      wanted.waiting++;
      load = load(wanted, false, (lane, start) -> rollOut(wanted, lane, request));
      following = wanted;
    }
    queue.add(load.entry);
    return true;
  }

  /**
   * Has the versions of an experiment answer their shares once they are loaded.
   *
   * @return what tells the outcome
   * @throws IllegalStateException if a rollout or an experiment is under way
   */
  Candidate begin(ExperimentRequest<I, O> request, @Nullable ClassLoader contextClassLoader) {
    Candidate wanted;
    Pending load;
    synchronized (table) {
      checkCommand();
      request.plan.arms().forEach(arm -> checkModel(arm.version()));
      checkFree();
      ModelVersion serving = table.serving().version;
      List<ModelVersion> missing = request.missing(serving);
      ModelVersion first = missing.isEmpty() ? serving : missing.get(0);
      wanted = new Candidate(first, "experiment", false, contextClassLoader);
      wanted.waiting++;
      wanted.command = table.nextCommand();
      overrule("overruled by an experiment");
      if (missing.isEmpty()) {
        request.started = experiments.start(request.plan, Map.of());
        wanted.outcome.complete(true);
        return wanted;
      }
      Candidate each = wanted;
      load = load(wanted, false, (lane, start) -> experiment(each, lane, missing, request));
    }
    queue.add(load.entry);
    return wanted;
  }

  private void checkFree() {
    ActiveRollout<I, O> rollout = rollouts.active();
    if (rollout != null) {
      throw new IllegalStateException(
          name
              + ": expected no rollout under way, got that of "
              + rollout.canary.version
              + ": promote it or roll it back first");
    }
    experiments.checkFree();
  }

  private void check(Candidate wanted) {
    checkCommand();
    checkModel(wanted.version);
  }

  private void checkModel(ModelVersion version) {
    if (!version.model().equals(name)) {
      throw new IllegalArgumentException(
          "Deployment \"" + name + "\": expected a version of model " + name + ", got " + version);
    }
  }

  private void checkCommand() {
    if (isClosed) {
      throw new PredictorClosedException(name);
    }
    if (pending != null && pending.candidate.isLoadedByThisThread()) {
      throw new IllegalStateException(
          "Deployment \""
              + name
              + "\": expected no command from the code that makes or checks its own lane, "
              + pending.candidate.version);
    }
  }

  /** Gives up the version that is on its way. */
  private @Nullable Candidate overrule(String why) {
    return giveUp(new CancellationException(name + ": " + why));
  }

  private @Nullable Candidate giveUp(RuntimeException why) {
    Pending given = pending;
    if (given == null) {
      return null;
    }
    pending = null;
    given.candidate.giveUp(why);
    if (queue.giveUp(given.entry)) {
      loads.end();
    }
    return given.candidate;
  }

  /**
   * One caller no longer wants a version; after the last, it is given up if it is on its way.
   *
   * @return false if what the caller wanted has happened already
   */
  boolean leave(Candidate candidate) {
    synchronized (table) {
      if (--candidate.waiting == 0 && isPending(candidate)) {
        overrule("the caller was interrupted");
      }
      return !candidate.outcome.isDone() || candidate.outcome.isCompletedExceptionally();
    }
  }

  private boolean isPending(Candidate candidate) {
    return pending != null && pending.candidate == candidate;
  }

  /** On a worker. */
  private void loadAndServe(Candidate candidate, Use<I, O> use) {
    long start = threads.timer().nanoTime();
    try {
      Lane<I, O> lane = loader.load(candidate, null, this::isInUse);
      boolean hasBegun = false;
      try {
        hasBegun = use.begin(lane, start);
      } finally {
        if (!hasBegun && !isInUse(lane.predictor)) {
          LaneLoader.discard(lane.calls);
        }
      }
    } catch (ModelLoadException e) {
      refuse(candidate, e);
    } catch (RuntimeException e) { // such as: another process has a rollout under way
      fail(candidate, e);
    } catch (InterruptedException e) {
      // given up, and so told
    } catch (Error e) { // the caller must not wait for ever
      refuse(candidate, LaneLoader.unexpected(candidate.version, e));
      throw e;
    } finally {
      loads.end();
    }
  }

  /** Loads the control lane, and has the canary take its first share. */
  private boolean rollOut(Candidate candidate, Lane<I, O> canary, RolloutRequest<I, O> request)
      throws InterruptedException {
    Lane<I, O> stable;
    synchronized (table) {
      stable = table.serving();
    }
    Lane<I, O> control = null;
    if (request.settings != null) {
      SharedSessions lent =
          request.plan.controlLane() == ControlLane.SHARED_SESSION ? stable.sessions : null;
      control = loader.load(candidate.control(stable.version), lent, this::isInUse);
    }
    boolean hasBegun = false;
    try {
      hasBegun =
          request.kept == null
              ? begin(candidate, canary, control, request)
              : follow(candidate, canary, control, request);
    } finally {
      if (!hasBegun) {
        LaneLoader.discard(control == null ? null : control.calls);
      }
    }
    return hasBegun;
  }

  private boolean begin(
      Candidate candidate,
      Lane<I, O> canary,
      @Nullable Lane<I, O> control,
      RolloutRequest<I, O> request) {
    RolloutBeginning beginning = rollouts.begin(request.plan, canary.version, serving());
    synchronized (table) {
      if (isPending(candidate)) { // a command that changes the serving lane overrules this
        pending = null;
        request.started = rollouts.start(request, beginning, canary, control);
        begun(candidate);
        return true;
      }
    }
    rollouts.giveUp(beginning, "overruled before it began");
    return false;
  }

  private boolean follow(
      Candidate candidate,
      Lane<I, O> canary,
      @Nullable Lane<I, O> control,
      RolloutRequest<I, O> request) {
    synchronized (table) {
      if (!isPending(candidate)) {
        return false;
      }
      pending = null;
      KeptRollout now = rollouts.elsewhere();
      if (now == null || request.kept == null || now.salt() != request.kept.salt()) {
        candidate.giveUp(new CancellationException(name + ": the rollout has ended"));
        return false;
      }
      rollouts.follow(request, now, canary, control);
      begun(candidate);
      return true;
    }
  }

  /** Loads the versions after the first, and divides the calls. */
  private boolean experiment(
      Candidate candidate,
      Lane<I, O> first,
      List<ModelVersion> missing,
      ExperimentRequest<I, O> request)
      throws InterruptedException {
    Map<ModelVersion, Lane<I, O>> lanes =
        ExperimentRequest.loadOthers(candidate, first, missing, loader, this::isInUse);
    synchronized (table) {
      if (isPending(candidate)) {
        pending = null;
        request.started = experiments.start(request.plan, lanes);
        begun(candidate);
        return true;
      }
    }
    lanes.remove(first.version);
    ExperimentRequest.discard(lanes);
    return false;
  }

  /** With the lock held, so that a caller that leaves knows whether it is too late. */
  private static void begun(Candidate candidate) {
    var unused = candidate.outcome.complete(true);
  }

  private boolean publish(Candidate candidate, Lane<I, O> lane, long start) {
    synchronized (table) {
      if (!isPending(candidate)) {
        return false;
      }
      pending = null;
      publish(candidate, lane, Duration.ofNanos(threads.timer().nanoTime() - start));
      begun(candidate);
      return true;
    }
  }

  private void publish(Candidate candidate, Lane<I, O> lane, Duration took) {
    Lane<I, O> old = table.serve(lane);
    record(candidate);
    tell(new VersionSwitched(name, old.version.toString(), lane.version.toString(), took));
    retirement.keepWarm(old);
  }

  private void record(Candidate candidate) {
    if (!candidate.isFollowing) {
      candidate.durable = decisions.record(candidate.version, candidate.reason, candidate.command);
    }
  }

  private void refuse(Candidate candidate, ModelLoadException why) {
    synchronized (table) {
      if (!isPending(candidate)) {
        return;
      }
      pending = null;
      refused++;
    }
    tell(new VersionRefused(name, why.model(), String.valueOf(why.getMessage())));
    candidate.outcome.completeExceptionally(why);
  }

  private void fail(Candidate candidate, RuntimeException why) {
    synchronized (table) {
      if (isPending(candidate)) {
        pending = null;
      }
    }
    candidate.outcome.completeExceptionally(why);
  }

  boolean isInUse(Predictor<I, O> predictor) {
    synchronized (table) {
      return table.serving().predictor == predictor
          || rollouts.has(predictor)
          || experiments.has(predictor)
          || retirement.has(predictor);
    }
  }

  /** Returns the version that serves. */
  ModelVersion serving() {
    synchronized (table) {
      return table.serving().version;
    }
  }

  /** Returns how many commands have come. */
  long commands() {
    synchronized (table) {
      return table.commands();
    }
  }

  // ---- going back ----

  /** What came of a command to go back. */
  record Undone(boolean isDone, CompletableFuture<Void> durable) {}

  /**
   * Gives up the version that is on its way; else the canary of the rollout that is under way, here
   * or in other processes alone; else ends the experiment that is; else serves the one before, if
   * it is warm.
   */
  Undone rollBack(String reason) {
    synchronized (table) {
      checkCommand();
      long command = table.nextCommand();
      KeptRollout elsewhere = rollouts.elsewhere();
      boolean isFollowing = pending == null || pending.candidate == following;
      Candidate candidate = overrule("rolled back: " + reason);
      if (elsewhere != null && isFollowing) {
        String canary = name + "@" + elsewhere.canary();
        return undone(canary, reason, rollouts.giveUpElsewhere(reason));
      }
      if (candidate != null) { // a label that was moved to it moves back
        ModelVersion serving = table.serving().version;
        return undone(
            candidate.version.toString(), reason, decisions.record(serving, reason, command));
      }
      ActiveRollout<I, O> rollout = rollouts.active();
      if (rollout != null) {
        return new Undone(true, rollouts.giveUp(rollout, reason));
      }
      if (experiments.active() != null) {
        experiments.overrule("rolled back: " + reason);
        return new Undone(true, CompletableFuture.completedFuture(null));
      }
      Lane<I, O> before = retirement.takeWarm(version -> true);
      if (before == null) {
        return new Undone(false, CompletableFuture.completedFuture(null));
      }
      Lane<I, O> bad = table.serve(before);
      CompletableFuture<Void> durable = decisions.record(before.version, reason, command);
      Undone undone = undone(bad.version.toString(), reason, durable);
      retirement.release(bad);
      return undone;
    }
  }

  private Undone undone(String version, String reason, CompletableFuture<Void> durable) {
    rollbacks++;
    tell(new VersionRolledBack(name, version, table.serving().version.toString(), reason));
    return new Undone(true, durable);
  }

  private void tell(ServingEvent event) {
    threads.events().publish(event);
  }

  // ---- closing ----

  /** Takes no more calls and no more commands. Returns the lanes to close; idempotent. */
  private List<Lane<I, O>> beginClose() {
    synchronized (table) {
      Lane<I, O> serving = table.serving();
      if (!isClosed) {
        String deployment = "deployed(" + serving + ")";
        giveUp(new PredictorClosedException(deployment));
        isClosed = true;
        router.publish(
            new RoutingTable<>(
                new Lane<>(serving.version, new ClosedPredictor<>(serving.calls, deployment))));
        closing.addAll(rollouts.beginClose());
        closing.addAll(experiments.beginClose());
      }
      closing.addAll(retirement.beginClose());
      closing.add(serving);
      return List.copyOf(closing);
    }
  }

  /** Closes each lane, whatever the others throw, and waits for loads where this thread may. */
  void close() {
    Throwable failure = null;
    for (Lane<I, O> lane : beginClose()) {
      try {
        lane.calls.close();
      } catch (RuntimeException | Error e) {
        failure = failure == null ? e : failure;
      }
    }
    if (!queue.isLoading()) {
      var unused = loads.await(Durations.FOREVER);
    }
    rethrow(failure);
  }

  /** Returns whether everything was closed in time. */
  boolean close(Duration timeout) {
    long end = System.nanoTime() + Durations.of(timeout);
    boolean isAll = true;
    Throwable failure = null;
    for (Lane<I, O> lane : beginClose()) {
      try {
        isAll &= lane.calls.close(Duration.ofNanos(Math.max(0, end - System.nanoTime())));
      } catch (RuntimeException | Error e) {
        failure = failure == null ? e : failure;
      }
    }
    isAll &= !queue.isLoading() && loads.await(Math.max(0, end - System.nanoTime()));
    rethrow(failure);
    return isAll;
  }

  private static void rethrow(@Nullable Throwable failure) {
    if (failure instanceof Error e) {
      throw e;
    }
    if (failure instanceof RuntimeException e) {
      throw e;
    }
  }

  // ---- figures ----

  DeploymentMetrics metrics() {
    synchronized (table) {
      ModelVersion serving = table.serving().version;
      List<LaneMetrics> lanes = new ArrayList<>();
      if (!isClosed) {
        lanes.add(new LaneMetrics(serving, LaneState.SERVING));
      }
      lanes.addAll(rollouts.lanes());
      lanes.addAll(experiments.lanes());
      lanes.addAll(retirement.metrics());
      return new DeploymentMetrics(
          name,
          serving,
          table.servingFor(),
          lanes,
          pending == null ? List.of() : List.of(pending.candidate.version),
          table.switches(),
          refused,
          rollbacks + rollouts.rollbacks(),
          table.retries(),
          Optional.empty());
    }
  }
}
