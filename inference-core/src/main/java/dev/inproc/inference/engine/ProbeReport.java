package dev.inproc.inference.engine;

import dev.inproc.inference.engine.Integrity.Status;
import dev.inproc.inference.events.EventBus;
import dev.inproc.inference.events.ServingEvent.IntegrityProbed;
import java.lang.System.Logger.Level;
import org.jspecify.annotations.Nullable;

/**
 * Where findings go: to the model, the log and the file. It holds nothing that the model was loaded
 * from, since a probe in the background may keep it for long.
 *
 * @param tried whether the batch axis was found by a trial
 */
record ProbeReport(AxisGuess guess, boolean tried, @Nullable IntegrityFile file, EventBus events) {
  void keep(Integrity found) {
    boolean complete = found.isComplete() || found.status() == Status.NEEDLESS;
    boolean worth = found.isComplete() || tried || found.nature() != Nature.PLAIN;
    if (file != null && complete && worth && found.nature() != Nature.UNTOLD) {
      BatchAxis axis = tried ? guess.axis() : BatchAxis.AUTO;
      file.write(new IntegrityFile.Kept(found.findings(), found.nature(), axis));
    }
  }

  void announce(ReplicaSet replicas, Integrity found) {
    Integrity all = found.withAxis(guess.decision(found), guess.hint(found));
    replicas.found(all);
    SessionLog.LOG.log(level(all), "{0}: {1}", replicas.name, all);
    events.publish(new IntegrityProbed(replicas.name, all.toString(), all.allowsPadding()));
  }

  /** Takes over what was found in the background. */
  void finish(ReplicaSet replicas, IntegrityProbe.Outcome outcome) {
    Integrity found = outcome.integrity();
    if (found.status() == Status.UNFINISHED) {
      found = found.unfinished("one run of the probe took more than a minute, and it gave up");
    } else if (outcome.differs() && !found.isAloneTolerable()) {
      found = found.with(unrepeated(replicas), replicas.options.integrity().isStateIgnored());
    }
    keep(found);
    announce(replicas, found);
  }

  /** The nature of a model whose answers differ where no fresh load can tell why. */
  static Nature unrepeated(ReplicaSet replicas) {
    return replicas.isStatePossible() ? Nature.UNTOLD : Nature.RANDOM;
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
