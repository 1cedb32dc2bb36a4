package dev.inproc.inference.engine;

import dev.inproc.inference.engine.Integrity.Status;
import dev.inproc.inference.internal.concurrent.ServingThreads;
import dev.inproc.inference.spi.Statefulness;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Loads a model and probes it. The probe leaves no trace in the served model: a model that keeps
 * state, or may keep it and whose probe is unfinished, is loaded anew for serving.
 */
final class SessionLoader {
  private final String name;
  private final @Nullable ModelSource source;
  private final Supplier<? extends List<Replica>> loader;
  private final boolean repeatable;
  private final SessionOptions options;
  private final ServingThreads threads;
  private final @Nullable String deviceReason;

  /**
   * Creates a loader.
   *
   * @param loader loads the replicas, one for each device
   * @param repeatable whether the loader may be called more than once
   */
  SessionLoader(
      String name,
      @Nullable ModelSource source,
      Supplier<? extends List<Replica>> loader,
      boolean repeatable,
      SessionOptions options,
      ServingThreads threads) {
    this(name, source, loader, repeatable, options, threads, null);
  }

  /**
   * Creates a loader.
   *
   * @param deviceReason why this device was chosen, where it was
   */
  SessionLoader(
      String name,
      @Nullable ModelSource source,
      Supplier<? extends List<Replica>> loader,
      boolean repeatable,
      SessionOptions options,
      ServingThreads threads,
      @Nullable String deviceReason) {
    this.deviceReason = deviceReason;
    this.name = name;
    this.source = source;
    this.loader = loader;
    this.repeatable = repeatable;
    this.options = options;
    this.threads = threads;
  }

  ModelSession load() {
    long start = threads.timer().nanoTime();
    ModelSession session = loadUnannounced();
    session.model().announce(Duration.ofNanos(threads.timer().nanoTime() - start));
    return session;
  }

  /** Loads a session that no event tells of. */
  ModelSession loadUnannounced() {
    Loaded loaded = new Loaded();
    boolean done = false;
    try {
      ModelSession session = loaded.session();
      done = true;
      return session;
    } finally {
      if (!done) {
        loaded.close();
      }
    }
  }

  private LoadedModel open(BatchAxis axis) {
    return open(loader.get(), axis);
  }

  private LoadedModel open(List<Replica> replicas, BatchAxis axis) {
    boolean opened = false;
    try {
      ReplicaSet set = new ReplicaSet(name, replicas, options, axis, threads.timer(), deviceReason);
      LoadedModel model = new LoadedModel(set, threads);
      opened = true;
      return model;
    } finally {
      if (!opened) {
        replicas.forEach(replica -> replica.model().close());
      }
    }
  }

  private static Runner runner(LoadedModel model) {
    return model.runner(model.allOutputs());
  }

  /** The models loaded so far. */
  private final class Loaded {
    private @Nullable LoadedModel spare; // still to be probed, and then discarded
    private LoadedModel model;
    private AxisGuess guess;
    private boolean tried;

    Loaded() {
      List<Replica> replicas = loader.get();
      guess = guess(replicas);
      model = open(replicas, guess.axis());
    }

    private AxisGuess guess(List<Replica> replicas) {
      boolean guessed = false;
      try {
        AxisGuess made =
            AxisGuess.of(
                ReplicaSet.stated(replicas.get(0).model(), options.statedShapes()),
                options.batchAxis());
        guessed = true;
        return made;
      } finally {
        if (!guessed) {
          replicas.forEach(replica -> replica.model().close());
        }
      }
    }

    ModelSession session() {
      PadCheck.names(model.replicas);
      boolean certain = model.replicas.statefulness() == Statefulness.CERTAIN;
      IntegrityFile file = certain ? null : findings();
      IntegrityFile.Kept kept = file == null ? null : file.read();
      Integrity integrity;
      if (kept != null) {
        integrity = remembered(kept);
      } else {
        integrity = certain ? ofState() : probe();
        report(file).keep(integrity);
      }
      PadCheck.effect(model.replicas, runner(model));
      report(file).announce(model.replicas, integrity);
      reportUnreadable();
      ModelSession session = new ModelSession(model, model.allOutputs());
      warmUp(session);
      if (model.replicas.integrity().status() == Status.UNFINISHED) {
        goOn(file);
      }
      return session;
    }

    /**
     * Returns the entry of earlier findings. Null, without a digest, if neither probe nor trial
     * would run.
     */
    private @Nullable IntegrityFile findings() {
      boolean runs = guess.isOnTrial() || IntegrityProbe.without(runner(model)) == null;
      return source == null || !runs ? null : IntegrityFile.of(source, model.replicas);
    }

