package dev.inproc.inference.events;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import jdk.jfr.Timespan;

/** The events as JDK Flight Recorder has them. Loaded only where the JDK has the recorder. */
final class FlightEvents {
  private FlightEvents() {}

  static void record(ServingEvent event) {
    if (event instanceof ServingEvent.ModelLoaded loaded) {
      ModelLoaded e = new ModelLoaded();
      e.model = loaded.source();
      e.device = loaded.device();
      e.loading = loaded.took().toNanos();
      e.commit();
    } else if (event instanceof ServingEvent.ModelFreed freed) {
      ModelFreed e = new ModelFreed();
      e.model = freed.source();
      e.commit();
    } else if (event instanceof ServingEvent.IntegrityProbed probed) {
      IntegrityProbed e = new IntegrityProbed();
      e.model = probed.source();
      e.finding = probed.finding();
      e.clean = probed.isClean();
      e.commit();
    } else if (event instanceof ServingEvent.Overloaded overloaded) {
      Overloaded e = new Overloaded();
      e.batcher = overloaded.source();
      e.waiting = overloaded.waiting();
      e.commit();
    } else if (event instanceof ServingEvent.CacheSwitched switched) {
      CacheSwitched e = new CacheSwitched();
      e.cache = switched.source();
      e.on = switched.isOn();
      e.commit();
    } else {
      recordDeployment(event);
    }
  }

  private static void recordDeployment(ServingEvent event) {
    if (event instanceof ServingEvent.VersionSwitched switched) {
      VersionSwitched e = new VersionSwitched();
      e.deployment = switched.source();
      e.from = switched.from();
      e.to = switched.to();
      e.loading = switched.took().toNanos();
      e.commit();
    } else if (event instanceof ServingEvent.VersionRefused refused) {
      VersionRefused e = new VersionRefused();
      e.deployment = refused.source();
      e.version = refused.version();
      e.reason = refused.reason();
      e.commit();
    } else if (event instanceof ServingEvent.VersionRetired retired) {
      VersionRetired e = new VersionRetired();
      e.deployment = retired.source();
      e.version = retired.version();
      e.commit();
    } else if (event instanceof ServingEvent.VersionRolledBack rolledBack) {
      VersionRolledBack e = new VersionRolledBack();
      e.deployment = rolledBack.source();
      e.from = rolledBack.from();
      e.to = rolledBack.to();
      e.reason = rolledBack.reason();
      e.commit();
    } else {
      recordShadow(event);
      RolloutFlightEvents.record(event);
      ExperimentFlightEvents.record(event);
    }
  }

  private static void recordShadow(ServingEvent event) {
    if (event instanceof ServingEvent.ShadowStarted started) {
      ShadowStarted e = new ShadowStarted();
      e.deployment = started.source();
      e.version = started.version();
      e.share = started.share();
      e.commit();
    } else if (event instanceof ServingEvent.ShadowStopped stopped) {
      ShadowStopped e = new ShadowStopped();
      e.deployment = stopped.source();
      e.version = stopped.version();
      e.compared = stopped.compared();
      e.failed = stopped.failed();
      e.dropped = stopped.dropped();
      e.commit();
    }
  }

  @Name("dev.inproc.ModelLoaded")
  @Label("Model Loaded")
  @Category("Inproc")
  @Description("A model was loaded, checked and warmed up")
  @StackTrace(false)
  static final class ModelLoaded extends Event {
    @Label("Model")
    String model = "";

    @Label("Device")
    String device = "";

    @Label("Loading Time")
    @Timespan(Timespan.NANOSECONDS)
    long loading;
  }

  @Name("dev.inproc.ModelFreed")
  @Label("Model Freed")
  @Category("Inproc")
  @Description("A model was closed and its memory freed")
  @StackTrace(false)
  static final class ModelFreed extends Event {
    @Label("Model")
    String model = "";
  }

  @Name("dev.inproc.IntegrityProbed")
  @Label("Integrity Probed")
  @Category("Inproc")
  @Description("Whether a model's answers depend on what they are run with")
  @StackTrace(false)
  static final class IntegrityProbed extends Event {
    @Label("Model")
    String model = "";

    @Label("Finding")
    String finding = "";

    @Label("Clean")
    boolean clean;
  }

  @Name("dev.inproc.Overloaded")
  @Label("Overloaded")
  @Category("Inproc")
  @Description("A batcher has begun to refuse calls")
  @StackTrace(false)
  static final class Overloaded extends Event {
    @Label("Batcher")
    String batcher = "";

    @Label("Waiting Calls")
    int waiting;
  }

  @Name("dev.inproc.CacheSwitched")
  @Label("Cache Switched")
  @Category("Inproc")
  @Description("A cache has switched itself off or on")
  @StackTrace(false)
  static final class CacheSwitched extends Event {
    @Label("Cache")
    String cache = "";

    @Label("On")
    boolean on;
  }

  @Name("dev.inproc.VersionSwitched")
  @Label("Version Switched")
  @Category("Inproc")
  @Description("A deployment answers with another version")
  @StackTrace(false)
  static final class VersionSwitched extends Event {
    @Label("Deployment")
    String deployment = "";

    @Label("From")
    String from = "";

    @Label("To")
    String to = "";

    @Label("Loading Time")
    @Timespan(Timespan.NANOSECONDS)
    long loading;
  }

  @Name("dev.inproc.VersionRefused")
  @Label("Version Refused")
  @Category("Inproc")
  @Description("A deployment does not serve a version")
  @StackTrace(false)
  static final class VersionRefused extends Event {
    @Label("Deployment")
    String deployment = "";

    @Label("Version")
    String version = "";

    @Label("Reason")
    String reason = "";
  }

  @Name("dev.inproc.VersionRetired")
  @Label("Version Retired")
  @Category("Inproc")
  @Description("A version that no longer serves is closed")
  @StackTrace(false)
  static final class VersionRetired extends Event {
    @Label("Deployment")
    String deployment = "";

    @Label("Version")
    String version = "";
  }

  @Name("dev.inproc.VersionRolledBack")
  @Label("Version Rolled Back")
  @Category("Inproc")
  @Description("A deployment was told to go back")
  @StackTrace(false)
  static final class VersionRolledBack extends Event {
    @Label("Deployment")
    String deployment = "";

    @Label("From")
    String from = "";

    @Label("To")
    String to = "";

    @Label("Reason")
    String reason = "";
  }

  @Name("dev.inproc.ShadowStarted")
  @Label("Shadow Started")
  @Category("Inproc")
  @Description("A version runs on copies of a deployment's calls")
  @StackTrace(false)
  static final class ShadowStarted extends Event {
    @Label("Deployment")
    String deployment = "";

    @Label("Version")
    String version = "";

    @Label("Share of Calls")
    double share;
  }

  @Name("dev.inproc.ShadowStopped")
  @Label("Shadow Stopped")
  @Category("Inproc")
  @Description("A version no longer runs on copies of a deployment's calls")
  @StackTrace(false)
  static final class ShadowStopped extends Event {
    @Label("Deployment")
    String deployment = "";

    @Label("Version")
    String version = "";

    @Label("Compared Pairs")
    long compared;

    @Label("Failed Calls")
    long failed;

    @Label("Dropped Calls")
    long dropped;
  }
}
