package dev.inproc.inference.events;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/** The events of experiments as JDK Flight Recorder has them. */
final class ExperimentFlightEvents {
  private ExperimentFlightEvents() {}

  static void record(ServingEvent event) {
    if (event instanceof ServingEvent.ExperimentStarted started) {
      ExperimentStarted e = new ExperimentStarted();
      e.deployment = started.source();
      e.phase = started.phase();
      e.arms = started.arms();
      e.commit();
    } else if (event instanceof ServingEvent.ExperimentEnded ended) {
      ExperimentEnded e = new ExperimentEnded();
      e.deployment = ended.source();
      e.phase = ended.phase();
      e.reason = ended.reason();
      e.commit();
    } else if (event instanceof ServingEvent.SampleRatioMismatch mismatch) {
      SampleRatioMismatch e = new SampleRatioMismatch();
      e.deployment = mismatch.source();
      e.finding = mismatch.finding();
      e.commit();
    }
  }

  @Name("dev.inproc.ExperimentStarted")
  @Label("Experiment Started")
  @Category("Inproc")
  @Description("An experiment divides the calls among its arms, or does so anew")
  @StackTrace(false)
  static final class ExperimentStarted extends Event {
    @Label("Deployment")
    String deployment = "";

    @Label("Phase")
    int phase;

    @Label("Arms")
    String arms = "";
  }

  @Name("dev.inproc.ExperimentEnded")
  @Label("Experiment Ended")
  @Category("Inproc")
  @Description("All calls go to the serving version again")
  @StackTrace(false)
  static final class ExperimentEnded extends Event {
    @Label("Deployment")
    String deployment = "";

    @Label("Phase")
    int phase;

    @Label("Reason")
    String reason = "";
  }

  @Name("dev.inproc.SampleRatioMismatch")
  @Label("Sample-Ratio Mismatch")
  @Category("Inproc")
  @Description("The arms of an experiment do not have the keys that their weights promise")
  @StackTrace(false)
  static final class SampleRatioMismatch extends Event {
    @Label("Deployment")
    String deployment = "";

    @Label("Finding")
    String finding = "";
  }
}
