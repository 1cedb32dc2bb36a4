package dev.inproc.benchmarks;

import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import dev.inproc.benchmarks.RolloutTraffic.Call;
import dev.inproc.inference.internal.rollout.Alarm;
import dev.inproc.inference.internal.rollout.AnalysisSettings;
import dev.inproc.inference.internal.rollout.CanaryAnalysis;
import dev.inproc.inference.internal.rollout.DistinctKeys;
import dev.inproc.inference.internal.rollout.Ending;
import dev.inproc.inference.internal.rollout.KindSnapshot;
import dev.inproc.inference.internal.rollout.StepSchedule;
import dev.inproc.inference.internal.rollout.StepSchedule.Step;
import dev.inproc.inference.internal.rollout.TriggerKind;
import dev.inproc.inference.internal.routing.SaltedHash;
import java.io.IOException;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/** One rollout in virtual time: calls begin in the order of the file, and end when they do. */
final class SimulatedRollout {
  private static final double MILLI = 1e6; // nanoseconds
  private static final long CHECK_NANOS = 100_000_000; // whether a step is over

  /** What is rolled out how; without promotion its only step lasts to the end. */
  record Plan(List<Step> steps, boolean isPromoted, double alpha, double margin, long seed) {}

  private record Pending(
      long endNanos,
      long tookNanos,
      int step,
      boolean isCanary,
      boolean isKeyed,
      long hash,
      boolean isFailed,
      @Nullable Object run) {}

  private final Plan plan;
  private final StepSchedule schedule;
  private final CanaryAnalysis analysis;
  private final long salt;
  private final SplittableRandom random;
  private final DistinctKeys keys = new DistinctKeys();
  private final Map<String, Object> runs = new HashMap<>();
  private final PriorityQueue<Pending> pending =
      new PriorityQueue<>(Comparator.comparingLong(Pending::endNanos));
  private int step = -1;
  private long stepSince;
  private long nextCheck;
  private long canaryBound;
  private long controlBound;
  private boolean isCompared;
  private long requests;
  private long canaryCalls;

  SimulatedRollout(Plan plan) {
    this.plan = plan;
    schedule = new StepSchedule(plan.steps());
    int compared = (int) plan.steps().stream().filter(each -> control(each) > 0).count();
    analysis =
        new CanaryAnalysis(
            new AnalysisSettings(
                plan.alpha(),
                plan.margin(),
                Set.of(TriggerKind.ERRORS, TriggerKind.LATENCY, TriggerKind.ANSWERS),
                Math.max(1, compared)));
    random = new SplittableRandom(plan.seed());
    salt = random.nextLong();
  }

  private static double control(Step step) {
    return Math.min(step.width(), 1 - step.width());
  }

  JsonObject run(RolloutTraffic traffic) throws IOException {
    long now = 0;
    for (Call call = traffic.next(); call != null; call = traffic.next()) {
      now = (long) (call.timeMs() * MILLI);
      if (step < 0) {
        begin(0, now);
      }
      Pending alarming = endUntil(now);
      if (alarming != null) {
        return result("rolledBack", alarming.endNanos());
      }
      if (isStepOver(now)) {
        if (step == plan.steps().size() - 1) {
          return result("promoted", now);
        }
        begin(step + 1, now);
      }
      requests++;
      route(call, now);
    }
    Pending alarming = endUntil(Long.MAX_VALUE);
    return alarming == null ? result("running", now) : result("rolledBack", alarming.endNanos());
  }

  private void begin(int next, long now) {
    step = next;
    stepSince = now;
    nextCheck = now;
    Step begun = plan.steps().get(next);
    double control = control(begun);
    canaryBound = SaltedHash.bound(begun.width());
    controlBound = SaltedHash.bound(1 - control);
    isCompared = control > 0;
    if (isCompared) {
      analysis.beginPhase(next, begun.width(), control, now);
    }
  }

  private boolean isStepOver(long now) {
    if (!plan.isPromoted() || now < nextCheck) {
      return false;
    }
    nextCheck = now + CHECK_NANOS;
    return schedule.isOver(step, now - stepSince, keys.estimate());
  }

  private void route(Call call, long now) {
    if (call.isByRule()) {
      return;
    }
    String key = call.key();
    boolean isKeyed = key != null;
    long place = key == null ? random.nextLong() : SaltedHash.hash(salt, key);
    keys.add(place);
    boolean isCanary = !isCompared || Long.compareUnsigned(place, canaryBound) < 0;
    boolean isControl = !isCanary && Long.compareUnsigned(place, controlBound) >= 0;
    if (isCanary) {
      canaryCalls++;
    }
    if (isCompared && (isCanary || isControl)) {
      long took = (long) (1_000 * (isCanary ? call.canaryMicros() : call.stableMicros()));
      boolean isFailed = isCanary ? call.isCanaryError() : call.isStableError();
      Object run =
          call.run() == null ? null : runs.computeIfAbsent(call.run(), each -> new Object());
      long hash = isKeyed ? place : random.nextLong();
      pending.add(new Pending(now + took, took, step, isCanary, isKeyed, hash, isFailed, run));
    }
  }

  /** Ends the calls until a time; returns the one that raised the alarm, or null. */
  private @Nullable Pending endUntil(long now) {
    while (!pending.isEmpty() && pending.peek().endNanos() <= now) {
      Pending each = pending.remove();
      if (each.step() != step) {
        continue; // it was divided by other shares
      }
      analysis.ended(
          each.isCanary(),
          each.isKeyed(),
          each.hash(),
          each.isFailed() ? Ending.FAILED : Ending.ANSWERED,
          each.endNanos(),
          each.tookNanos(),
          0,
          each.run());
      if (analysis.alarm() != null) {
        return each;
      }
    }
    return null;
  }

  private JsonObject result(String verdict, long nanos) {
    Alarm alarm = analysis.alarm();
    JsonObject json = new JsonObject();
    json.addProperty("verdict", verdict);
    if (alarm == null) {
      json.add("trigger", JsonNull.INSTANCE);
    } else {
      json.addProperty("trigger", alarm.kind().name().toLowerCase(Locale.ROOT));
    }
    json.addProperty("atMs", Math.round(nanos / MILLI));
    json.addProperty("atRequests", requests);
    json.addProperty("canaryCalls", canaryCalls);
    if (alarm == null) {
      KindSnapshot nearest =
          analysis.snapshot().kinds().stream()
              .max(Comparator.comparingDouble(KindSnapshot::evidence))
              .orElse(null);
      json.addProperty("canaryVotes", nearest == null ? 0 : nearest.canaryVotes());
      json.addProperty("controlVotes", nearest == null ? 0 : nearest.controlVotes());
      json.addProperty("evidence", nearest == null ? 0 : nearest.evidence() / plan.alpha());
    } else {
      json.addProperty("canaryVotes", alarm.canaryVotes());
      json.addProperty("controlVotes", alarm.controlVotes());
      json.addProperty("evidence", alarm.evidence() / alarm.threshold() / plan.alpha());
    }
    json.addProperty("step", step + 1);
    return json;
  }
}
