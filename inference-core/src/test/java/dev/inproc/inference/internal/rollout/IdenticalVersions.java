package dev.inproc.inference.internal.rollout;

import dev.inproc.inference.internal.routing.SaltedHash;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A rollout of a version that equals the stable one, from the first step to the last, through the
 * schedule and the analysis of production. Each rollout draws a new place in the range for each
 * key, as a new salt does.
 */
final class IdenticalVersions {
  /** What traffic the rollout gets. */
  enum Traffic {
    /** Calls without keys; each fails or is slow by itself. */
    INDEPENDENT,
    /** Few users make most of the calls; those of some fail most of the time. */
    CLUSTERED_USERS,
    /** Load, errors and durations follow the time of day, over a day or four. */
    DAILY_WAVES,
    /** Now and then half of all calls fail for some seconds. */
    ERROR_BURSTS,
    /** Calls of a lane run in batches of unequal sizes, and fail together. */
    FAILED_RUNS,
    /** Now and then every call takes long for some time. */
    STALLS,
    /** A key's first call in a lane misses the lane's cache: it is slow, and may fail. */
    COLD_CACHE,
    /** Eight steps from 1 % up, with clustered users. */
    RAMP
  }

  /** How a rollout ended. */
  record Outcome(@Nullable Alarm alarm, boolean isPromoted) {}

  private static final double SECOND = 1e9;
  private static final double[] STEPS = {0.1, 0.3, 0.5, 0.8};
  private static final double[] RAMP_STEPS = {0.01, 0.02, 0.05, 0.1, 0.2, 0.4, 0.7, 0.9};

  private final Traffic traffic;
  private final Random random;
  private final int calls;
  private final int users;
  private final long[] places;
  private final double[] errorRates;
  private final double[] speeds;
  private final double callsPerSecond;
  private final Set<Integer> seenByCanary = new HashSet<>();
  private final Set<Integer> seenByControl = new HashSet<>();
  private final Run canaryRun = new Run();
  private final Run controlRun = new Run();

  /** A batch that is being filled. */
  private static final class Run {
    double until;
    int room;
    boolean fails;
    Object identity = new Object();
  }

  /**
   * Makes one.
   *
   * @param calls of all lanes, over all steps
   */
  IdenticalVersions(Traffic traffic, Random random, int calls) {
    this.traffic = traffic;
    this.random = random;
    this.calls = calls;
    users = traffic == Traffic.INDEPENDENT ? 0 : traffic == Traffic.COLD_CACHE ? calls / 4 : 500;
    places = random.longs(users).toArray();
    errorRates = new double[users];
    speeds = new double[users];
    boolean isClustered = traffic == Traffic.CLUSTERED_USERS || traffic == Traffic.RAMP;
    for (int user = 0; user < users; user++) {
      errorRates[user] = isClustered ? (random.nextInt(20) == 0 ? 0.8 : 0.005) : 0.03;
      speeds[user] = Math.exp(random.nextGaussian() * (isClustered ? 1 : 0.2));
    }
    callsPerSecond =
        traffic == Traffic.DAILY_WAVES ? calls / (calls < 5_000 ? 86_400.0 : 345_600.0) : 50;
  }

