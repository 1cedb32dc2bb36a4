package dev.inproc.inference.events;

/** Whether the JDK has the Flight Recorder, and what is recorded. */
final class FlightRecorder {
  private static final boolean IS_THERE =
      ModuleLayer.boot().findModule("jdk.jfr").isPresent()
          && (FlightRecorder.class.getModule().getLayer() == null
              || FlightRecorder.class
                  .getModule()
                  .canRead(ModuleLayer.boot().findModule("jdk.jfr").get()));

  private FlightRecorder() {}

  static void record(ServingEvent event) {
    if (IS_THERE) {
      FlightEvents.record(event);
    }
  }
}
