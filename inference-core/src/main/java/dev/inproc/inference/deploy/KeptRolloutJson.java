package dev.inproc.inference.deploy;

import dev.inproc.inference.deploy.RolloutMetrics.RolloutAlarm;
import dev.inproc.inference.internal.json.Json;
import dev.inproc.inference.internal.json.JsonException;
import dev.inproc.inference.internal.json.JsonLimits;
import dev.inproc.inference.internal.json.JsonReader;
import dev.inproc.inference.internal.rollout.DistinctKeys;
import dev.inproc.inference.internal.rollout.TriggerKind;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Writes and reads a rollout's file. A file that another program wrote may contain anything. */
final class KeptRolloutJson {
  static final int MOST_BYTES = 1 << 20;
  private static final int FORMAT = 1;
  private static final int MOST_STEPS = 1_000;
  private static final int MOST_TEXT = 4_000;
  private static final long MOST_NANOS = Duration.ofDays(3_650).toNanos();
  private static final long MOST_COUNT = 1L << 53; // so that one more is no overflow
  private static final JsonLimits LIMITS = new JsonLimits(MOST_BYTES, 6, 20_000, 1 << 15, 40);

  private KeptRolloutJson() {}

  // ---- writing ----

  static byte[] write(KeptRollout kept) {
    Map<String, @Nullable Object> out = new LinkedHashMap<>();
    out.put("format", FORMAT);
    out.put("salt", Long.toHexString(kept.salt()));
    out.put("epoch", kept.epoch());
    out.put("owner", kept.owner());
    out.put("beat", kept.beat());
    out.put("canary", kept.canary());
    out.put("stable", kept.stable());
    RolloutProgress progress = kept.progress();
    out.put("state", progress.state().name());
    out.put("reason", text(progress.reason()));
    out.put("isBaking", progress.isBaking());
    out.put("step", progress.step() + 1);
    out.put("stepNanos", progress.stepNanos());
    out.put("phaseNanos", progress.phaseNanos());
    out.put("voteBytes", kept.votes());
    out.put("hasAllVotes", kept.hasAllVotes());
    out.put("plan", plan(kept.plan()));
    out.put("alarms", progress.alarms().stream().map(KeptRolloutJson::alarm).toList());
    out.put("keys", progress.keys());
    return Json.write(out);
  }

  private static Map<String, Object> plan(KeptPlan plan) {
    Map<String, Object> out = new LinkedHashMap<>();
    List<Map<String, Object>> steps = new ArrayList<>();
    for (RolloutStep each : plan.steps()) {
      Map<String, Object> step = new LinkedHashMap<>();
      step.put("share", each.share());
      step.put("nanos", each.atLeast().toNanos());
      step.put("keys", each.atLeastKeys());
      steps.add(step);
    }
    out.put("steps", steps);
    out.put("bakeNanos", plan.bake().toNanos());
    out.put("holdBack", plan.holdBack());
    out.put("alpha", plan.alpha());
    out.put("margin", plan.margin());
    Map<String, Object> actions = new LinkedHashMap<>();
    for (RolloutTrigger trigger : RolloutTrigger.values()) {
      TriggerAction action = plan.actions().get(trigger);
      actions.put(trigger.name(), (action == null ? TriggerAction.OFF : action).name());
    }
    out.put("actions", actions);
    out.put("tests", plan.kinds().stream().map(Enum::name).sorted().toList());
    out.put("controlLane", plan.controlLane().name());
    out.put("hasScore", plan.hasScore());
    out.put("hasCanaryFor", plan.hasCanaryFor());
    out.put("hasStableFor", plan.hasStableFor());
    return out;
  }

  private static Map<String, Object> alarm(RolloutAlarm alarm) {
    Map<String, Object> out = new LinkedHashMap<>();
    out.put("trigger", alarm.trigger().name());
    out.put("what", text(alarm.what()));
    out.put("action", alarm.action().name());
    out.put("step", alarm.step());
    out.put("afterNanos", alarm.afterInStep().toNanos());
    out.put("canaryVotes", alarm.canaryVotes());
    out.put("controlVotes", alarm.controlVotes());
    out.put("evidence", finite(alarm.evidence()));
    out.put("threshold", finite(alarm.threshold()));
    out.put("ratioAtLeast", finite(alarm.ratioAtLeast()));
    return out;
  }

  private static double finite(double value) {
    return Math.min(value, Double.MAX_VALUE);
  }

  /** Returns a text that JSON can have, cut if it is long. */
  private static String text(String any) {
    String cut = any.length() <= MOST_TEXT ? any : any.substring(0, MOST_TEXT - 3) + "...";
    return new String(cut.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8);
  }

  // ---- reading ----

