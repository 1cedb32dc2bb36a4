package dev.inproc.inference.events;

/** Whether the JDK has the Flight Recorder, and what is recorded. */
final class FlightRecorder {
  private static final boolean IS_THERE = isThere();

  private FlightRecorder() {}

  /** A container may hide the package, though the JDK has the module. */
  private static boolean isThere() {
    try {
      Class.forName("jdk.jfr.Event", false, FlightRecorder.class.getClassLoader());
      return true;
    } catch (ClassNotFoundException | LinkageError e) {
      return false;
    }
  }

  static void record(ServingEvent event) {
    if (IS_THERE) {
      FlightEvents.record(event);
    }
  }
}