    private void reportUnreadable() {
      model
          .replicas
          .first()
          .unreadableOutputs()
          .forEach(
              (output, reason) ->
                  SessionLog.LOG.log(
                      Level.WARNING, "{0}: output \"{1}\" is left out: {2}", name, output, reason));
    }

    private void refute(String reason) {
      guess = guess.refuted(reason);
      model = model.under(BatchAxis.NONE);
    }

    private Integrity ofState() {
      if (guess.isOnTrial()) {
        refute("its signature, since a model that keeps state is not tried");
      }
      return Integrity.unchecked(Status.NEEDLESS, "it keeps state")
          .with(Nature.STATE, options.integrity().isStateIgnored());
    }

    private Integrity remembered(IntegrityFile.Kept kept) {
      if (guess.isOnTrial()) {
        if (kept.axis() == BatchAxis.LEADING) {
          guess = guess.confirmed();
        } else {
          refute("an earlier trial");
        }
      }
      Integrity found =
          kept.findings().isEmpty()
              ? IntegrityProbe.needless()
              : Integrity.of(
                  kept.findings(), options.integrity().tolerance(), model.replicas.setting());
      return found.with(kept.nature(), options.integrity().isStateIgnored());
    }

    private Integrity probe() {
      if (guess.isOnTrial()) {
        String refusal = AxisTrial.refusal(atLoad());
        tried = options.integrity().isEnabled();
        if (refusal == null) {
          guess = guess.confirmed();
        } else {
          refute(refusal);
        }
      }
      IntegrityProbe.Outcome outcome = IntegrityProbe.atLoad(atLoad());
      Integrity found = outcome.integrity();
      if (outcome.differs()) {
        found = found.with(nature(outcome), options.integrity().isStateIgnored());
      }
      boolean unfinished = found.status() == Status.UNFINISHED;
      boolean restless = found.keepsState() || found.isRandom();
      boolean mayHaveTrace = unfinished && model.replicas.statefulness() != Statefulness.NONE;
      if (repeatable && (restless || mayHaveTrace)) {
        spare = model;
        model = open(guess.axis());
        if (!unfinished) {
          spare.discard();
          spare = null;
        }
      }
      return found;
    }

    private ProbeRuns atLoad() {
      return new ProbeRuns(model, runner(model), ProbeRuns.Pace.LOADING);
    }

    private Nature nature(IntegrityProbe.Outcome outcome) {
      ProbeInputs inputs = outcome.inputs();
      boolean tolerable = outcome.integrity().isAloneTolerable();
      Statefulness graph = model.replicas.statefulness();
      if (graph == Statefulness.RANDOM) {
        return Nature.RANDOM; // even with a fixed seed, whose answers a fresh load repeats
      }
      if (tolerable && graph == Statefulness.NONE) {
        return Nature.PLAIN; // the difference is rounding
      }
      Nature told =
          repeatable && inputs != null
              ? StateCheck.tell(() -> open(guess.axis()), inputs)
              : ProbeReport.unrepeated(model.replicas);
      return tolerable && told != Nature.STATE ? Nature.PLAIN : told;
    }

    private void warmUp(ModelSession session) {
      if (options.warmUpSizes().isEmpty()) {
        return;
      }
      if (model.replicas.statefulness() == Statefulness.NONE || !hasTrace()) {
        WarmUp.run(session, model.replicas);
        return;
      }
      if (!repeatable) {
        SessionLog.LOG.log(
            Level.WARNING,
            "{0}: no warm-up, which would change a model that keeps state or may keep it",
            name);
        return;
      }
      SessionLog.LOG.log(
          Level.INFO,
          "{0}: keeps state or may keep it, so a replica is warmed up and thrown away",
          name);
      LoadedModel other = open(guess.axis());
      try {
        other.replicas.found(model.replicas.integrity());
        WarmUp.run(new ModelSession(other, other.allOutputs()), other.replicas);
      } finally {
        other.discard();
      }
    }

    private ProbeReport report(@Nullable IntegrityFile file) {
      return new ProbeReport(guess, tried, file, threads.events());
    }

    /** Whether a run changes, or may change, later answers. */
    private boolean hasTrace() {
      Integrity found = model.replicas.integrity();
      boolean unknown = found.status() == Status.SKIPPED || found.status() == Status.REFUSED;
      return found.keepsState()
          || found.isRandom()
          || found.status() == Status.UNFINISHED
          || (unknown && repeatable);
    }

    private void goOn(@Nullable IntegrityFile file) {
      LoadedModel served = model;
      LoadedModel probed = spare == null ? served : spare;
      spare = null;
      ProbeReport report = report(file);
      served.startInBackground(
          new BackgroundProbe(
              served, probed, runner(probed), outcome -> report.finish(served.replicas, outcome)));
    }

    void close() {
      model.discard();
      if (spare != null) {
        spare.discard();
      }
    }
  }
}
