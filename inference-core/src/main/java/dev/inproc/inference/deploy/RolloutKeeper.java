package dev.inproc.inference.deploy;

import dev.inproc.inference.internal.concurrent.ServingThreads;
import dev.inproc.inference.internal.concurrent.Timer;
import dev.inproc.inference.internal.files.FileOperations;
import dev.inproc.inference.internal.files.ProcessLock;
import dev.inproc.inference.model.ModelRepository;
import dev.inproc.inference.model.ModelVersion;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the rollout of a deployment in its repository, so that several processes take part in one,
 * and a later start goes on with it. One process at a time owns a rollout: it compares, steps, and
 * writes each second. The others read the file every five seconds, and do what it says. A process
 * whose user commands takes the rollout over, as does one that sees no sign of the owner for 15
 * seconds. Each such change has a new epoch, and each write compares epochs under a lock of the
 * file: an owner that was overtaken without noticing becomes a follower.
 *
 * <p>All fields but the volatile ones belong to the serial tasks. No lock of the deployment is held
 * where files are touched.
 */
final class RolloutKeeper<I, O> implements RolloutStore<I, O> {
  static final long BEAT_NANOS = TimeUnit.SECONDS.toNanos(1);
  static final long POLL_NANOS = TimeUnit.SECONDS.toNanos(5);
  static final long DEAD_NANOS = TimeUnit.SECONDS.toNanos(15);
  private static final long CLOSING_SECONDS = 5;
  private static final AtomicLong NUMBERS = new AtomicLong();

  private final String name;
  private final String owner =
      ProcessHandle.current().pid()
          + "-"
          + NUMBERS.incrementAndGet()
          + "-"
          + Long.toHexString(Salts.next());
  private final RolloutFiles files;
  private final ModelRepository repository;
  private final @Nullable String label;
  private final ServingThreads threads;
  private final Decisions decisions;
  private final Rollouts<I, O> rollouts;
  private final VersionSwitcher<I, O> switcher;
  private final RolloutJoiner<I, O> joiner;
  private final SerialTasks tasks;
  private final AtomicBoolean isTurnDue = new AtomicBoolean();

  private @Nullable OwnedRollout owned;
  private @Nullable RolloutEnd<I, O> end; // that could not be written yet
  private @Nullable KeptRollout seen;
  private FileOperations.@Nullable Stat seenStat;
  private long seenAt;
  private boolean isWarned;

  private volatile boolean isBusy;
  private volatile boolean isClosed;
  private volatile @Nullable KeptRollout live;
  private Timer.@Nullable Scheduled next; // guarded by isTurnDue

  RolloutKeeper(
      String name,
      RolloutFiles files,
      ModelRepository repository,
      @Nullable String label,
      ServingThreads threads,
      Decisions decisions,
      Rollouts<I, O> rollouts,
      VersionSwitcher<I, O> switcher,
      RolloutJoiner<I, O> joiner) {
    this.name = name;
    this.files = files;
    this.repository = repository;
    this.label = label;
    this.threads = threads;
    this.decisions = decisions;
    this.rollouts = rollouts;
    this.switcher = switcher;
    this.joiner = joiner;
    tasks = new SerialTasks(threads.workers());
  }

  void start() {
    tasks.add(this::turn);
    schedule();
  }

