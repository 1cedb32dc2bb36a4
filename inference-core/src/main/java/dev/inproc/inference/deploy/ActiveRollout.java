package dev.inproc.inference.deploy;

import dev.inproc.inference.CallOptions;
import dev.inproc.inference.deploy.RolloutMetrics.RolloutAlarm;
import dev.inproc.inference.internal.concurrent.Timer;
import dev.inproc.inference.internal.rollout.Alarm;
import dev.inproc.inference.internal.rollout.AnalysisSettings;
import dev.inproc.inference.internal.rollout.CanaryAnalysis;
import dev.inproc.inference.internal.rollout.DistinctKeys;
import dev.inproc.inference.internal.rollout.Ending;
import dev.inproc.inference.internal.rollout.StepSchedule;
import dev.inproc.inference.internal.routing.SaltedHash;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/**
 * A rollout under way: its lanes, what it has counted, and how far it is. The commands' lock guards
 * what changes; calls only read the phase and tell the analysis how they ended.
 */
final class ActiveRollout<I, O> {
  final RolloutPlan<I, O> plan;
  final long salt;
  final Lane<I, O> stable;
  final Lane<I, O> canary;

  /** Null if nothing is compared. */
  final @Nullable Lane<I, O> control;

  /** What is tested; null for nothing. */
  final @Nullable AnalysisSettings settings;

  final DistinctKeys keys = new DistinctKeys();
  final RolloutLink<ActiveRollout<?, ?>> link = new RolloutLink<>(this);
  private final StepSchedule schedule;
  private final Timer timer;
  private final Runnable onAlarm;

  /** Null if nothing is compared, or another process does. */
  private volatile @Nullable CanaryAnalysis analysis;

  /** How many alarms have been acted on. */
  private volatile int handled;

  /** The step whose calls are compared now; -1 for none. */
  private volatile int phase = -1;

  // Guarded by the commands' lock.
  private RolloutState state = RolloutState.RUNNING;
  private String reason = "";
  private int step = -1;
  private long stepSince; // less the pauses since then
  private long pausedSince;
  private long phaseSince;
  private boolean isBaking;
  private long nanosAtEnd;
  private volatile boolean isOwner;
  private volatile boolean isKept;
  private int unwritten;
  private final List<RolloutAlarm> alarms = new ArrayList<>();

  /**
   * Creates one.
   *
   * @param onAlarm called after a call that raised an alarm, with no lock held
   */
  ActiveRollout(
      RolloutPlan<I, O> plan,
      long salt,
      Lane<I, O> stable,
      Lane<I, O> canary,
      @Nullable Lane<I, O> control,
      @Nullable AnalysisSettings settings,
      Timer timer,
      Runnable onAlarm) {
    this.plan = plan;
    this.salt = salt;
    this.stable = stable;
    this.canary = canary;
    this.control = control;
    this.settings = settings;
    this.timer = timer;
    this.onAlarm = onAlarm;
    schedule =
        new StepSchedule(
            plan.steps().stream()
                .map(s -> new StepSchedule.Step(s.share(), s.atLeast().toNanos(), s.atLeastKeys()))
                .toList());
  }

  RolloutState state() {
    return state;
  }

  int step() {
    return step;
  }

  String reason() {
    return reason;
  }

  boolean isLastStep() {
    return step == plan.steps().size() - 1;
  }

  /** Returns whether this process runs the rollout, and does not follow another. */
  boolean isOwner() {
    return isOwner;
  }

  /** Returns whether a repository keeps the rollout. */
  boolean isKept() {
    return isKept;
  }

  void kept(boolean is) {
    isKept = is;
  }

  @Nullable CanaryAnalysis analysis() {
    return analysis;
  }

  /** Begins a step. Returns how calls are divided from now on. */
  RolloutSplit<I, O> begin(int next) {
    long now = timer.nanoTime();
    step = next;
    stepSince = now;
    phaseSince = now;
    phase = -1;
    CanaryAnalysis tests = analysis;
    if (tests != null && isCompared(next)) {
      tests.beginPhase(next, plan.canaryShare(next), plan.controlShare(next), now);
      phase = next;
    }
    return split();
  }

