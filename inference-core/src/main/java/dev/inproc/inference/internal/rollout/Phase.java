package dev.inproc.inference.internal.rollout;

import dev.inproc.inference.internal.rollout.KindTests.Crossing;
import dev.inproc.inference.internal.rollout.VoteRecord.Counts;
import dev.inproc.inference.internal.rollout.VoteRecord.Thresholds;
import dev.inproc.inference.internal.rollout.VoteRecord.Vote;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The tests of one phase, all begun with it. Which call is an incident and which incident a vote is
 * decided without a look at lanes: by time, by the key's earlier incidents, by thresholds from both
 * lanes' calls.
 */
final class Phase {
  /** Score windows come after that of the answers and the marks of slow calls. */
  private static final int ANSWER_WINDOW = SlowCalls.MARKS;

  private static final int SCORE_WINDOWS = ANSWER_WINDOW + 1;
  private static final int NO_NUMBER = 0; // the test of scores that are no number
  private static final int RESTARTS_PER_SAMPLE = 120; // an hour
  private static final double GROSS = 1; // twice as many, or half

  /** Where alarms go. */
  interface Alarms {
    void raise(Alarm alarm);
  }

  private final AnalysisSettings settings;
  private final int number;
  private final ComparedKeys compared;
  private final long startNanos;
  private final ReentrantLock lock;
  private final VoteSink sink;
  private final Alarms alarms;
  private final LongAdder canaryCalls = new LongAdder();
  private final LongAdder canaryErrors = new LongAdder();
  private final LongAdder controlCalls = new LongAdder();
  private final LongAdder controlErrors = new LongAdder();
  private final Windows windows = new Windows(SCORE_WINDOWS + ScoreBins.MOST);
  private final boolean hasLatency;
  private final boolean hasAnswers;
  private final boolean hasScores;

  // Under the lock.
  private final Map<TriggerKind, KindTests> tests = new EnumMap<>(TriggerKind.class);
  private final SeenRuns runs = new SeenRuns();
  private final int[] after = new int[1];
  private LaneCounts earlier = LaneCounts.ZERO; // of the process before
  private int restart = -1;
  private @Nullable Sample durations;
  private @Nullable Sample scores;

  // Read without the lock.
  private volatile long nextRestart;
  private volatile boolean takesDurations;
  private volatile boolean takesScores;
  private volatile @Nullable SlowCalls slowCalls;
  private volatile @Nullable ScoreBins scoreBins;

  Phase(
      AnalysisSettings settings,
      int number,
      ComparedKeys compared,
      long startNanos,
      ReentrantLock lock,
      VoteSink sink,
      Alarms alarms) {
    this.settings = settings;
    this.number = number;
    this.startNanos = startNanos;
    this.lock = lock;
    this.sink = sink;
    this.alarms = alarms;
    this.compared = compared;
    if (compared.hasAny()) {
      settings.kinds().forEach(kind -> tests.put(kind, testsOf(kind)));
    }
    hasLatency = tests.containsKey(TriggerKind.LATENCY);
    hasAnswers = tests.containsKey(TriggerKind.ANSWERS);
    hasScores = tests.containsKey(TriggerKind.PREDICTIONS);
    begin(0);
  }

  private KindTests testsOf(TriggerKind kind) {
    double alpha = settings.alphaOf(kind);
    double margin = settings.margin();
    KindTests added =
        new KindTests(
            kind == TriggerKind.ERRORS ? this::isAboveFloor : RestartedTest.Floor.NONE,
            KindTests.MOST_KEYS);
    switch (kind) {
      case ERRORS, LABELS -> added.add(0, margin, alpha, false, Bets.PLAIN);
      case LATENCY -> added.add(0, margin, alpha, false, SlowCalls.RATIOS);
      case ANSWERS -> added.add(0, GROSS, alpha, true, Bets.PLAIN);
      case PREDICTIONS -> {
        added.add(NO_NUMBER, margin, alpha / 4, false, Bets.PLAIN);
        double part = alpha * 3 / 4 / (2 * ScoreBins.MOST);
        for (int bin = 0; bin < ScoreBins.MOST; bin++) {
          added.add(1 + bin, GROSS, part, false, Bets.PLAIN);
          added.add(1 + bin, GROSS, part, true, Bets.PLAIN);
        }
      }
    }
    return added;
  }

  private boolean isAboveFloor(RestartedTest.Evidence evidence) {
    LaneCounts now = counts();
    double floor =
        ErrorFloor.evidence(
            now.canaryCalls() - evidence.before.canaryCalls(),
            now.canaryErrors() - evidence.before.canaryErrors());
    return floor >= 1 / settings.alpha();
  }

