package dev.inproc.inference.engine;

import jdk.jfr.Category;
import jdk.jfr.DataAmount;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.Percentage;
import jdk.jfr.StackTrace;
import jdk.jfr.Timespan;

/** A run as JDK Flight Recorder has it. Loaded only where the JDK has the recorder. */
@Name("dev.inproc.Run")
@Label("Model Run")
@Category("Inproc")
@Description("One run of a model by its engine: each of 10 ms or more, and one in 64 of the others")
@StackTrace(false)
final class RunEvent extends Event {
  private static final RunEvent ASKED = new RunEvent(); // so that to ask allocates nothing

  @Label("Model")
  String model = "";

  @Label("Device")
  String device = "";

  @Label("Requests")
  @Description("Examples that callers gave")
  int requests;

  @Label("Rows")
  @Description("Examples in the run, with the ones that fill a fixed batch up")
  int rows;

  @Label("Padding")
  @Description("Share of the input elements that is padding")
  @Percentage
  double padding;

  @Label("Run Size")
  @Description("Bytes of inputs and outputs")
  @DataAmount
  long size;

  @Label("Queue Time")
  @Description("Wait of the request that came first; 0 if the caller ran the model itself")
  @Timespan(Timespan.NANOSECONDS)
  long queueTime;

  @Label("Outcome")
  @Description("answered, failed, or stopped since every caller had gone")
  String outcome = "";

  /** Returns whether a recording wants runs. */
  static boolean isOn() {
    return ASKED.isEnabled();
  }
}
