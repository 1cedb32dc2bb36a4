package dev.inproc.inference.testing;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Where all threads stand, for a test that waited in vain. */
public final class ThreadDump {
  private ThreadDump() {}

  /** Prints it; threads that stand at the same place are printed together. */
  public static void print() {
    Map<String, List<String>> threads = new TreeMap<>();
    Thread.getAllStackTraces()
        .forEach(
            (thread, stack) -> {
              StringBuilder place = new StringBuilder();
              for (StackTraceElement each : stack) {
                place.append("    at ").append(each).append('\n');
              }
              threads
                  .computeIfAbsent(place.toString(), x -> new ArrayList<>())
                  .add(thread.getName());
            });
    threads.forEach((place, names) -> System.out.println(names + "\n" + place));
  }
}
