package dev.inproc.inference.deploy;

import dev.inproc.inference.deploy.DeploymentMetrics.LaneMetrics;
import dev.inproc.inference.deploy.DeploymentMetrics.LaneState;
import dev.inproc.inference.deploy.RolloutMetrics.RolloutAlarm;
import dev.inproc.inference.events.ServingEvent;
import dev.inproc.inference.events.ServingEvent.RolloutAlarmed;
import dev.inproc.inference.events.ServingEvent.RolloutEnded;
import dev.inproc.inference.events.ServingEvent.RolloutPaused;
import dev.inproc.inference.events.ServingEvent.RolloutResumed;
import dev.inproc.inference.events.ServingEvent.RolloutStepped;
import dev.inproc.inference.events.ServingEvent.VersionRolledBack;
import dev.inproc.inference.events.ServingEvent.VersionSwitched;
import dev.inproc.inference.internal.concurrent.ServingThreads;
import dev.inproc.inference.internal.rollout.Alarm;
import dev.inproc.inference.internal.rollout.AnalysisSettings;
import dev.inproc.inference.internal.rollout.CanaryAnalysis;
import dev.inproc.inference.model.ModelVersion;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The rollout of a deployment: at most one at a time. Each command, each second's look at the clock
 * and each alarm takes the lock of the deployment's commands, so each sees what the one before has
 * decided, and an end is final.
 */
final class Rollouts<I, O> {
  static final long TICK_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final String name;
  private final ServingTable<I, O> table; // its monitor is the lock
  private final LaneRetirement<I, O> retirement;
  private final ServingThreads threads;
  private final Decisions decisions;
  private @Nullable RolloutStore<I, O> store; // set before any command

  // Guarded by the lock.
  private @Nullable ActiveRollout<I, O> active;
  private long rollbacks;

  Rollouts(
      String name,
      ServingTable<I, O> table,
      LaneRetirement<I, O> retirement,
      ServingThreads threads,
      Decisions decisions) {
    this.name = name;
    this.table = table;
    this.retirement = retirement;
    this.threads = threads;
    this.decisions = decisions;
  }

  /** Has rollouts kept for other processes and later starts. */
  void keepWith(RolloutStore<I, O> newStore) {
    store = newStore;
  }

  /**
   * Writes that a rollout is about to begin. On the worker that loads, with no lock held.
   *
   * @throws IllegalStateException if another process has one under way
   */
  RolloutBeginning begin(RolloutPlan<I, O> plan, ModelVersion canary, ModelVersion stable) {
    return store == null
        ? RolloutBeginning.inMemory()
        : store.begin(KeptPlan.of(plan), canary, stable);
  }

  /** Says that a rollout that was about to begin does not. With no lock held. */
  void giveUp(RolloutBeginning beginning, String why) {
    if (store != null && beginning.kept() != null) {
      var unused = store.end(beginning.kept(), RolloutState.ROLLED_BACK, why);
    }
  }

  // ---- for the commands of the deployment: with the lock held ----

  /** Returns the rollout that is under way, or null. */
  @Nullable ActiveRollout<I, O> active() {
    return active;
  }

  long rollbacks() {
    return rollbacks;
  }

  /** Has the canary take its first share. */
  ActiveRollout<I, O> start(
      RolloutRequest<I, O> request,
      RolloutBeginning beginning,
      Lane<I, O> canary,
      @Nullable Lane<I, O> control) {
    ActiveRollout<I, O> rollout = rollout(request, beginning.salt(), canary, control);
    AnalysisSettings settings = request.settings;
    rollout.own(settings == null ? null : new CanaryAnalysis(settings, beginning.sink()));
    rollout.kept(beginning.kept() != null);
    active = rollout;
    step(rollout, 0);
    lookLater(rollout);
    return rollout;
  }

  private ActiveRollout<I, O> rollout(
      RolloutRequest<I, O> request, long salt, Lane<I, O> canary, @Nullable Lane<I, O> control) {
    return new ActiveRollout<>(
        request.plan,
        salt,
        table.serving(),
        canary,
        control,
        request.settings,
        threads.timer(),
        this::look);
  }

