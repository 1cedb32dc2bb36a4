package dev.inproc.inference.testing.endurance;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/**
 * What this process holds, as Linux counts it.
 *
 * @param residentKb the memory that is resident, in KiB
 * @param threads native ones included
 * @param files open file descriptors
 * @param temporary files and folders under {@code java.io.tmpdir}
 */
record Vitals(long residentKb, long threads, long files, long temporary) {
  private static final Path SELF = Path.of("/proc/self");

  static boolean areThere() {
    return Files.isReadable(SELF.resolve("status"));
  }

  static Vitals now() {
    Path temporary = Path.of(System.getProperty("java.io.tmpdir"));
    try (Stream<Path> open = Files.list(SELF.resolve("fd"));
        Stream<Path> left = Files.walk(temporary)) {
      return new Vitals(status("VmRSS:"), status("Threads:"), open.count(), left.count());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static long status(String key) throws IOException {
    try (Stream<String> lines = Files.lines(SELF.resolve("status"))) {
      String line = lines.filter(each -> each.startsWith(key)).findFirst().orElseThrow();
      return Long.parseLong(line.replaceAll("\\D", ""));
    }
  }
}