  private boolean isCompared(int ofStep) {
    return control != null && plan.controlShare(ofStep) > 0;
  }

  /** Returns how calls are divided in this step. */
  private RolloutSplit<I, O> split() {
    Lane<I, O> compared = canary.as("canary");
    Lane<I, O> against = stable;
    Lane<I, O> beside = control;
    if (beside != null && isCompared(step)) {
      boolean isVoting = phase == step;
      against = isVoting ? beside.as("control", new Observer(step, false)) : beside.as("control");
      compared = isVoting ? canary.as("canary", new Observer(step, true)) : compared;
    }
    return new RolloutSplit<>(
        salt,
        plan.canaryShare(step),
        control == null ? 0 : plan.controlShare(step),
        compared,
        canary.as("canary"),
        against,
        stable,
        plan.canaryFor(),
        plan.stableFor(),
        keys::add);
  }

  // ---- with other processes ----

  /** Has this process run the rollout from its first step on. */
  void own(@Nullable CanaryAnalysis tests) {
    isOwner = true;
    analysis = tests;
  }

  /**
   * Has this process run the rollout from now on.
   *
   * @param tests what was replayed; null if nothing is tested
   * @param isVoting whether the present step is tested
   */
  RolloutSplit<I, O> own(@Nullable CanaryAnalysis tests, boolean isVoting) {
    own(tests);
    phase = isVoting ? step : -1;
    countHandled();
    return split();
  }

  /** Leaves the rollout to another process. */
  RolloutSplit<I, O> disown() {
    isOwner = false;
    analysis = null;
    phase = -1;
    return split();
  }

  /** Takes over how far another process has come. Returns how calls are divided. */
  RolloutSplit<I, O> adopt(RolloutProgress now) {
    adoptStep(now);
    state = now.state();
    reason = now.reason();
    return split();
  }

  /** Takes over all but whether it is paused. */
  void adoptStep(RolloutProgress now) {
    long nanos = timer.nanoTime();
    step = now.step();
    isBaking = now.isBaking();
    stepSince = nanos - now.stepNanos();
    phaseSince = nanos - now.phaseNanos();
    pausedSince = nanos;
    keys.merge(now.keys());
    alarms.clear();
    alarms.addAll(now.alarms());
    if (state == RolloutState.RUNNING && isBaking) {
      state = RolloutState.BAKING;
    }
  }

  RolloutProgress progress() {
    return new RolloutProgress(
        state,
        isBaking,
        reason,
        step,
        Math.max(0, nanosInStep()),
        timer.nanoTime() - phaseSince,
        keys.text(),
        List.copyOf(alarms));
  }

  /** Says that a command is to be written, or was. */
  void unwritten(int change) {
    unwritten += change;
  }

  /** Returns how many commands of this process are not in the file yet. */
  int unwritten() {
    return unwritten;
  }

  boolean isUnwritten() {
    return unwritten > 0;
  }

  /** Returns the alarms that nothing was done about yet. */
  List<Alarm> newAlarms() {
    CanaryAnalysis now = analysis;
    return now == null
        ? List.of()
        : now.alarms().stream()
            .filter(each -> alarms.stream().noneMatch(known -> isOf(known, each)))
            .toList();
  }

  private static boolean isOf(RolloutAlarm known, Alarm alarm) {
    return known.trigger().name().equals(alarm.kind().name()) && known.step() == alarm.phase() + 1;
  }

  void raised(RolloutAlarm alarm) {
    alarms.add(alarm);
    countHandled();
  }

  private void countHandled() {
    CanaryAnalysis tests = analysis;
    handled =
        tests == null
            ? 0
            : (int)
                tests.alarms().stream()
                    .filter(each -> alarms.stream().anyMatch(known -> isOf(known, each)))
                    .count();
  }