  /** Has the canary take the share that another process gives it. */
  void follow(
      RolloutRequest<I, O> request,
      KeptRollout kept,
      Lane<I, O> canary,
      @Nullable Lane<I, O> control) {
    ActiveRollout<I, O> rollout = rollout(request, kept.salt(), canary, control);
    rollout.kept(true);
    active = rollout;
    RolloutSplit<I, O> split = rollout.adopt(kept.progress());
    table.split(split);
    tellStep(rollout, split);
    lookLater(rollout);
  }

  /** Ends a rollout that another command overrules. */
  void overrule(String why) {
    ActiveRollout<I, O> now = active;
    if (now != null) {
      var unused = giveUp(now, why);
    } else {
      var unused = giveUpElsewhere(why);
    }
  }

  /** Returns the rollout of other processes that this one does not take part in, or null. */
  @Nullable KeptRollout elsewhere() {
    return active == null && store != null ? store.live() : null;
  }

  /** Ends the rollout of other processes. Returns what completes when that is on disk. */
  CompletableFuture<Void> giveUpElsewhere(String why) {
    KeptRollout other = elsewhere();
    return store == null || other == null
        ? CompletableFuture.completedFuture(null)
        : store.end(other, RolloutState.ROLLED_BACK, why);
  }

  /** Sends all calls back. Returns what completes when that is on disk. */
  CompletableFuture<Void> giveUp(ActiveRollout<I, O> rollout, String why) {
    sendBack(rollout, why);
    return isKept(rollout)
        ? store().end(rollout, why, table.commands(), false)
        : CompletableFuture.completedFuture(null);
  }

  private void sendBack(ActiveRollout<I, O> rollout, String why) {
    table.split(null);
    rollbacks++;
    tell(
        new VersionRolledBack(
            name, rollout.canary.version.toString(), rollout.stable.version.toString(), why));
    end(rollout, RolloutState.ROLLED_BACK, why);
    retirement.release(rollout.canary);
    if (rollout.control != null) {
      retirement.releaseControl(rollout.control);
    }
  }

  /** Has the canary serve. Returns what completes when that is on disk. */
  CompletableFuture<Void> finish(ActiveRollout<I, O> rollout, String why, long command) {
    return finish(rollout, why, command, false);
  }

  private CompletableFuture<Void> finish(
      ActiveRollout<I, O> rollout, String why, long command, boolean mustOwn) {
    serve(rollout, why);
    return isKept(rollout)
        ? store().end(rollout, why, command, mustOwn)
        : decisions.record(rollout.canary.version, why, command);
  }

  private void serve(ActiveRollout<I, O> rollout, String why) {
    Lane<I, O> old = table.serve(rollout.canary);
    tell(
        new VersionSwitched(
            name, old.version.toString(), rollout.canary.version.toString(), Duration.ZERO));
    end(rollout, RolloutState.PROMOTED, why);
    retirement.keepWarm(old, rollout.control);
  }

  private boolean isKept(ActiveRollout<I, O> rollout) {
    return store != null && rollout.isKept();
  }

  /** Returns what keeps rollouts; only in a deployment of a repository. */
  RolloutStore<I, O> store() {
    return Objects.requireNonNull(store);
  }

  private void end(ActiveRollout<I, O> rollout, RolloutState state, String why) {
    rollout.end(state, why);
    active = null;
    RolloutMetrics last = metricsOf(rollout);
    if (state != RolloutState.CLOSED || !isKept(rollout)) { // a kept one goes on later or elsewhere
      String canary = rollout.canary.version.toString();
      tell(new RolloutEnded(name, canary, state == RolloutState.PROMOTED, why));
    }
    rollout.link.end(last);
    CompletableFuture<RolloutMetrics> ended = rollout.link.ended;
    threads.callbacks().execute(() -> ended.complete(last));
  }

  /** Returns whether a predictor is that of the canary or of the control lane. */
  boolean has(Object predictor) {
    ActiveRollout<I, O> now = active;
    return now != null && now.lanes().stream().anyMatch(lane -> lane.predictor == predictor);
  }