  private long since(long nanos) {
    return Math.max(0, nanos - startNanos);
  }

  void ended(
      boolean isCanary,
      boolean isKeyed,
      long keyHash,
      Ending ending,
      long endNanos,
      long tookNanos,
      boolean hasScore,
      double score,
      @Nullable Object run) {
    long since = since(endNanos);
    if (since >= nextRestart) {
      beginRestart(since);
    }
    boolean isCompared = compared.has(isCanary, isKeyed, keyHash);
    if (isCompared
        && hasAnswers
        && ending == Ending.ANSWERED
        && windows.claim(ANSWER_WINDOW, since)) {
      incident(TriggerKind.ANSWERS, 0, 0, isCanary, isKeyed, keyHash, since, null);
    }
    if (ending == Ending.OVERLOADED || ending == Ending.INVALID) {
      return;
    }
    (isCanary ? canaryCalls : controlCalls).increment();
    if (ending == Ending.FAILED) {
      (isCanary ? canaryErrors : controlErrors).increment();
    }
    if (!isCompared) {
      return;
    }
    if (ending == Ending.FAILED) {
      incident(TriggerKind.ERRORS, 0, 0, isCanary, isKeyed, keyHash, since, run);
    }
    if (hasLatency) {
      duration(isCanary, isKeyed, keyHash, since, endNanos, tookNanos);
    }
    if (hasScores && hasScore && ending == Ending.ANSWERED) {
      score(isCanary, isKeyed, keyHash, since, score);
    }
  }

  private void duration(
      boolean isCanary, boolean isKeyed, long keyHash, long since, long endNanos, long tookNanos) {
    SlowCalls slow = slowCalls;
    int mark = slow == null ? -1 : slow.mark(tookNanos, keyHash, endNanos);
    if (mark >= 0 && windows.claim(mark, since)) {
      incident(TriggerKind.LATENCY, 0, mark, isCanary, isKeyed, keyHash, since, null);
    }
    if (takesDurations) {
      sampleDuration(SlowCalls.ordered(tookNanos, keyHash, endNanos), since);
    }
  }

  private void score(boolean isCanary, boolean isKeyed, long keyHash, long since, double score) {
    if (!Double.isFinite(score)) {
      incident(TriggerKind.PREDICTIONS, NO_NUMBER, 0, isCanary, isKeyed, keyHash, since, null);
      return;
    }
    ScoreBins bins = scoreBins;
    if (bins != null) {
      int bin = bins.bin(score);
      if (windows.claim(SCORE_WINDOWS + bin, since)) {
        incident(TriggerKind.PREDICTIONS, 1 + bin, 0, isCanary, isKeyed, keyHash, since, null);
      }
    }
    if (takesScores) {
      sampleScore(score, since);
    }
  }

  void label(boolean isCanary, boolean isKeyed, long keyHash, long nowNanos) {
    if (compared.has(isCanary, isKeyed, keyHash)) {
      incident(TriggerKind.LABELS, 0, 0, isCanary, isKeyed, keyHash, since(nowNanos), null);
    }
  }

  private void incident(
      TriggerKind kind,
      int which,
      int mark,
      boolean isCanary,
      boolean isKeyed,
      long keyHash,
      long since,
      @Nullable Object run) {
    KindTests kindTests = tests.get(kind);
    if (kindTests == null) {
      return;
    }
    lock.lock();
    try {
      begin(Restarts.at(since));
      boolean isFirst = run == null || runs.add(run);
      if (isFirst && kindTests.hasVote(which, isKeyed, keyHash, after)) {
        sink.accept(new Vote(number, since, kind, which, mark, isCanary, isKeyed, keyHash));
        cast(kind, kindTests.vote(which, mark, isCanary, after[0]), since);
      }
    } finally {
      lock.unlock();
    }
  }

  private void cast(TriggerKind kind, @Nullable Crossing crossing, long since) {
    if (crossing == null) {
      return;
    }
    RestartedTest.Evidence evidence = crossing.evidence();
    alarms.raise(
        new Alarm(
            kind,
            what(kind, crossing),
            evidence.value(),
            evidence.threshold,
            evidence.canaryVotes,
            evidence.controlVotes,
            number,
            crossing.test().ratioLowerBound(evidence),
            since));
  }

  private String what(TriggerKind kind, Crossing crossing) {
    return switch (kind) {
      case ERRORS -> "errors";
      case LATENCY -> "slow calls";
      case ANSWERS -> "too few answers";
      case LABELS -> "labels";
      case PREDICTIONS -> {
        ScoreBins bins = scoreBins;
        if (crossing.which() == NO_NUMBER || bins == null) {
          yield "scores that are no number";
        }
        yield (crossing.isMirrored() ? "too few " : "too many ") + bins.name(crossing.which() - 1);
      }
    };
  }

