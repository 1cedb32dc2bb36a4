package dev.inproc.inference.deploy;

import dev.inproc.inference.deploy.ExperimentMetric.Kind;
import dev.inproc.inference.deploy.ExperimentResults.ArmKeys;
import dev.inproc.inference.deploy.ExperimentResults.Ignored;
import dev.inproc.inference.deploy.ExperimentResults.MetricResult;
import dev.inproc.inference.deploy.ExperimentResults.SampleRatio;
import dev.inproc.inference.internal.concurrent.Timer;
import dev.inproc.inference.internal.experiment.ExposedKeys;
import dev.inproc.inference.internal.experiment.SampleRatioTest;
import dev.inproc.inference.internal.routing.SaltedHash;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A time of an experiment with fixed weights: which key is in which arm, which keys made a call,
 * and what was recorded of them. A further phase has another salt, so that its keys are drawn anew,
 * and begins without keys. Thread-safe.
 *
 * <p>A key that is known costs a call a hash and a look into a table. The first call of a key takes
 * a lock. Whether a key counts never depends on its arm: not when the room is used up, nor when its
 * score is used.
 */
final class ExperimentPhase {
  /** The chance that right shares of keys and reports are ever called a mismatch. */
  static final double SAMPLE_RATIO_ALPHA = 0.01;

  private static final int FEW_SCORES = 16; // on a caller's thread
  private static final int MANY_SCORES = 4096;

  private final int number;
  private final long salt;
  private final ExperimentPlan plan;
  private final List<ExperimentArm> arms;
  private final long[] bounds; // the first hash after each arm's range but the last
  private final Timer timer;
  private final Consumer<String> onMismatch;
  private final long start;
  private final Map<String, Integer> metrics = new HashMap<>();
  private final LongAdder callsBeyondCapacity = new LongAdder();
  private final ExposedKeys keys = new ExposedKeys(); // read without the lock
  private volatile boolean isFull;
  private volatile boolean isEnded;

  // Guarded by this.
  private final SampleRatioTest exposures;
  private final List<SampleRatioTest> arrivals = new ArrayList<>();
  private final List<MetricStatistics> statistics = new ArrayList<>();
  private final PendingScores pending;
  private long unexposed;
  private long late;
  private long repeated;
  private long recordedAfterEnd;
  private boolean isMismatchTold;
  private long end;
  private @Nullable String endReason;
  private @Nullable ExperimentResults last; // those after the end

  /**
   * Begins a phase.
   *
   * @param arms with the weights of this phase
   * @param onMismatch is told once if the numbers of keys or reports are not as the weights
   *     promise; it must not block
   */
  ExperimentPhase(
      int number,
      long salt,
      ExperimentPlan plan,
      List<ExperimentArm> arms,
      Timer timer,
      Consumer<String> onMismatch) {
    this.number = number;
    this.salt = salt;
    this.plan = plan;
    this.arms = arms;
    this.timer = timer;
    this.onMismatch = onMismatch;
    start = timer.nanoTime();
    double[] weights = arms.stream().mapToDouble(ExperimentArm::weight).toArray();
    bounds = bounds(weights);
    List<ExperimentMetric> measured = plan.metrics();
    long reports = measured.stream().filter(each -> each.kind() == Kind.REPORTED).count();
    double ratioAlpha = reports == 0 ? SAMPLE_RATIO_ALPHA : SAMPLE_RATIO_ALPHA / 2;
    exposures = new SampleRatioTest(weights, ratioAlpha);
    double alpha = (1 - plan.confidence()) / (measured.size() * (arms.size() - 1.0));
    for (ExperimentMetric metric : measured) {
      SampleRatioTest arrival = null;
      if (metric.kind() == Kind.REPORTED) {
        arrival = new SampleRatioTest(weights, ratioAlpha / reports);
        arrivals.add(arrival);
      }
      metrics.put(metric.name(), statistics.size());
      statistics.add(new MetricStatistics(metric, arms, alpha, plan.expectedKeys(), arrival));
    }
    pending =
        new PendingScores(
            measured,
            (metric, arm, isReported, numerator, denominator) ->
                statistics.get(metric).add(arm, isReported, numerator, denominator));
  }

  private static long[] bounds(double[] weights) {
    double sum = 0;
    for (double weight : weights) {
      sum += weight;
    }
    long[] bounds = new long[weights.length - 1];
    double below = 0;
    for (int i = 0; i < bounds.length; i++) {
      below += weights[i];
      bounds[i] = SaltedHash.bound(Math.min(1, below / sum));
    }
    return bounds;
  }

  int number() {
    return number;
  }

  List<ExperimentArm> arms() {
    return arms;
  }

  // ---- calls ----

  /** Returns the index of a key's arm. */
  int arm(String key) {
    return arm(SaltedHash.hash(salt, key));
  }

  private int arm(long hash) {
    int arm = 0;
    while (arm < bounds.length && Long.compareUnsigned(hash, bounds[arm]) >= 0) {
      arm++;
    }
    return arm;
  }

  /** Returns the index of the arm that answers a call with this key, which counts from now on. */
  int call(String key) {
    long hash = SaltedHash.hash(salt, key);
    int arm = arm(hash);
    if (!keys.has(hash) && !isEnded) {
      if (isFull) {
        callsBeyondCapacity.increment();
      } else {
        expose(hash, arm);
      }
    }
    return arm;
  }