  List<RolloutAlarm> alarms() {
    return alarms;
  }

  /** Returns whether the present step is over, whatever the canary does. */
  boolean isStepOver() {
    return state == RolloutState.RUNNING && schedule.isOver(step, nanosInStep(), keys.estimate());
  }

  /** Returns whether the rollout has baked long enough. */
  boolean isBaked() {
    return state == RolloutState.BAKING && nanosInStep() >= plan.bake().toNanos();
  }

  long nanosInStep() {
    if (state.isTerminal()) {
      return nanosAtEnd;
    }
    long now = state == RolloutState.PAUSED ? pausedSince : timer.nanoTime();
    return now - stepSince;
  }

  void bake() {
    state = RolloutState.BAKING;
    isBaking = true;
    stepSince = timer.nanoTime();
  }

  void pause(String why) {
    state = RolloutState.PAUSED;
    reason = why;
    pausedSince = timer.nanoTime();
  }

  /** Goes on with the step, or with the bake, where it was paused. */
  void resume() {
    state = isBaking ? RolloutState.BAKING : RolloutState.RUNNING;
    reason = "";
    stepSince += timer.nanoTime() - pausedSince;
  }

  /** Nothing is compared any more. */
  void end(RolloutState terminal, String why) {
    nanosAtEnd = nanosInStep();
    state = terminal;
    reason = why;
    phase = -1;
  }

  /** Takes a mistake of a key that the application reports. */
  void label(String key) {
    CanaryAnalysis now = analysis;
    int current = phase;
    if (now == null || current < 0) {
      return;
    }
    long hash = SaltedHash.hash(salt, key);
    long canaryBound = SaltedHash.bound(plan.canaryShare(current));
    boolean isCanary = Long.compareUnsigned(hash, canaryBound) < 0;
    now.label(isCanary, true, hash, timer.nanoTime()); // which leaves out keys of neither lane
    if (now.alarms().size() > handled) {
      onAlarm.run();
    }
  }

  /** The lanes that are to be closed if the canary is given up, or with the deployment. */
  List<Lane<I, O>> lanes() {
    return control == null ? List.of(canary) : List.of(canary, control);
  }

  /** Tells the analysis of the calls of one lane in one step. */
  private final class Observer implements ObservedPredictor.Observer<O> {
    private final int ofPhase;
    private final boolean isCanary;

    Observer(int ofPhase, boolean isCanary) {
      this.ofPhase = ofPhase;
      this.isCanary = isCanary;
    }

    @Override
    public long nanoTime() {
      return timer.nanoTime();
    }

    /** A call that began in an earlier step was divided by other shares: it does not count. */
    @Override
    public void ended(
        CallOptions options, long start, @Nullable O output, @Nullable Throwable failure) {
      CanaryAnalysis now = analysis;
      if (now == null || phase != ofPhase) {
        return;
      }
      String key = options.affinityKey();
      long hash = key == null ? ThreadLocalRandom.current().nextLong() : SaltedHash.hash(salt, key);
      long end = timer.nanoTime();
      Ending ending = Endings.of(failure);
      ToDoubleFunction<? super O> score = plan.score();
      if (score == null || output == null) {
        Object run = Endings.run(failure);
        now.ended(isCanary, key != null, hash, ending, end, end - start, run);
      } else {
        scored(now, score, output, key != null, hash, end, end - start);
      }
      if (now.alarms().size() > handled) {
        onAlarm.run();
      }
    }

    private void scored(
        CanaryAnalysis now,
        ToDoubleFunction<? super O> score,
        O output,
        boolean isKeyed,
        long hash,
        long end,
        long took) {
      double value;
      try {
        value = score.applyAsDouble(output);
      } catch (Throwable e) { // the application's; the call is not to fail for it
        now.ended(isCanary, isKeyed, hash, Ending.ANSWERED, end, took, null);
        return;
      }
      now.ended(isCanary, isKeyed, hash, Ending.ANSWERED, end, took, value, null);
    }
  }
}
