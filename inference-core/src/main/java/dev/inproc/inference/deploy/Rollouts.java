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
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
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
  private final SecureRandom random = new SecureRandom();

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
      RolloutPlan<I, O> plan, Lane<I, O> canary, @Nullable Lane<I, O> control) {
    ActiveRollout<I, O> rollout =
        new ActiveRollout<>(
            plan,
            random.nextLong(),
            table.serving(),
            canary,
            control,
            Analyses.of(plan),
            threads.timer(),
            this::look);
    active = rollout;
    step(rollout, 0);
    lookLater(rollout);
    return rollout;
  }

  /** Ends a rollout that another command overrules. */
  void overrule(String why) {
    ActiveRollout<I, O> now = active;
    if (now != null) {
      var unused = giveUp(now, why);
    }
  }

  /** Sends all calls back. Returns what completes when that is on disk. */
  CompletableFuture<Void> giveUp(ActiveRollout<I, O> rollout, String why) {
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
    return CompletableFuture.completedFuture(null);
  }

  /** Has the canary serve. Returns what completes when that is on disk. */
  CompletableFuture<Void> finish(ActiveRollout<I, O> rollout, String why, long command) {
    Lane<I, O> old = table.serve(rollout.canary);
    tell(
        new VersionSwitched(
            name, old.version.toString(), rollout.canary.version.toString(), Duration.ZERO));
    end(rollout, RolloutState.PROMOTED, why);
    retirement.keepWarm(old, rollout.control);
    return decisions.record(rollout.canary.version, why, command);
  }

  private void end(ActiveRollout<I, O> rollout, RolloutState state, String why) {
    rollout.end(state, why);
    active = null;
    RolloutMetrics last = metricsOf(rollout);
    tell(
        new RolloutEnded(
            name, rollout.canary.version.toString(), state == RolloutState.PROMOTED, why));
    Rollout.Progress progress = rollout.progress;
    progress.end(last);
    threads.callbacks().execute(() -> progress.ended.complete(last));
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

  // ---- by itself ----

  private void step(ActiveRollout<I, O> rollout, int next) {
    RolloutSplit<I, O> split = rollout.begin(next);
    table.split(split);
    tell(
        new RolloutStepped(name, rollout.canary.version.toString(), next + 1, split.canaryShare()));
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
      if (now == null) {
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
        var unused = finish(now, "the rollout is over", table.nextCommand());
      }
    }
  }

  private void act(ActiveRollout<I, O> now, Alarm alarm) {
    RolloutTrigger trigger = RolloutTrigger.valueOf(alarm.kind().name());
    TriggerAction action = now.plan.action(trigger);
    RolloutAlarm told = Analyses.alarm(alarm, trigger, action);
    now.raised(told);
    tell(
        new RolloutAlarmed(
            name, now.canary.version.toString(), trigger.name(), told.toString(), action.name()));
    if (action == TriggerAction.ROLL_BACK) {
      var unused = giveUp(now, told.toString());
    } else if (action == TriggerAction.PAUSE && now.state() != RolloutState.PAUSED) {
      pauseNow(now, told.toString());
    }
  }

  private static <I, O> RolloutMetrics metricsOf(ActiveRollout<I, O> rollout) {
    return Analyses.metrics(rollout);
  }

  private void tell(ServingEvent event) {
    threads.events().publish(event);
  }
}