  Outcome run() {
    double[] widths = traffic == Traffic.RAMP ? RAMP_STEPS : STEPS;
    double secondsOfStep = 0.8 * calls / callsPerSecond / widths.length;
    List<StepSchedule.Step> steps =
        Arrays.stream(widths)
            .mapToObj(width -> new StepSchedule.Step(width, (long) (secondsOfStep * SECOND), 1))
            .toList();
    StepSchedule schedule = new StepSchedule(steps);
    CanaryAnalysis analysis =
        new CanaryAnalysis(new AnalysisSettings(0.01, 0, kinds(), widths.length));
    DistinctKeys distinct = new DistinctKeys();
    int step = -1;
    double begun = 0;
    double now = 0;
    double burstUntil = 0;
    double stallUntil = 0;
    for (int call = 0; analysis.alarm() == null; call++) {
      if (step < 0 || (call % 64 == 0 && isOver(schedule, step, now - begun, distinct))) {
        if (++step == widths.length) {
          return new Outcome(null, true);
        }
        begun = now;
        double width = widths[step];
        analysis.beginPhase(step, width, Math.min(width, 1 - width), (long) (now * SECOND));
      }
      double wave =
          traffic == Traffic.DAILY_WAVES ? 1 + 0.9 * Math.sin(now / 86_400 * 2 * Math.PI) : 1;
      now += -Math.log(1 - random.nextDouble()) / (callsPerSecond * wave);
      if (random.nextInt(1_500) == 0) {
        burstUntil = now + 3;
      }
      if (random.nextInt(500) == 0) {
        stallUntil = now + 0.5;
      }
      int user = users == 0 ? -1 : user();
      long place = user < 0 ? random.nextLong() : places[user];
      distinct.add(place);
      boolean isCanary = isBelow(place, widths[step]);
      if (!isCanary && isBelow(place, 1 - Math.min(widths[step], 1 - widths[step]))) {
        continue;
      }
      long hash = user < 0 ? random.nextLong() : place;
      call(analysis, isCanary, user, hash, now, wave, now < burstUntil, now < stallUntil);
    }
    return new Outcome(analysis.alarm(), false);
  }

  private static boolean isBelow(long place, double share) {
    return Long.compareUnsigned(place, SaltedHash.bound(share)) < 0;
  }

  private static boolean isOver(
      StepSchedule schedule, int step, double secondsInStep, DistinctKeys keys) {
    return schedule.isOver(step, (long) (secondsInStep * SECOND), keys.estimate());
  }

  /** Scores have many tests, which would cost the thousands of restarts of a day seconds. */
  private Set<TriggerKind> kinds() {
    return traffic == Traffic.DAILY_WAVES
        ? EnumSet.complementOf(EnumSet.of(TriggerKind.PREDICTIONS))
        : EnumSet.allOf(TriggerKind.class);
  }

  /** Heavy-tailed: the logarithm of a user's number is uniform. */
  private int user() {
    return traffic == Traffic.COLD_CACHE
        ? random.nextInt(users)
        : (int) Math.min(users - 1, Math.exp(random.nextDouble() * Math.log(users)) - 1);
  }

  private void call(
      CanaryAnalysis analysis,
      boolean isCanary,
      int user,
      long hash,
      double now,
      double wave,
      boolean isBurst,
      boolean isStall) {
    double errorRate = user < 0 ? 0.03 : errorRates[user];
    double millis = -Math.log(1 - random.nextDouble()) * (user < 0 ? 1 : speeds[user]) + 1;
    Object run = null;
    switch (traffic) {
      case DAILY_WAVES -> {
        errorRate *= wave;
        millis *= 1 + 2 * wave;
      }
      case ERROR_BURSTS -> errorRate = isBurst ? 0.5 : 0.002;
      case STALLS -> millis += isStall ? 200 * random.nextDouble() : 0;
      case COLD_CACHE -> {
        boolean isMiss = (isCanary ? seenByCanary : seenByControl).add(user);
        millis = isMiss ? millis * 10 : 0.05;
        errorRate = isMiss ? 0.1 : 0;
      }
      case FAILED_RUNS -> {
        Run open = isCanary ? canaryRun : controlRun;
        if (open.room == 0 || now > open.until) {
          open.room = 1 + random.nextInt(32);
          open.until = now + random.nextDouble();
          open.fails = random.nextInt(10) == 0;
          open.identity = new Object();
        }
        open.room--;
        errorRate = open.fails ? 1 : 0;
        run = open.identity;
      }
      default -> {}
    }
    boolean isFailed = random.nextDouble() < errorRate;
    long nanos = (long) (now * SECOND);
    double score = random.nextGaussian() + (user < 0 ? 0 : speeds[user]) + wave;
    analysis.ended(
        isCanary,
        user >= 0,
        hash,
        isFailed ? Ending.FAILED : Ending.ANSWERED,
        nanos,
        (long) (millis * 1e6),
        score,
        isFailed ? run : null);
    boolean isMistake = random.nextDouble() < (run == null ? errorRate / 2 : 0.02);
    if (isMistake) {
      analysis.label(isCanary, user >= 0, hash, nanos);
    }
  }
}
