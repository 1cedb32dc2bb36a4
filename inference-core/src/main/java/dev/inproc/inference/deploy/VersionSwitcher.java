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
  private final LaneLoader<I, O> loader;
  private final LaneRetirement<I, O> retirement;
  private final ServingThreads threads;
  private final Decisions decisions;
  private final LoadQueue queue = LoadQueue.shared();
  private final InFlight loads = new InFlight();

  // Guarded by this.
  private Lane<I, O> serving;
  private long servingSince;
  private @Nullable Pending pending;
  private boolean isClosed;
  private final Set<Lane<I, O>> closing = new LinkedHashSet<>(); // a later close waits for them too
  private long commands;
  private long switches;
  private long refused;
  private long rollbacks;

  /** A version that waits to be loaded or is being loaded. */
  private record Pending(Candidate candidate, LoadQueue.Entry entry) {}

  VersionSwitcher(
      String name,
      Router<I, O> router,
      LaneLoader<I, O> loader,
      LaneRetirement<I, O> retirement,
      ServingThreads threads,
      Decisions decisions) {
    this.name = name;
    this.router = router;
    this.loader = loader;
    this.retirement = retirement;
    this.threads = threads;
    this.decisions = decisions;
    serving = router.table().stable();
    servingSince = threads.timer().nanoTime();
  }

  // ---- switching ----

  /**
   * Has a version served: at once if it is warm, else once it is loaded.
   *
   * @return what tells the outcome; one of a version that is on its way already is shared
   */
  Candidate begin(Candidate wanted) {
    Pending load = decide(wanted);
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
  private synchronized @Nullable Pending decide(Candidate wanted) {
    checkCommand();
    if (!wanted.version.model().equals(name)) {
      throw new IllegalArgumentException(
          "Deployment \""
              + name
              + "\": expected a version of model "
              + name
              + ", got "
              + wanted.version);
    }
    commands++;
    Pending now = pending;
    if (now != null && now.candidate.version.equals(wanted.version)) {
      now.candidate.waiting++;
      now.candidate.command = commands;
      return now;
    }
    wanted.waiting++;
    wanted.command = commands;
    overrule("overruled by a switch to " + wanted.version);
    if (serving.version.equals(wanted.version)) {
      record(wanted); // the label may name another
      wanted.outcome.complete(false);
      return null;
    }
    Lane<I, O> warm = retirement.takeWarm(wanted.version::equals);
    if (warm != null) {
      publish(wanted, warm, Duration.ZERO);
      wanted.outcome.complete(true);
      return null;
    }
    pending =
        new Pending(wanted, new LoadQueue.Entry(threads.workers(), () -> loadAndSwitch(wanted)));
    loads.begin();
    return pending;
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
  private synchronized @Nullable Candidate overrule(String why) {
    return giveUp(new CancellationException(name + ": " + why));
  }

  private synchronized @Nullable Candidate giveUp(RuntimeException why) {
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

  /** One caller no longer wants a version; after the last, it is given up if it is on its way. */
  synchronized void leave(Candidate candidate) {
    if (--candidate.waiting == 0 && pending != null && pending.candidate == candidate) {
      overrule("the caller of switchTo was interrupted");
    }
  }

  /** On a worker. */
  private void loadAndSwitch(Candidate candidate) {
    long start = threads.timer().nanoTime();
    try {
      Lane<I, O> lane = loader.load(candidate, this::isInUse);
      if (publish(candidate, lane, start)) {
        candidate.outcome.complete(true);
      } else {
        LaneLoader.discard(lane.calls);
      }
    } catch (ModelLoadException e) {
      refuse(candidate, e);
    } catch (InterruptedException e) {
      // given up, and so told
    } finally {
      loads.end();
    }
  }

  private synchronized boolean publish(Candidate candidate, Lane<I, O> lane, long start) {
    if (pending == null || pending.candidate != candidate) {
      return false;
    }
    pending = null;
    publish(candidate, lane, Duration.ofNanos(threads.timer().nanoTime() - start));
    return true;
  }

  private synchronized void publish(Candidate candidate, Lane<I, O> lane, Duration took) {
    Lane<I, O> old = serve(lane);
    record(candidate);
    tell(new VersionSwitched(name, old.version.toString(), lane.version.toString(), took));
    retirement.keepWarm(old);
  }

  private void record(Candidate candidate) {
    if (!candidate.isFollowing) {
      candidate.durable = decisions.record(candidate.version, candidate.reason, candidate.command);
    }
  }

  /** Returns the lane that served before: it may be closed from now on. */
  private Lane<I, O> serve(Lane<I, O> lane) {
    Lane<I, O> old = serving;
    router.publish(new RoutingTable<>(lane));
    serving = lane;
    servingSince = threads.timer().nanoTime();
    switches++;
    return old;
  }

  private void refuse(Candidate candidate, ModelLoadException why) {
    synchronized (this) {
      if (pending == null || pending.candidate != candidate) {
        return;
      }
      pending = null;
      refused++;
    }
    tell(new VersionRefused(name, candidate.version.toString(), String.valueOf(why.getMessage())));
    candidate.outcome.completeExceptionally(why);
  }

  synchronized boolean isInUse(Predictor<I, O> predictor) {
    return serving.predictor == predictor || retirement.has(predictor);
  }

  /** Returns how many commands have come. */
  synchronized long commands() {
    return commands;
  }

  // ---- going back ----

  /** What came of a command to go back. */
  record Undone(@Nullable ModelVersion version, CompletableFuture<Void> durable) {}

  /** Gives up the version that is on its way; else serves the one before, if it is warm. */
  synchronized Undone rollBack(String reason) {
    checkCommand();
    commands++;
    Candidate candidate = overrule("rolled back: " + reason);
    if (candidate != null) { // a label that was moved to it moves back
      return undone(candidate.version, reason, decisions.record(serving.version, reason, commands));
    }
    Lane<I, O> before = retirement.takeWarm(version -> true);
    if (before == null) {
      return new Undone(null, CompletableFuture.completedFuture(null));
    }
    Lane<I, O> bad = serve(before);
    CompletableFuture<Void> durable = decisions.record(before.version, reason, commands);
    Undone undone = undone(bad.version, reason, durable);
    retirement.release(bad);
    return undone;
  }

  private Undone undone(ModelVersion version, String reason, CompletableFuture<Void> durable) {
    rollbacks++;
    tell(new VersionRolledBack(name, version.toString(), serving.version.toString(), reason));
    return new Undone(version, durable);
  }

  private void tell(ServingEvent event) {
    threads.events().publish(event);
  }

  // ---- closing ----

  /** Takes no more calls and no more commands. Returns the lanes to close; idempotent. */
  private synchronized List<Lane<I, O>> beginClose() {
    if (!isClosed) {
      String deployment = "deployed(" + serving + ")";
      giveUp(new PredictorClosedException(deployment));
      isClosed = true;
      router.publish(
          new RoutingTable<>(
              new Lane<>(serving.version, new ClosedPredictor<>(serving.calls, deployment))));
    }
    closing.addAll(retirement.beginClose());
    closing.add(serving);
    return List.copyOf(closing);
  }

  /** Closes each lane, whatever the others throw, and waits for loads where this thread may. */
  void close() {
    RuntimeException failure = null;
    for (Lane<I, O> lane : beginClose()) {
      try {
        lane.calls.close();
      } catch (RuntimeException e) {
        failure = failure == null ? e : failure;
      }
    }
    if (!queue.isLoading()) {
      var unused = loads.await(Durations.FOREVER);
    }
    if (failure != null) {
      throw failure;
    }
  }

  /** Returns whether everything was closed in time. */
  boolean close(Duration timeout) {
    long end = System.nanoTime() + Durations.of(timeout);
    boolean isAll = true;
    RuntimeException failure = null;
    for (Lane<I, O> lane : beginClose()) {
      try {
        isAll &= lane.calls.close(Duration.ofNanos(Math.max(0, end - System.nanoTime())));
      } catch (RuntimeException e) {
        failure = failure == null ? e : failure;
      }
    }
    isAll &= !queue.isLoading() && loads.await(Math.max(0, end - System.nanoTime()));
    if (failure != null) {
      throw failure;
    }
    return isAll;
  }

  // ---- figures ----

  synchronized DeploymentMetrics metrics() {
    List<LaneMetrics> lanes = new ArrayList<>();
    if (!isClosed) {
      lanes.add(new LaneMetrics(serving.version, LaneState.SERVING));
    }
    lanes.addAll(retirement.metrics());
    return new DeploymentMetrics(
        name,
        serving.version,
        Duration.ofNanos(threads.timer().nanoTime() - servingSince),
        lanes,
        pending == null ? List.of() : List.of(pending.candidate.version),
        switches,
        refused,
        rollbacks,
        router.retries(),
        Optional.empty());
  }
}
