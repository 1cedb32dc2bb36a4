package dev.inproc.benchmarks.suite;

import dev.inproc.benchmarks.peers.Contender;
import dev.inproc.benchmarks.peers.Lineup;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;

/**
 * A child that serves one model with one contender, and prints what memory the process holds then:
 * resident megabytes, and megabytes of heap in use after a collection. With no contender, what the
 * JVM alone holds.
 */
final class Footprint {
  private static final long NANOS = 400_000_000;

  private Footprint() {}

  /** Arguments: lineup and contender, or nothing. */
  public static void main(String[] arguments) throws Exception {
    Child.silenceLogs();
    if (arguments.length == 2) {
      Lineup lineup = Lineup.open(arguments[0], Set.of(arguments[1]));
      Contender contender = lineup.contenders().values().iterator().next();
      long end = System.nanoTime() + NANOS;
      for (int i = 0; System.nanoTime() - end < 0; i++) {
        contender.call(i);
      }
    }
    System.gc();
    double heap = ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed() / 1e6;
    System.out.println("footprint " + residentMegabytes() + " " + heap);
    System.exit(0);
  }

  private static double residentMegabytes() throws IOException {
    Path status = Path.of("/proc/self/status");
    if (!Files.exists(status)) {
      return Double.NaN;
    }
    return Files.readAllLines(status).stream()
        .filter(line -> line.startsWith("VmRSS:"))
        .mapToDouble(line -> Double.parseDouble(line.replaceAll("[^0-9]", "")) * 1.024e-3)
        .findFirst()
        .orElse(Double.NaN);
  }
}