  private synchronized void expose(long hash, int arm) {
    if (isEnded || keys.has(hash)) {
      return;
    }
    if (isFull) {
      callsBeyondCapacity.increment();
      return;
    }
    long now = timer.nanoTime();
    keys.add(hash);
    pending.add(arm, now);
    exposures.add(arm);
    isFull = keys.count() >= plan.maxKeys();
    var unused = advance(now, FEW_SCORES);
  }

  /** Uses scores whose windows have ended. Returns whether there may be more. */
  private boolean advance(long now, int most) {
    boolean isMore = pending.advance(now, most);
    if (!isMismatchTold) {
      SampleRatio ratio = mismatch();
      if (ratio != null) {
        isMismatchTold = true;
        onMismatch.accept(ratio.finding());
      }
    }
    return isMore;
  }

  // ---- outcomes ----

  /** Records a value, and the denominator of a ratio. */
  void record(String key, String metric, double numerator, double denominator, boolean isRatio) {
    Integer index = metrics.get(metric);
    if (index == null) {
      throw new IllegalArgumentException(
          "Expected a metric of the plan, one of " + metrics.keySet() + ", got \"" + metric + "\"");
    }
    check(plan.metrics().get(index), numerator, denominator, isRatio);
    long hash = SaltedHash.hash(salt, key);
    synchronized (this) {
      if (isEnded) {
        recordedAfterEnd++;
        return;
      }
      int number = keys.number(hash);
      if (number < 0) {
        unexposed++;
        return;
      }
      long now = timer.nanoTime();
      switch (pending.record(number, index, numerator, denominator, now)) {
        case KEPT -> {}
        case LATE -> late++;
        case REPEATED -> repeated++;
      }
      var unused = advance(now, FEW_SCORES);
    }
  }

  private static void check(
      ExperimentMetric metric, double numerator, double denominator, boolean isRatio) {
    String name = "Metric \"" + metric.name() + "\": expected ";
    if (isRatio != (metric.kind() == Kind.RATIO)) {
      throw new IllegalArgumentException(
          name
              + (isRatio ? "one value" : "a numerator and a denominator")
              + ", since it is a "
              + metric.kind());
    }
    if (metric.kind() == Kind.SHARE && numerator != 0 && numerator != 1) {
      throw new IllegalArgumentException(name + "0 or 1, since it is a SHARE, got " + numerator);
    }
    if (denominator < 0) {
      throw new IllegalArgumentException(name + "a denominator of 0 or more, got " + denominator);
    }
  }

  // ---- results ----

  /** Returns what is known now, or was known at the end. */
  ExperimentResults results() {
    boolean isMore = true;
    while (isMore) { // callers get in between
      synchronized (this) {
        isMore = last == null && advance(now(), MANY_SCORES);
      }
    }
    synchronized (this) {
      if (last != null) {
        return withLateRecords(last);
      }
      ExperimentResults results = current();
      if (isEnded) {
        last = results;
        pending.clear();
      }
      return results;
    }
  }

  private long now() {
    return isEnded ? end : timer.nanoTime();
  }

  private ExperimentResults withLateRecords(ExperimentResults end) {
    return new ExperimentResults(
        end.phase(),
        end.age(),
        end.arms(),
        end.sampleRatio(),
        end.metrics(),
        ignored(),
        end.callsBeyondCapacity(),
        end.bytes(),
        end.ended());
  }

  private Ignored ignored() {
    return new Ignored(unexposed, late, repeated, recordedAfterEnd);
  }

  private ExperimentResults current() {
    SampleRatio ratio = sampleRatio();
    String refusal = ratio.isMismatch() ? ratio.finding() : null;
    List<ArmKeys> counts = new ArrayList<>();
    for (int a = 0; a < arms.size(); a++) {
      counts.add(new ArmKeys(arms.get(a), exposures.count(a)));
    }
    List<MetricResult> found = statistics.stream().map(each -> each.result(refusal)).toList();
    return new ExperimentResults(
        number,
        Duration.ofNanos(now() - start),
        counts,
        ratio,
        found,
        ignored(),
        callsBeyondCapacity.sum(),
        keys.bytes() + pending.bytes(),
        Optional.ofNullable(endReason));
  }

  private SampleRatio sampleRatio() {
    SampleRatio mismatch = mismatch();
    return mismatch == null
        ? new SampleRatio(false, "as the weights promise: " + exposures.words())
        : mismatch;
  }

  private @Nullable SampleRatio mismatch() {
    if (exposures.isMismatch()) {
      return new SampleRatio(true, "sample-ratio mismatch: " + exposures.words());
    }
    int next = 0;
    for (ExperimentMetric metric : plan.metrics()) {
      if (metric.kind() == Kind.REPORTED) {
        SampleRatioTest arrival = arrivals.get(next++);
        if (arrival.isMismatch()) {
          return new SampleRatio(
              true, "mismatch in reports of " + metric.name() + ": " + arrival.words());
        }
      }
    }
    return null;
  }

  /** Returns how many keys made a call. */
  synchronized long keys() {
    return keys.count();
  }

  /** Returns about how much memory this takes. */
  synchronized long bytes() {
    return last == null ? keys.bytes() + pending.bytes() : 0;
  }

  /** Adds no more keys; the results are those of now. */
  synchronized void end(String reason) {
    if (!isEnded) {
      end = timer.nanoTime();
      endReason = reason;
      isEnded = true;
    }
  }
}
