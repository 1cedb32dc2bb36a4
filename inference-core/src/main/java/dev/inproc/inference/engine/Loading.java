package dev.inproc.inference.engine;

import dev.inproc.inference.engine.Integrity.Status;
import dev.inproc.inference.internal.concurrent.ServingThreads;
import dev.inproc.inference.spi.Statefulness;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Loads a model and finds out what must be known of it. Nothing of that is left in the model: one
 * that keeps state, or may and is still to be probed, is loaded anew for serving.
 */
final class Loading {
  static final Logger LOG = System.getLogger(Session.class.getName());

  private final String name;
  private final @Nullable ModelSource source;
  private final Supplier<? extends List<Replica>> loader;
  private final boolean repeatable;
  private final SessionOptions options;
  private final ServingThreads threads;

  /**
   * Creates it.
   *
   * @param loader loads the replicas, one for each device
   * @param repeatable whether the loader may be called more than once
   */
  Loading(
      String name,
      @Nullable ModelSource source,
      Supplier<? extends List<Replica>> loader,
      boolean repeatable,
      SessionOptions options,
      ServingThreads threads) {
    this.name = name;
    this.source = source;
    this.loader = loader;
    this.repeatable = repeatable;
    this.options = options;
    this.threads = threads;
  }

  ModelSession load() {
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
      LoadedModel model = new LoadedModel(name, replicas, options, axis, threads);
      opened = true;
      return model;
    } finally {
      if (!opened) {
        replicas.forEach(replica -> replica.model().close());
      }
    }
  }

  private static List<Integer> allOutputs(LoadedModel model) {
    return IntStream.range(0, model.layout.raw().outputs().size()).boxed().toList();
  }

  private static Runner runner(LoadedModel model) {
    return model.runner(allOutputs(model));
  }

  /** What is loaded so far. */
  private final class Loaded {
    private @Nullable LoadedModel spare; // still to be probed, and thrown away
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
                LoadedModel.stated(replicas.get(0).model(), options.statedShapes()), options.batchAxis());
        guessed = true;
        return made;
      } finally {
        if (!guessed) {
          replicas.forEach(replica -> replica.model().close());
        }
      }
    }

    ModelSession session() {
      PadCheck.names(model, options);
      boolean certain = model.statefulness() == Statefulness.CERTAIN;
      IntegrityFile file = certain ? null : findings();
      IntegrityFile.Kept kept = file == null ? null : file.read();
      Integrity integrity;
      if (kept != null) {
        integrity = remembered(kept);
      } else {
        integrity = certain ? ofState() : probe();
        report(file).keep(integrity);
      }
      PadCheck.effect(model, runner(model));
      report(file).announce(model, integrity);
      reportUnreadable();
      ModelSession session = new ModelSession(model, allOutputs(model));
      warmUp(session);
      if (model.integrity().status() == Status.UNFINISHED) {
        goOn(file);
      }
      return session;
    }

    /**
     * The findings of earlier loads, if a probe or a trial would run; else no digest is computed.
     */
    private @Nullable IntegrityFile findings() {
      boolean runs = guess.isOnTrial() || IntegrityProbe.without(model, runner(model)) == null;
      return source == null || !runs ? null : IntegrityFile.of(source, model);
    }

    private void reportUnreadable() {
      model
          .firstReplica()
          .unreadableOutputs()
          .forEach(
              (output, reason) ->
                  LOG.log(
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
                  kept.findings(), options.integrity().tolerance(), IntegrityProbe.setting(model));
      return found.with(kept.nature(), options.integrity().isStateIgnored());
    }

    private Integrity probe() {
      if (guess.isOnTrial()) {
        String refusal = AxisTrial.refusal(model, runner(model));
        tried = options.integrity().isEnabled();
        if (refusal == null) {
          guess = guess.confirmed();
        } else {
          refute(refusal);
        }
      }
      IntegrityProbe.Outcome outcome = IntegrityProbe.atLoad(model, runner(model));
      Integrity found = outcome.integrity();
      if (outcome.differs()) {
        found = found.with(nature(outcome), options.integrity().isStateIgnored());
      }
      boolean unfinished = found.status() == Status.UNFINISHED;
      boolean restless = found.keepsState() || found.isRandom();
      boolean mayHaveTrace = unfinished && model.statefulness() != Statefulness.NONE;
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

    private Nature nature(IntegrityProbe.Outcome outcome) {
      ProbeInputs inputs = outcome.inputs();
      boolean tolerable = isTolerable(outcome.integrity());
      Statefulness graph = model.statefulness();
      if (graph == Statefulness.RANDOM) {
        return Nature.RANDOM; // also with a seed, which a fresh load would repeat
      }
      if (tolerable && graph == Statefulness.NONE) {
        return Nature.PLAIN; // rounding
      }
      Nature told =
          repeatable && inputs != null
              ? StateCheck.tell(() -> open(guess.axis()), inputs)
              : unrepeated(model);
      return tolerable && told != Nature.STATE ? Nature.PLAIN : told;
    }

    private void warmUp(ModelSession session) {
      if (options.warmUpSizes().isEmpty()) {
        return;
      }
      if (model.statefulness() == Statefulness.NONE || !hasTrace()) {
        WarmUp.run(session, options);
        return;
      }
      if (!repeatable) {
        LOG.log(
            Level.WARNING,
            "{0}: no warm-up, which would change a model that keeps state or may keep it",
            name);
        return;
      }
      LOG.log(
          Level.INFO,
          "{0}: keeps state or may keep it, so a replica is warmed up and thrown away",
          name);
      LoadedModel copy = open(guess.axis());
      try {
        copy.found(model.integrity());
        WarmUp.run(new ModelSession(copy, allOutputs(copy)), options);
      } finally {
        copy.discard();
      }
    }

    private Report report(@Nullable IntegrityFile file) {
      return new Report(guess, tried, file);
    }

    /** Whether a run changes what later ones answer, or may. */
    private boolean hasTrace() {
      Integrity found = model.integrity();
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
      Report report = report(file); // holds nothing of what the model was loaded from
      BackgroundProbe probe =
          new BackgroundProbe(
              served, probed, runner(probed), outcome -> report.finish(served, outcome));
      served.accompany(probe);
      probe.start();
    }

    void close() {
      model.discard();
      if (spare != null) {
        spare.discard();
      }
    }
  }

  /**
   * Where findings go: to the model, the log and the file.
   *
   * @param tried whether the batch axis was found by a trial
   */
  private record Report(AxisGuess guess, boolean tried, @Nullable IntegrityFile file) {
    void keep(Integrity found) {
      boolean complete = found.isComplete() || found.status() == Status.NEEDLESS;
      boolean worth = found.isComplete() || tried || found.nature() != Nature.PLAIN;
      if (file != null && complete && worth && found.nature() != Nature.UNTOLD) {
        BatchAxis axis = tried ? guess.axis() : BatchAxis.AUTO;
        file.write(new IntegrityFile.Kept(found.findings(), found.nature(), axis));
      }
    }

    void announce(LoadedModel model, Integrity found) {
      Integrity all = found.withAxis(guess.decision(found), guess.hint(found));
      model.found(all);
      LOG.log(level(all), "{0}: {1}", model.name, all);
    }

    /** Takes over what was found in the background. */
    void finish(LoadedModel model, IntegrityProbe.Outcome outcome) {
      Integrity found = outcome.integrity();
      if (found.status() == Status.UNFINISHED) {
        found = found.unfinished("one run of the probe took more than a minute, and it gave up");
      } else if (outcome.differs() && !isTolerable(found)) {
        found = found.with(unrepeated(model), model.options.integrity().isStateIgnored());
      }
      keep(found);
      announce(model, found);
    }
  }

  private static boolean isTolerable(Integrity found) {
    return found.findings().stream()
        .allMatch(f -> f.mates() != Mates.NONE || f.deviation() <= found.tolerance());
  }

  /** Where no fresh load can tell. */
  private static Nature unrepeated(LoadedModel model) {
    boolean possible = model.statefulness().compareTo(Statefulness.POSSIBLE) >= 0;
    return possible ? Nature.UNTOLD : Nature.RANDOM;
  }

  private static Level level(Integrity integrity) {
    if (integrity.keepsState()) {
      return Level.WARNING;
    }
    return switch (integrity.status()) {
      case CHECKED -> integrity.allowsPadding() ? Level.INFO : Level.WARNING;
      case UNFINISHED, REFUSED -> Level.WARNING;
      case SKIPPED, NEEDLESS -> integrity.axis() == null ? Level.DEBUG : Level.INFO;
    };
  }
}