  /** Writes what is to be written, and leaves the rollout to others. Waits for that a little. */
  void close() {
    CompletableFuture<Void> done = new CompletableFuture<>();
    isClosed = true;
    synchronized (isTurnDue) {
      if (next != null) {
        next.cancel();
      }
    }
    tasks.add(
        () -> {
          release();
          done.complete(null);
        });
    try {
      done.get(CLOSING_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException | TimeoutException e) {
      // others take the rollout over all the same, a little later
    }
  }

  // ---- turns ----

  private void schedule() {
    synchronized (isTurnDue) {
      if (isClosed) {
        return;
      }
      if (next != null) {
        next.cancel();
      }
      try {
        next = threads.timer().schedule(this::onTimer, isBusy ? BEAT_NANOS : POLL_NANOS);
      } catch (RejectedExecutionException e) {
        // the runtime is closed: calls and commands go on
      }
    }
  }

  private void onTimer() {
    schedule();
    writeSoon();
  }

  @Override
  public void writeSoon() {
    if (isTurnDue.compareAndSet(false, true)) {
      tasks.add(
          () -> {
            isTurnDue.set(false);
            turn();
          });
    }
  }

  /** Completes once all that is due is done; for tests. */
  CompletableFuture<Void> settled() {
    CompletableFuture<Void> done = new CompletableFuture<>();
    tasks.add(() -> done.complete(null));
    return done;
  }

  private void turn() {
    if (isClosed) {
      return;
    }
    try {
      RolloutEnd<I, O> unwritten = end;
      if (unwritten != null) {
        writeEnd(unwritten);
      }
      if (owned != null) {
        beat(owned);
      } else {
        poll();
      }
      isWarned = false;
    } catch (IOException | RuntimeException e) {
      warn("Cannot keep a rollout", e);
    }
    setBusy();
  }

  private void setBusy() {
    boolean is = owned != null || end != null;
    if (is != isBusy) {
      isBusy = is;
      schedule();
    }
  }

  private void warn(String what, Exception e) {
    if (!isWarned) {
      isWarned = true;
      LaneLoader.LOG.log(
          Level.WARNING, "{0}: {1} in {2}: {3}", name, what, repository, e.toString());
    }
  }

  // ---- what the file says ----

  @Override
  public @Nullable KeptRollout live() {
    return live;
  }

  /** Returns whether a rollout is in the file. */
  boolean keeps(ActiveRollout<I, O> rollout) {
    KeptRollout now = live;
    return now != null && now.salt() == rollout.salt;
  }

  private void see(@Nullable KeptRollout file) {
    KeptRollout before = seen;
    if (file == null || before == null || !file.standsStillSince(before)) {
      seenAt = threads.timer().nanoTime();
    }
    seen = file;
    boolean isEnding = end != null && file != null && end.kept.salt() == file.salt();
    live = file == null || !file.isLive() || isEnding ? null : file;
  }

  private void poll() throws IOException {
    ActiveRollout<I, O> active = rollouts.current().orElse(null);
    FileOperations.Stat stat = files.stat();
    if (stat == null || !stat.equals(seenStat)) {
      KeptRollout file = files.read();
      seenStat = stat;
      if (file == null && active != null && keeps(active)) {
        return; // it vanished: what is known stays
      }
      see(file);
    }
    KeptRollout file = seen;
    if (active != null && active.isOwner() && !active.isKept()) {
      return;
    }
    if (active != null && (file == null || file.salt() != active.salt || !file.isLive())) {
      boolean isPromoted =
          file != null
              && (file.salt() == active.salt
                  ? file.progress().state() == RolloutState.PROMOTED
                  : file.stable() == active.canary.version.version());
      rollouts.adoptEnd(active, isPromoted, file == null ? "" : file.progress().reason());
      return;
    }
    if (file == null || live == null) {
      joiner.leave(file);
    } else if (active == null) {
      if (isServing(file.canary()) && isLabelled(file)) {
        endAsPromoted(file);
      } else {
        joiner.join(file);
      }
    } else {
      follow(active, file);
    }
  }

  private void follow(ActiveRollout<I, O> active, KeptRollout file) throws IOException {
    if (rollouts.unwritten(active) > 0) {
      writeNow(active);
      return;
    }
    rollouts.adopt(active, file.progress());
    boolean isDead = threads.timer().nanoTime() - seenAt >= DEAD_NANOS;
    if (file.owner().isEmpty() || isDead) {
      takeOver(active, file);
    }
  }

  private boolean isServing(long version) {
    return switcher.serving().version() == version;
  }

  /** Returns whether the canary has the label: its promotion was not written to the end. */
  private boolean isLabelled(KeptRollout file) {
    Long labelled = label == null ? null : repository.labels(name).get(label);
    return labelled != null && labelled == file.canary();
  }

  // ---- owning ----

  @Override
  public RolloutBeginning begin(KeptPlan plan, ModelVersion canary, ModelVersion stable) {
    if (canary.manifest().files().isEmpty() || stable.manifest().files().isEmpty()) {
      LaneLoader.LOG.log(
          Level.INFO,
          "{0}: the rollout of {1} is kept in memory alone: it or {2} is in no repository",
          name,
          canary,
          stable);
      return RolloutBeginning.inMemory();
    }
    CompletableFuture<RolloutBeginning> done = new CompletableFuture<>();
    tasks.add(
        () -> {
          try {
            done.complete(beginNow(plan, canary, stable));
          } catch (RuntimeException | Error e) {
            done.completeExceptionally(e);
          }
        });
    try {
      return done.join();
    } catch (CompletionException e) {
      throw e.getCause() instanceof RuntimeException own ? own : e;
    }
  }

  @SuppressWarnings("try") // the lock is held, and not used
  private RolloutBeginning beginNow(KeptPlan plan, ModelVersion canary, ModelVersion stable) {
    try (ProcessLock held = files.lock()) {
      KeptRollout file = files.read();
      RolloutEnd<I, O> unwritten = end;
      boolean isEnded =
          file != null
              && (!file.isLive()
                  || (unwritten != null && unwritten.kept.salt() == file.salt())
                  || (isServing(file.canary()) && isLabelled(file)));
      if (file != null && !isEnded) {
        throw new IllegalStateException(
            name
                + ": expected no rollout under way, got that of "
                + name
                + "@"
                + file.canary()
                + ", which "
                + (file.owner().isEmpty() ? "no process" : "process " + file.owner())
                + " runs: promote it or roll it back first");
      }
      long epoch = 1 + Math.max(epoch(file), epoch(seen));
      KeptRollout kept = KeptRollout.begin(owner, epoch, canary, stable, plan);
      files.write(kept);
      files.deleteOldVotes(kept.salt());
      end = null;
      owned = new OwnedRollout(kept, new VoteBuffer());
      see(kept);
      setBusy();
      return new RolloutBeginning(kept.salt(), owned.votes, kept);
    } catch (IOException e) {
      warn("The rollout of " + canary + " is kept in memory alone: it cannot be written", e);
      return RolloutBeginning.inMemory();
    }
  }

  private static long epoch(@Nullable KeptRollout kept) {
    return kept == null ? 0 : kept.epoch();
  }

  @Override
  public void write(ActiveRollout<I, O> rollout) {
    tasks.add(
        () -> {
          if (isClosed) {
            return; // another process takes over
          }
          try {
            writeNow(rollout);
          } catch (IOException | RuntimeException e) {
            warn("Cannot write a command", e); // the next turn tries again
          }
          setBusy();
        });
  }

  private void writeNow(ActiveRollout<I, O> rollout) throws IOException {
    OwnedRollout mine = owned;
    if (mine != null && mine.kept.salt() == rollout.salt) {
      beat(mine);
    }
    if (owned != null || rollouts.unwritten(rollout) == 0) {
      return;
    }
    KeptRollout known = seen;
    if (known != null && known.salt() == rollout.salt) {
      take(rollout, null);
    }
  }

  /** Writes what has changed, or learns that another process owns the rollout now. */
  @SuppressWarnings("try") // the lock is held, and not used
  private void beat(OwnedRollout mine) throws IOException {
    long salt = mine.kept.salt();
    ActiveRollout<I, O> active = rollouts.current().filter(each -> each.salt == salt).orElse(null);
    if (active != null) {
      mine.begun();
    } else if (mine.hasBegun()) {
      return; // its end is on its way
    }
    try (ProcessLock held = files.lock()) {
      KeptRollout file = files.read();
      if (file != null && !(file.salt() == mine.kept.salt() && file.isOf(owner, mine.epoch()))) {
        LaneLoader.LOG.log(Level.INFO, "{0}: another process has taken over the {1}", name, file);
        owned = null;
        see(file);
        if (active != null && file.isLive() && file.salt() == mine.kept.salt()) {
          rollouts.adopt(active, file.progress());
        } else if (active != null) {
          boolean isPromoted = file.progress().state() == RolloutState.PROMOTED;
          rollouts.adoptEnd(active, isPromoted, file.progress().reason());
        }
        return;
      }
      if (active != null) {
        int commands = rollouts.unwritten(active);
        mine.write(files, name, active, () -> rollouts.progress(active), threads.timer());
        rollouts.written(active, commands);
      } else {
        mine.write(files);
      }
      see(mine.kept);
    }
  }

  private void takeOver(ActiveRollout<I, O> active, KeptRollout known) throws IOException {
    if (isLabelled(known)) { // its owner ended between the label and this file
      promoteAsLabelled(active, known);
      return;
    }
    take(active, known);
  }

  private void promoteAsLabelled(ActiveRollout<I, O> active, KeptRollout known) {
    rollouts.adoptEnd(active, true, "its label was moved");
    endAsPromoted(known);
  }

  /**
   * Becomes the owner.
   *
   * @param known takes over only if nobody has written since; null for a command, which decides
   */
  @SuppressWarnings("try") // the lock is held, and not used
  private void take(ActiveRollout<I, O> active, @Nullable KeptRollout known) throws IOException {
    OwnedRollout mine;
    try (ProcessLock held = files.lock()) {
      KeptRollout file = files.read();
      if (file == null) {
        return;
      }
      if (file.salt() != active.salt || !file.isLive()) {
        see(file);
        boolean isPromoted = file.progress().state() == RolloutState.PROMOTED;
        rollouts.adoptEnd(active, isPromoted, file.progress().reason());
        return;
      }
      if (known != null && !file.standsStillSince(known)) {
        see(file);
        return;
      }
      String pause =
          known == null
              ? null
              : file.owner().isEmpty()
                  ? "the process that ran the rollout has left it"
                  : "the process that ran the rollout has ended";
      int commands = rollouts.unwritten(active);
      RolloutProgress progress =
          pause == null ? rollouts.take(active, file.progress()) : file.progress().paused(pause);
      if (progress == null) {
        return; // it has ended here: that is on its way
      }
      mine = new OwnedRollout(file.with(owner, file.epoch() + 1, progress), new VoteBuffer());
      files.write(mine.kept);
      owned = mine;
      see(mine.kept);
      if (pause == null) {
        rollouts.written(active, commands);
      } else {
        rollouts.adopt(active, progress);
      }
    }
    LaneLoader.LOG.log(Level.INFO, "{0}: this process runs the {1} now", name, mine.kept);
    OwnedRollout.Replayed replayed = mine.replay(files, name, active, threads.timer());
    rollouts.own(active, replayed.analysis(), replayed.isVoting());
    setBusy();
  }

  /** Has another process take the rollout over. */
  @SuppressWarnings("try") // the lock is held, and not used
  private void release() {
    OwnedRollout mine = owned;
    if (mine == null) {
      return;
    }
    try {
      beat(mine);
      if (owned == mine && mine.hasBegun()) {
        try (ProcessLock held = files.lock()) {
          KeptRollout file = files.read();
          if (file == null || file.isOf(owner, mine.epoch())) {
            files.write(mine.kept.with("", mine.epoch(), mine.kept.progress()));
          }
        }
      }
    } catch (IOException | RuntimeException e) {
      warn("Cannot leave a rollout to others", e);
    }
    owned = null;
  }

  // ---- ends ----

  @Override
  public CompletableFuture<Void> end(
      ActiveRollout<I, O> rollout, String why, long command, boolean mustOwn) {
    KeptRollout known = live;
    if (known == null) {
      return CompletableFuture.completedFuture(null); // it has ended in the file
    }
    return end(new RolloutEnd<>(known, rollout.progress(), command, mustOwn, rollout));
  }

  @Override
  public CompletableFuture<Void> end(KeptRollout known, RolloutState state, String why) {
    return end(new RolloutEnd<>(known, known.progress().ended(state, why), -1, false, null));
  }

  private CompletableFuture<Void> end(RolloutEnd<I, O> ending) {
    live = null; // at once, so that it is not ended twice
    tasks.add(
        () -> {
          end = ending;
          try {
            writeEnd(ending);
          } catch (IOException | RuntimeException e) {
            warn("Cannot write the end of a rollout", e); // the next turn tries again
            ending.durable.completeExceptionally(e);
          }
          setBusy();
        });
    return ending.durable;
  }

  private void endAsPromoted(KeptRollout file) {
    var unused = end(file, RolloutState.PROMOTED, "its label was moved");
  }

  @SuppressWarnings("try") // the lock is held, and not used
  private void writeEnd(RolloutEnd<I, O> ending) throws IOException {
    boolean isPromoted = ending.progress.state() == RolloutState.PROMOTED;
    try (ProcessLock held = files.lock()) {
      KeptRollout file = files.read();
      KeptRollout base = file == null ? ending.kept : file;
      boolean isOurs = base.salt() == ending.kept.salt();
      boolean isFenced = ending.mustOwn && !base.owner().equals(owner);
      if (isOurs && base.isLive() && !isFenced) {
        ModelVersion canary = ending.canary();
        if (isPromoted && canary != null && !isLabelled(base)) {
          ending.recordLabel(decisions, canary);
        }
        long epoch = base.isOf(owner, base.epoch()) ? base.epoch() : base.epoch() + 1;
        base = base.with(owner, epoch, ending.progress);
        files.write(base);
      }
      forget(ending);
      see(base);
      boolean isSame = !isOurs || base.progress().state() == ending.progress.state();
      if (isSame) {
        ending.durable.complete(null);
      } else {
        String message =
            name + ": another process has decided otherwise: " + base + " says so already";
        ending.durable.completeExceptionally(new IllegalStateException(message));
        converge(ending, base.progress().state() == RolloutState.PROMOTED);
      }
    }
  }

  private void forget(RolloutEnd<I, O> ending) {
    end = null;
    if (owned != null && owned.kept.salt() == ending.kept.salt()) {
      owned = null;
    }
  }

  /** Serves what the other process has decided, unless a later command came here. */
  private void converge(RolloutEnd<I, O> ending, boolean isPromoted) {
    ActiveRollout<I, O> rollout = ending.rollout;
    if (rollout != null && switcher.commands() == ending.command) {
      joiner.serve(isPromoted ? rollout.canary.version : rollout.stable.version);
    }
  }
}
