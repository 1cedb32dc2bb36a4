package dev.inproc.benchmarks;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import java.util.stream.Stream;

/**
 * How many processors others than this JVM kept busy since it was made: the machine's busy time of
 * {@code /proc/stat}, stolen time included, less this process's own. Its grain is 10 ms, so ask
 * after some tenths of a second. On systems without that file the answer is not a number.
 */
public final class OtherLoad {
  private static final Path STAT = Path.of("/proc/stat");
  private static final double TICKS_PER_SECOND =
      100; // USER_HZ: fixed for what Linux shows to users

  private final long start = System.nanoTime();
  private final double busyAtStart = machineSeconds();
  private final double ownAtStart = ownSeconds();

  /** Processors that others used on average; never below 0. */
  public double processors() {
    double seconds = (System.nanoTime() - start) / 1e9;
    double others = machineSeconds() - busyAtStart - (ownSeconds() - ownAtStart);
    return Math.max(0, others / seconds);
  }

  private static double ownSeconds() {
    return ManagementFactory.getOperatingSystemMXBean()
            instanceof com.sun.management.OperatingSystemMXBean system
        ? system.getProcessCpuTime() / 1e9
        : Double.NaN;
  }

  private static double machineSeconds() {
    try (Stream<String> lines = Files.lines(STAT)) {
      return lines
          .filter(line -> line.startsWith("cpu "))
          .findFirst()
          .map(OtherLoad::busySeconds)
          .orElse(Double.NaN);
    } catch (IOException e) {
      return Double.NaN;
    }
  }

  /** Of a line {@code cpu user nice system idle iowait irq softirq steal guest guest_nice}. */
  static double busySeconds(String line) {
    Iterator<String> fields = List.of(line.trim().split("\\s+")).iterator();
    fields.next();
    long ticks = 0;
    for (int i = 0; i < 8 && fields.hasNext(); i++) { // guest time is in user time already
      long value = Long.parseLong(fields.next());
      ticks += i == 3 || i == 4 ? 0 : value; // idle, waiting for a disk
    }
    return ticks / TICKS_PER_SECOND;
  }
}