  static KeptRollout read(byte[] utf8) throws JsonException {
    Map<String, @Nullable Object> in = JsonReader.readObject(utf8, LIMITS);
    Json.whole(in.get("format"), "format", FORMAT, FORMAT);
    KeptPlan plan = readPlan(Json.object(in.get("plan"), "plan"));
    String keys = Json.string(in.get("keys"), "keys");
    if (!DistinctKeys.isText(keys)) {
      throw Json.mismatch("keys", "what was seen of the keys", keys);
    }
    List<RolloutAlarm> alarms = new ArrayList<>();
    for (Object each : Json.array(in.get("alarms"), "alarms")) {
      alarms.add(readAlarm(Json.object(each, "alarms")));
    }
    RolloutProgress progress =
        new RolloutProgress(
            constant(RolloutState.class, in, "state"),
            Json.truth(in.get("isBaking"), "isBaking"),
            Json.string(in.get("reason"), "reason"),
            (int) Json.whole(in.get("step"), "step", 1, plan.steps().size()) - 1,
            nanos(in, "stepNanos"),
            nanos(in, "phaseNanos"),
            keys,
            List.copyOf(alarms));
    return new KeptRollout(
        salt(Json.string(in.get("salt"), "salt")),
        Json.whole(in.get("epoch"), "epoch", 1, MOST_COUNT),
        Json.string(in.get("owner"), "owner"),
        Json.whole(in.get("beat"), "beat", 0, MOST_COUNT),
        Json.whole(in.get("canary"), "canary", 1, Long.MAX_VALUE),
        Json.whole(in.get("stable"), "stable", 1, Long.MAX_VALUE),
        plan,
        Json.whole(in.get("voteBytes"), "voteBytes", 0, MOST_COUNT),
        Json.truth(in.get("hasAllVotes"), "hasAllVotes"),
        progress);
  }

  private static KeptPlan readPlan(Map<String, @Nullable Object> in) throws JsonException {
    try {
      List<RolloutStep> steps = new ArrayList<>();
      for (Object each : Json.array(in.get("steps"), "steps")) {
        Map<String, @Nullable Object> step = Json.object(each, "steps");
        steps.add(
            new RolloutStep(
                Json.number(step.get("share"), "share", 0, 1),
                Duration.ofNanos(Json.whole(step.get("nanos"), "nanos", 0, Long.MAX_VALUE)),
                Json.whole(step.get("keys"), "keys", 0, Long.MAX_VALUE)));
      }
      if (steps.size() > MOST_STEPS) {
        throw new JsonException("Expected at most " + MOST_STEPS + " steps, got " + steps.size());
      }
      Map<String, @Nullable Object> named = Json.object(in.get("actions"), "actions");
      Map<RolloutTrigger, TriggerAction> actions = new EnumMap<>(RolloutTrigger.class);
      for (RolloutTrigger trigger : RolloutTrigger.values()) {
        actions.put(trigger, constant(TriggerAction.class, named, trigger.name()));
      }
      Set<TriggerKind> kinds = EnumSet.noneOf(TriggerKind.class);
      for (Object each : Json.array(in.get("tests"), "tests")) {
        kinds.add(TriggerKind.valueOf(Json.string(each, "tests")));
      }
      KeptPlan plan =
          new KeptPlan(
              List.copyOf(steps),
              Duration.ofNanos(Json.whole(in.get("bakeNanos"), "bakeNanos", 0, Long.MAX_VALUE)),
              Json.number(in.get("holdBack"), "holdBack", 0, 1),
              Json.number(in.get("alpha"), "alpha", 0, 1),
              Json.number(in.get("margin"), "margin", 0, Double.MAX_VALUE),
              Map.copyOf(actions),
              Set.copyOf(kinds),
              constant(ControlLane.class, in, "controlLane"),
              Json.truth(in.get("hasScore"), "hasScore"),
              Json.truth(in.get("hasCanaryFor"), "hasCanaryFor"),
              Json.truth(in.get("hasStableFor"), "hasStableFor"));
      plan.check();
      return plan;
    } catch (IllegalArgumentException e) {
      throw new JsonException("plan: " + e.getMessage());
    }
  }

  private static RolloutAlarm readAlarm(Map<String, @Nullable Object> in) throws JsonException {
    return new RolloutAlarm(
        constant(RolloutTrigger.class, in, "trigger"),
        Json.string(in.get("what"), "what"),
        constant(TriggerAction.class, in, "action"),
        (int) Json.whole(in.get("step"), "step", 1, MOST_STEPS),
        Duration.ofNanos(nanos(in, "afterNanos")),
        Json.whole(in.get("canaryVotes"), "canaryVotes", 0, Long.MAX_VALUE),
        Json.whole(in.get("controlVotes"), "controlVotes", 0, Long.MAX_VALUE),
        Json.number(in.get("evidence"), "evidence", 0, Double.MAX_VALUE),
        Json.number(in.get("threshold"), "threshold", 0, Double.MAX_VALUE),
        Json.number(in.get("ratioAtLeast"), "ratioAtLeast", 0, Double.MAX_VALUE));
  }

  private static long nanos(Map<String, @Nullable Object> in, String name) throws JsonException {
    return Json.whole(in.get(name), name, 0, MOST_NANOS);
  }

  private static long salt(String hexadecimal) throws JsonException {
    try {
      return Long.parseUnsignedLong(hexadecimal, 16);
    } catch (NumberFormatException e) {
      throw Json.mismatch("salt", "up to 16 hexadecimal digits", hexadecimal);
    }
  }

  private static <E extends Enum<E>> E constant(
      Class<E> type, Map<String, @Nullable Object> in, String name) throws JsonException {
    String value = Json.string(in.get(name), name);
    try {
      return Enum.valueOf(type, value);
    } catch (IllegalArgumentException e) {
      throw Json.mismatch(name, "one of " + List.of(type.getEnumConstants()), value);
    }
  }
}
