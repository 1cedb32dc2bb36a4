package dev.inproc.inference.deploy;

import dev.inproc.inference.BlockedCaller;
import dev.inproc.inference.InferenceInterruptedException;
import dev.inproc.inference.ModelLoadException;
import dev.inproc.inference.Predictor;
import dev.inproc.inference.PredictorClosedException;
import dev.inproc.inference.deploy.DeploymentMetrics.LaneMetrics;
import dev.inproc.inference.deploy.DeploymentMetrics.LaneState;
import dev.inproc.inference.events.ServingEvent.ShadowStarted;
import dev.inproc.inference.events.ServingEvent.VersionRefused;
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
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The shadow of a deployment: at most one, which is loaded as any other version is, one load at a
 * time in the process. Thread-safe. No code of the application runs under the lock.
 */
final class Shadows<I, O> {
  private final String name;
  private final LaneLoader<I, O> loader;
  private final Router<I, O> router;
  private final ServingThreads threads;
  private final Predicate<Predictor<I, O>> isInUse;
  private final LoadQueue queue = LoadQueue.shared();
  private final InFlight loads = new InFlight();

  // Guarded by this.
  private @Nullable Pending pending;
  private @Nullable RunningShadow<I, O> running;
  private final Set<RunningShadow<I, O>> closing = new LinkedHashSet<>();
  private boolean isClosed;

  /** A shadow that waits to be loaded or is being loaded. */
  private record Pending(
      Candidate candidate, LoadQueue.Entry entry, CompletableFuture<Shadow> made) {}

  /**
   * Creates one without a shadow.
   *
   * @param loader makes the lanes whose calls are copied
   * @param isInUse whether a predictor is that of a version of the deployment
   */
  Shadows(
      LaneLoader<I, O> loader,
      Router<I, O> router,
      ServingThreads threads,
      Predicate<Predictor<I, O>> isInUse) {
    this.name = loader.name();
    this.loader = loader;
    this.router = router;
    this.threads = threads;
    this.isInUse = isInUse;
  }

  // ---- starting ----

  /** Loads the version of a plan, blocking, and has it run beside. */
  Shadow open(ShadowPlan<I, O> plan) {
    Pending load = begin(plan);
    queue.add(load.entry);
    try {
      return BlockedCaller.await(load.made);
    } catch (InferenceInterruptedException e) { // the future is cancelled: a lane is discarded
      giveUp(load, new CancellationException("interrupted"));
      throw e;
    }
  }

  private synchronized Pending begin(ShadowPlan<I, O> plan) {
    if (isClosed) {
      throw new PredictorClosedException(name);
    }
    ModelVersion version = plan.version();
    if (!version.model().equals(name)) {
      throw new IllegalArgumentException(
          "Deployment \"" + name + "\": expected a version of model " + name + ", got " + version);
    }
    if (pending != null) {
      throw hasOne(pending.candidate.version);
    }
    if (running != null) {
      throw hasOne(running.version());
    }
    ClassLoader context = Thread.currentThread().getContextClassLoader();
    Candidate candidate = new Candidate(version, "shadow", true, context);
    CompletableFuture<Shadow> made = new CompletableFuture<>();
    LoadQueue.Entry entry =
        new LoadQueue.Entry(threads.workers(), () -> load(candidate, plan, made));
    pending = new Pending(candidate, entry, made);
    loads.begin();
    return pending;
  }

  private IllegalStateException hasOne(ModelVersion version) {
    return new IllegalStateException(
        "Deployment \""
            + name
            + "\" has a shadow, "
            + version
            + ": close it before another is started");
  }

  /** On a worker. */
  private void load(Candidate candidate, ShadowPlan<I, O> plan, CompletableFuture<Shadow> made) {
    try {
      Lane<I, O> lane =
          loader
              .ofShadow(plan::checkCopies)
              .load(candidate, null, each -> isInUse.test(each) || loader.shadow().isInUse(each));
      RunningShadow<I, O> shadow = publish(candidate, plan, lane);
      if (shadow == null) {
        LaneLoader.discard(lane.calls);
      } else if (!made.complete(shadow)) { // the caller was interrupted
        shadow.beginClose(RunningShadow.CLOSE_TIME);
      }
    } catch (ModelLoadException e) {
      refuse(candidate, e, made);
    } catch (InterruptedException e) {
      // given up, and so told
    } finally {
      loads.end();
    }
  }

