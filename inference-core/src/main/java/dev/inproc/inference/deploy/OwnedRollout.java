package dev.inproc.inference.deploy;

import dev.inproc.inference.internal.concurrent.Timer;
import dev.inproc.inference.internal.rollout.AnalysisSettings;
import dev.inproc.inference.internal.rollout.CanaryAnalysis;
import dev.inproc.inference.internal.rollout.VoteRecord;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A rollout that this process owns: what it has written, and is to write. Not thread-safe. */
final class OwnedRollout {
  private static final long LATE_NANOS = Duration.ofDays(1).toNanos();

  final VoteBuffer votes;

  /** As it was written last. */
  KeptRollout kept;

  private final Map<Integer, ByteArrayOutputStream> unwritten = new TreeMap<>();
  private boolean hasBegun;

  OwnedRollout(KeptRollout kept, VoteBuffer votes) {
    this.kept = kept;
    this.votes = votes;
  }

  long epoch() {
    return kept.epoch();
  }

  void begun() {
    hasBegun = true;
  }

  boolean hasBegun() {
    return hasBegun;
  }

  /** Writes a sign of life. With the file's lock held. */
  void write(RolloutFiles files) throws IOException {
    KeptRollout now = kept.with(kept.owner(), kept.epoch(), kept.progress());
    files.write(now);
    kept = now;
  }

  /** Writes the votes since the last time, then how far the rollout is. */
  void write(
      RolloutFiles files,
      String name,
      ActiveRollout<?, ?> rollout,
      Supplier<RolloutProgress> progress,
      Timer timer)
      throws IOException {
    CanaryAnalysis analysis = rollout.analysis();
    if (analysis != null) {
      analysis.checkpoint(timer.nanoTime());
    }
    votes
        .drain()
        .forEach(
            (step, bytes) ->
                unwritten
                    .computeIfAbsent(step, each -> new ByteArrayOutputStream())
                    .writeBytes(bytes.toByteArray()));
    RolloutProgress now = progress.get(); // later than the votes: no vote is of a later step
    boolean isNewStep = now.step() != kept.progress().step();
    long size = isNewStep ? 0 : kept.votes();
    boolean hasAll = (isNewStep || kept.hasAllVotes()) && !votes.hasLost();
    ByteArrayOutputStream ofStep = unwritten.get(now.step());
    if (ofStep != null && hasAll) {
      if (size + ofStep.size() > VoteJournal.MOST_BYTES) {
        hasAll = false;
      } else {
        files.appendVotes(kept.salt(), now.step(), size, ofStep.toByteArray());
        size += ofStep.size();
      }
    }
    if (!hasAll && (kept.hasAllVotes() || isNewStep)) {
      LaneLoader.LOG.log(
          Level.WARNING,
          "{0}: no more votes of step {1} are kept: after a restart the step is not tested",
          name,
          now.step() + 1);
    }
    unwritten.clear();
    KeptRollout next = kept.with(kept.owner(), kept.epoch(), now, size, hasAll);
    kept = kept.with(kept.owner(), kept.epoch(), now, size, hasAll); // the votes are on the disk
    files.write(next);
  }

  /**
   * What earlier owners have left.
   *
   * @param analysis null if nothing is tested
   * @param isVoting whether the present step is tested
   */
  record Replayed(@Nullable CanaryAnalysis analysis, boolean isVoting) {}

  /**
   * Reads the votes of the present step. A step whose votes are not all there is not tested any
   * more: begun anew, it would have its part of alpha twice.
   */
  Replayed replay(RolloutFiles files, String name, ActiveRollout<?, ?> rollout, Timer timer) {
    hasBegun = true;
    AnalysisSettings settings = rollout.settings;
    RolloutProgress progress = kept.progress();
    int step = progress.step();
    if (settings == null || rollout.control == null) {
      return new Replayed(null, false);
    }
    double canaryShare = rollout.plan.canaryShare(step);
    double controlShare = rollout.plan.controlShare(step);
    if (controlShare == 0) {
      return new Replayed(new CanaryAnalysis(settings, votes), false);
    }
    try {
      VoteJournal.Content content =
          VoteJournal.read(
              files.readVotes(kept.salt(), step), step, progress.phaseNanos() + LATE_NANOS);
      if (kept.hasAllVotes() && content.size() >= kept.votes()) {
        long since = progress.phaseNanos();
        for (VoteRecord each : content.records()) {
          since = Math.max(since, each.sincePhaseNanos());
        }
        CanaryAnalysis analysis = new CanaryAnalysis(settings, votes);
        analysis.beginPhase(step, canaryShare, controlShare, timer.nanoTime() - since);
        content.records().forEach(analysis::replay);
        kept = kept.with(kept.owner(), kept.epoch(), progress, content.size(), true);
        return new Replayed(analysis, true);
      }
      LaneLoader.LOG.log(
          Level.WARNING,
          "{0}: not all votes of step {1} are there: the step is not tested any more",
          name,
          step + 1);
    } catch (IOException | RuntimeException e) {
      String what = name + ": the votes of step " + (step + 1) + " cannot be read: ";
      LaneLoader.LOG.log(Level.WARNING, what + "the step is not tested any more", e);
    }
    kept = kept.with(kept.owner(), kept.epoch(), progress, kept.votes(), false);
    return new Replayed(new CanaryAnalysis(settings, votes), false);
  }
}