  private void beginRestart(long since) {
    lock.lock();
    try {
      begin(Restarts.at(since));
    } finally {
      lock.unlock();
    }
  }

  /** Begins the restarts up to one. */
  private void begin(int newest) {
    if (newest <= restart) {
      return;
    }
    boolean isNewHour = restart < 0 || newest / RESTARTS_PER_SAMPLE > restart / RESTARTS_PER_SAMPLE;
    restart = newest;
    nextRestart = (newest + 1L) * Restarts.NANOS;
    LaneCounts counts = counts();
    tests.values().forEach(each -> each.advance(newest, counts));
    if (newest > 0) {
      sink.accept(record(newest * Restarts.NANOS, counts));
    }
    if (isNewHour) {
      durations = hasLatency ? new Sample() : null;
      scores = hasScores ? new Sample() : null;
      takesDurations = hasLatency;
      takesScores = hasScores;
    }
  }

  private Counts record(long since, LaneCounts counts) {
    return new Counts(
        number,
        since,
        counts.canaryCalls(),
        counts.canaryErrors(),
        counts.controlCalls(),
        counts.controlErrors());
  }

  private void sampleDuration(long ordered, long since) {
    lock.lock();
    try {
      if (durations != null && durations.add((double) ordered)) {
        SlowCalls fixed = SlowCalls.of(durations);
        slowCalls = fixed;
        durations = null;
        takesDurations = false;
        sink.accept(new Thresholds(number, since, TriggerKind.LATENCY, fixed.values()));
      }
    } finally {
      lock.unlock();
    }
  }

  private void sampleScore(double score, long since) {
    lock.lock();
    try {
      if (scores != null && scores.add(score)) {
        ScoreBins fixed = ScoreBins.of(scores);
        scoreBins = fixed;
        scores = null;
        takesScores = false;
        sink.accept(new Thresholds(number, since, TriggerKind.PREDICTIONS, fixed.edges()));
      }
    } finally {
      lock.unlock();
    }
  }

  /** Tells the sink how many calls there were until now. Under the lock. */
  void checkpoint(long nowNanos) {
    long since = since(nowNanos);
    begin(Restarts.at(since));
    sink.accept(record(since, counts()));
  }

  void replay(VoteRecord record) {
    if (record instanceof Counts counts) {
      earlier =
          new LaneCounts(
              counts.canaryCalls(),
              counts.canaryErrors(),
              counts.controlCalls(),
              counts.controlErrors());
    }
    begin(Restarts.at(record.sincePhaseNanos()));
    if (record instanceof Vote vote) {
      KindTests kindTests = tests.get(vote.kind());
      if (kindTests != null
          && kindTests.hasVote(vote.test(), vote.isKeyed(), vote.keyHash(), after)) {
        Crossing crossing = kindTests.vote(vote.test(), vote.mark(), vote.isCanary(), after[0]);
        cast(vote.kind(), crossing, vote.sincePhaseNanos());
      }
    } else if (record instanceof Thresholds thresholds) {
      if (thresholds.kind() == TriggerKind.LATENCY) {
        slowCalls = SlowCalls.of(thresholds.values());
        durations = null;
        takesDurations = false;
      } else {
        scoreBins = ScoreBins.of(thresholds.values());
        scores = null;
        takesScores = false;
      }
    }
  }

  private LaneCounts counts() {
    return earlier.plus(
        new LaneCounts(
            canaryCalls.sum(), canaryErrors.sum(), controlCalls.sum(), controlErrors.sum()));
  }

  int number() {
    return number;
  }

  AnalysisSnapshot snapshot() {
    List<KindSnapshot> kinds = new ArrayList<>();
    tests.forEach((kind, each) -> kinds.add(each.snapshot(kind, thresholds(kind))));
    LaneCounts counts = counts();
    return new AnalysisSnapshot(
        number,
        counts.canaryCalls(),
        counts.canaryErrors(),
        counts.controlCalls(),
        counts.controlErrors(),
        List.copyOf(kinds),
        kinds.stream().mapToLong(KindSnapshot::bytes).sum());
  }

  private List<Double> thresholds(TriggerKind kind) {
    List<Double> values = new ArrayList<>();
    SlowCalls slow = slowCalls;
    ScoreBins bins = scoreBins;
    if (kind == TriggerKind.LATENCY && slow != null) {
      for (int mark = 0; mark < SlowCalls.MARKS; mark++) {
        values.add(slow.nanos(mark));
      }
    } else if (kind == TriggerKind.PREDICTIONS && bins != null) {
      for (double edge : bins.edges()) {
        values.add(edge);
      }
    }
    return List.copyOf(values);
  }
}
