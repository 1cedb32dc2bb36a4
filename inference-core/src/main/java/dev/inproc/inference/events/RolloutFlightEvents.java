package dev.inproc.inference.events;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.Percentage;
import jdk.jfr.StackTrace;

/** The events of rollouts as JDK Flight Recorder has them. */
final class RolloutFlightEvents {
  private RolloutFlightEvents() {}

  static void record(ServingEvent event) {
    if (event instanceof ServingEvent.RolloutStepped stepped) {
      RolloutStepped e = new RolloutStepped();
      e.step = stepped.step();
      e.share = (float) stepped.share();
      commit(e, stepped.source(), stepped.version());
    } else if (event instanceof ServingEvent.RolloutAlarmed alarm) {
      RolloutAlarmed e = new RolloutAlarmed();
      e.trigger = alarm.trigger();
      e.detail = alarm.detail();
      e.action = alarm.action();
      commit(e, alarm.source(), alarm.version());
    } else if (event instanceof ServingEvent.RolloutPaused paused) {
      RolloutPaused e = new RolloutPaused();
      e.reason = paused.reason();
      commit(e, paused.source(), paused.version());
    } else if (event instanceof ServingEvent.RolloutResumed resumed) {
      commit(new RolloutResumed(), resumed.source(), resumed.version());
    } else if (event instanceof ServingEvent.RolloutEnded ended) {
      RolloutEnded e = new RolloutEnded();
      e.promoted = ended.isPromoted();
      e.reason = ended.reason();
      commit(e, ended.source(), ended.version());
    }
  }

  private static void commit(OfRollout event, String deployment, String version) {
    event.deployment = deployment;
    event.version = version;
    event.commit();
  }

  /** What each event of a rollout has. */
  @Category("Inproc")
  @StackTrace(false)
  abstract static class OfRollout extends Event {
    @Label("Deployment")
    String deployment = "";

    @Label("Version")
    String version = "";
  }

  @Name("dev.inproc.RolloutStepped")
  @Label("Rollout Stepped")
  @Description("A canary takes another share of the calls")
  static final class RolloutStepped extends OfRollout {
    @Label("Step")
    int step;

    @Label("Share")
    @Percentage
    float share;
  }

  @Name("dev.inproc.RolloutAlarmed")
  @Label("Rollout Alarmed")
  @Description("A canary has more than its share of incidents")
  static final class RolloutAlarmed extends OfRollout {
    @Label("Trigger")
    String trigger = "";

    @Label("Detail")
    String detail = "";

    @Label("Action")
    String action = "";
  }

  @Name("dev.inproc.RolloutPaused")
  @Label("Rollout Paused")
  @Description("The steps of a rollout stand still")
  static final class RolloutPaused extends OfRollout {
    @Label("Reason")
    String reason = "";
  }

  @Name("dev.inproc.RolloutResumed")
  @Label("Rollout Resumed")
  @Description("The steps of a rollout go on")
  static final class RolloutResumed extends OfRollout {}

  @Name("dev.inproc.RolloutEnded")
  @Label("Rollout Ended")
  @Description("A rollout was promoted or rolled back, or its deployment was closed")
  static final class RolloutEnded extends OfRollout {
    @Label("Promoted")
    boolean promoted;

    @Label("Reason")
    String reason = "";
  }
}
