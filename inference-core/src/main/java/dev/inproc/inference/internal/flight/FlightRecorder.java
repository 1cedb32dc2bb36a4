package dev.inproc.inference.internal.flight;

/** Whether the JDK has the Flight Recorder. */
public final class FlightRecorder {
  private static final boolean IS_THERE = lookUp();

  private FlightRecorder() {}

  /** A container may hide the package, though the JDK has the module. */
  private static boolean lookUp() {
    try {
      Class.forName("jdk.jfr.Event", false, FlightRecorder.class.getClassLoader());
      return true;
    } catch (ClassNotFoundException | LinkageError e) {
      return false;
    }
  }

  /** Returns whether classes that extend {@code jdk.jfr.Event} can be loaded. */
  public static boolean isThere() {
    return IS_THERE;
  }
}