  List<LaneMetrics> lanes() {
    ActiveRollout<I, O> now = active;
    List<LaneMetrics> all = new ArrayList<>();
    if (now != null) {
      all.add(new LaneMetrics(now.canary.version, LaneState.CANARY));
      if (now.control != null) {
        all.add(new LaneMetrics(now.control.version, LaneState.CONTROL));
      }
    }
    return all;
  }

  /** Ends with the deployment. Returns the lanes to close, one that borrows before its lender. */
  List<Lane<I, O>> beginClose() {
    ActiveRollout<I, O> now = active;
    if (now == null) {
      return List.of();
    }
    end(now, RolloutState.CLOSED, "the deployment was closed");
    List<Lane<I, O>> lanes = new ArrayList<>(now.lanes());
    Collections.reverse(lanes);
    return lanes;
  }

  // ---- commands of a rollout's own ----

  Optional<ActiveRollout<I, O>> current() {
    synchronized (table) {
      return Optional.ofNullable(active);
    }
  }

  boolean pause(@Nullable ActiveRollout<?, ?> rollout, String why) {
    synchronized (table) {
      ActiveRollout<I, O> now = active;
      if (now != rollout || now == null || now.state() == RolloutState.PAUSED) {
        return false;
      }
      pauseNow(now, why);
      changed(now);
      return true;
    }
  }

  private void pauseNow(ActiveRollout<I, O> now, String why) {
    now.pause(why);
    tell(new RolloutPaused(name, now.canary.version.toString(), why));
  }

  boolean resume(@Nullable ActiveRollout<?, ?> rollout) {
    synchronized (table) {
      ActiveRollout<I, O> now = active;
      if (now != rollout || now == null || now.state() != RolloutState.PAUSED) {
        return false;
      }
      now.resume();
      tell(new RolloutResumed(name, now.canary.version.toString()));
      changed(now);
      return true;
    }
  }

  boolean promote(@Nullable ActiveRollout<?, ?> rollout, String why) {
    synchronized (table) {
      ActiveRollout<I, O> now = active;
      if (now != rollout || now == null) {
        return false;
      }
      var unused = finish(now, why, table.nextCommand());
      return true;
    }
  }

  Rollback rollBack(@Nullable ActiveRollout<?, ?> rollout, String why) {
    synchronized (table) {
      ActiveRollout<I, O> now = active;
      if (now != rollout || now == null) {
        return new Rollback(false, CompletableFuture.completedStage(null));
      }
      table.nextCommand();
      return new Rollback(true, giveUp(now, why).minimalCompletionStage());
    }
  }

  RolloutMetrics metrics(ActiveRollout<?, ?> rollout) {
    synchronized (table) {
      return metricsOf(rollout);
    }
  }

  /** Has a command written, and this process run the rollout. */
  private void changed(ActiveRollout<I, O> rollout) {
    if (isKept(rollout)) {
      rollout.unwritten(1);
      store().write(rollout);
    }
  }

  // ---- for the store ----

  /** Returns how far a rollout is. */
  RolloutProgress progress(ActiveRollout<I, O> rollout) {
    synchronized (table) {
      return rollout.progress();
    }
  }

  /** Returns how many commands of this process are not in the file yet. */
  int unwritten(ActiveRollout<I, O> rollout) {
    synchronized (table) {
      return rollout.unwritten();
    }
  }

  /** Says that so many commands are written, or were overruled. */
  void written(ActiveRollout<I, O> rollout, int commands) {
    synchronized (table) {
      rollout.unwritten(-commands);
    }
  }

  /** Takes over what another process has decided, unless a command of this one is newer. */
  void adopt(ActiveRollout<I, O> rollout, RolloutProgress now) {
    synchronized (table) {
      if (active != rollout || rollout.isUnwritten()) {
        return;
      }
      RolloutProgress before = rollout.progress();
      if (rollout.isOwner()) {
        rollout.disown();
      }
      RolloutSplit<I, O> split = rollout.adopt(now);
      table.split(split);
      String canary = rollout.canary.version.toString();
      if (before.step() != now.step()) {
        tellStep(rollout, split);
      }
      boolean wasPaused = before.state() == RolloutState.PAUSED;
      boolean isPaused = now.state() == RolloutState.PAUSED;
      if (isPaused && !wasPaused) {
        tell(new RolloutPaused(name, canary, now.reason()));
      } else if (wasPaused && !isPaused) {
        tell(new RolloutResumed(name, canary));
      }
    }
  }