  private @Nullable RunningShadow<I, O> publish(
      Candidate candidate, ShadowPlan<I, O> plan, Lane<I, O> lane) {
    RunningShadow<I, O> shadow =
        new RunningShadow<>(
            name,
            plan,
            lane,
            loader.shadow(),
            () -> router.table().stable(),
            threads,
            this::closes,
            this::closed);
    synchronized (this) {
      if (pending == null || pending.candidate != candidate) {
        return null;
      }
      pending = null;
      running = shadow;
      shadow.start();
    }
    threads.events().publish(new ShadowStarted(name, lane.version.toString(), plan.share()));
    return shadow;
  }

  private void refuse(Candidate candidate, ModelLoadException why, CompletableFuture<Shadow> made) {
    synchronized (this) {
      if (pending == null || pending.candidate != candidate) {
        return;
      }
      pending = null;
    }
    String message = String.valueOf(why.getMessage());
    threads.events().publish(new VersionRefused(name, candidate.version.toString(), message));
    made.completeExceptionally(why);
  }

  private synchronized void giveUp(Pending load, RuntimeException why) {
    if (pending == null || pending.candidate != load.candidate) {
      return;
    }
    pending = null;
    load.candidate.giveUp(why);
    var unused = load.made.completeExceptionally(why);
    if (queue.giveUp(load.entry)) {
      loads.end();
    }
  }

  // ---- closing ----

  /** A shadow begins to close. */
  private synchronized void closes(RunningShadow<I, O> shadow) {
    closing.add(shadow);
    if (running == shadow) {
      running = null;
    }
  }

  private synchronized void closed(RunningShadow<I, O> shadow) {
    closing.remove(shadow);
  }

  /** Ends the shadow, gives up one that is being loaded, and takes no more. Returns at once. */
  void beginClose(Duration timeout) {
    RunningShadow<I, O> shadow;
    synchronized (this) {
      isClosed = true;
      if (pending != null) {
        giveUp(pending, new PredictorClosedException(name));
      }
      shadow = running;
    }
    if (shadow != null) {
      shadow.beginClose(timeout);
    }
  }

  /** Waits for a factory to return, and for what is released in the time of a shadow's close. */
  void awaitClosed() {
    if (!queue.isLoading()) {
      var unused = loads.await(Durations.FOREVER);
    }
    var unused = awaitShadows(RunningShadow.CLOSE_TIME.toNanos());
  }

  /** Returns whether everything is released in time. */
  boolean awaitClosed(long timeoutNanos) {
    long end = System.nanoTime() + timeoutNanos;
    boolean isAll = !queue.isLoading() && loads.await(timeoutNanos);
    return awaitShadows(end - System.nanoTime()) && isAll;
  }

  private boolean awaitShadows(long timeoutNanos) {
    List<RunningShadow<I, O>> all;
    synchronized (this) {
      all = new ArrayList<>(closing);
    }
    long end = System.nanoTime() + timeoutNanos + RunningShadow.GRACE_NANOS;
    boolean isAll = true;
    for (RunningShadow<I, O> shadow : all) {
      isAll &= shadow.awaitClosed(Math.max(0, end - System.nanoTime()));
    }
    return isAll;
  }

  // ---- figures ----

  /** Returns the figures of the deployment with those of its shadow. */
  DeploymentMetrics addTo(DeploymentMetrics now) {
    RunningShadow<I, O> shadow;
    List<LaneMetrics> lanes = new ArrayList<>(now.lanes());
    List<ModelVersion> loading = new ArrayList<>(now.loading());
    synchronized (this) {
      shadow = running;
      if (pending != null) {
        loading.add(pending.candidate.version);
      }
      if (shadow != null) {
        lanes.add(new LaneMetrics(shadow.version(), LaneState.SHADOW));
      }
      closing.forEach(each -> lanes.add(new LaneMetrics(each.version(), LaneState.DRAINING)));
    }
    return now.with(lanes, loading, Optional.ofNullable(shadow).map(Shadow::metrics));
  }
}