  /** Takes over how another process has ended the rollout. */
  void adoptEnd(ActiveRollout<I, O> rollout, boolean isPromoted, String why) {
    synchronized (table) {
      if (active == rollout) {
        table.nextCommand();
        if (isPromoted) {
          serve(rollout, why);
        } else {
          sendBack(rollout, why);
        }
      }
    }
  }

  /**
   * Takes over how far another process has come, but not whether it is paused: a command of this
   * process has decided that. Returns how far it is; null if it is not under way here.
   */
  @Nullable RolloutProgress take(ActiveRollout<I, O> rollout, RolloutProgress now) {
    synchronized (table) {
      if (active != rollout) {
        return null;
      }
      rollout.adoptStep(now);
      return rollout.progress();
    }
  }

  /** Has this process run a rollout from now on, and act on what was replayed. */
  void own(ActiveRollout<I, O> rollout, @Nullable CanaryAnalysis tests, boolean isVoting) {
    synchronized (table) {
      if (active == rollout) {
        table.split(rollout.own(tests, isVoting));
        look();
      }
    }
  }

  // ---- by itself ----

  private void step(ActiveRollout<I, O> rollout, int next) {
    RolloutSplit<I, O> split = rollout.begin(next);
    table.split(split);
    tellStep(rollout, split);
    if (isKept(rollout)) {
      store().writeSoon();
    }
  }

  private void tellStep(ActiveRollout<I, O> rollout, RolloutSplit<I, O> split) {
    tell(
        new RolloutStepped(
            name, rollout.canary.version.toString(), rollout.step() + 1, split.canaryShare()));
  }

  private void lookLater(ActiveRollout<I, O> rollout) {
    try {
      threads.timer().schedule(() -> lookAgain(rollout), TICK_NANOS);
    } catch (RejectedExecutionException e) {
      // the runtime is closed: no step follows, commands still work
    }
  }

  /** Each rollout has looks of its own, which end with it. */
  private void lookAgain(ActiveRollout<I, O> rollout) {
    synchronized (table) {
      if (active == rollout) {
        look();
      }
      if (active == rollout) {
        lookLater(rollout);
      }
    }
  }

  /** Acts on alarms first, then on the clock. */
  private void look() {
    synchronized (table) {
      ActiveRollout<I, O> now = active;
      if (now == null || !now.isOwner()) {
        return;
      }
      for (Alarm alarm : now.newAlarms()) {
        act(now, alarm);
        if (active != now) {
          return;
        }
      }
      if (now.isStepOver()) {
        if (now.isLastStep()) {
          now.bake();
        } else {
          step(now, now.step() + 1);
        }
      } else if (now.isBaked()) {
        var unused = finish(now, "the rollout is over", table.nextCommand(), true);
      }
    }
  }

  private void act(ActiveRollout<I, O> now, Alarm alarm) {
    RolloutTrigger trigger = RolloutTrigger.valueOf(alarm.kind().name());
    TriggerAction action = now.plan.actions().getOrDefault(trigger, TriggerAction.OFF);
    RolloutAlarm told = Analyses.alarm(alarm, trigger, action);
    now.raised(told);
    tell(
        new RolloutAlarmed(
            name, now.canary.version.toString(), trigger.name(), told.toString(), action.name()));
    if (action == TriggerAction.ROLL_BACK) {
      var unused = giveUp(now, told.toString());
    } else if (action == TriggerAction.PAUSE && now.state() != RolloutState.PAUSED) {
      pauseNow(now, told.toString());
      if (isKept(now)) {
        store().writeSoon();
      }
    }
  }

  private static <I, O> RolloutMetrics metricsOf(ActiveRollout<I, O> rollout) {
    return Analyses.metrics(rollout);
  }

  private void tell(ServingEvent event) {
    threads.events().publish(event);
  }
}
