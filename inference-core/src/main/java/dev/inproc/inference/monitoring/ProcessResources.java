package dev.inproc.inference.monitoring;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;

/**
 * What the process uses now, as the operating system measures it, and what it may use. A value that
 * the system does not tell is empty: outside Linux, all but the processors and the CPU time.
 *
 * <p>The limits belong to the process's control group, version 1 or 2: a container is killed for
 * exceeding them. The group's memory includes file pages that the kernel can drop, so {@code
 * groupMemoryBytes} leaves inactive ones out, as Kubernetes does.
 *
 * @param processors processors that the JVM may use
 * @param cpuNanos CPU time of the process since its start, in nanoseconds
 * @param residentBytes the process's resident set: heap, native memory of models, mapped files
 * @param groupMemoryBytes memory of the control group without inactive file pages
 * @param groupMemoryLimitBytes the group's limit; empty if there is none
 */
public record ProcessResources(
    int processors,
    OptionalLong cpuNanos,
    OptionalLong residentBytes,
    OptionalLong groupMemoryBytes,
    OptionalLong groupMemoryLimitBytes) {
  /** Version 1 writes the largest page-aligned long for no limit. */
  private static final long NO_LIMIT = 1L << 62;

  /** Reads them. Takes some files of {@code /proc} and {@code /sys}: below a millisecond. */
  public static ProcessResources now() {
    return read(Path.of("/proc/self"), Path.of("/sys/fs/cgroup"));
  }

  /** For tests that bring their own files. */
  static ProcessResources read(Path process, Path groups) {
    OptionalLong cpu =
        ProcessHandle.current()
            .info()
            .totalCpuDuration()
            .map(duration -> OptionalLong.of(duration.toNanos()))
            .orElse(OptionalLong.empty());
    Group group = Group.of(lines(process.resolve("cgroup")), groups);
    return new ProcessResources(
        Runtime.getRuntime().availableProcessors(),
        cpu,
        times(number(lines(process.resolve("status")), "VmRSS:"), 1024),
        group.memory(),
        group.limit());
  }

  /** The process's control group: a folder, and what its files are called. */
  private record Group(Path folder, String usage, String limitName, String inactive) {
    static Group of(List<String> memberships, Path root) {
      for (String line : memberships) {
        String[] parts = line.split(":", 3);
        if (parts.length == 3 && List.of(parts[1].split(",")).contains("memory")) {
          return new Group(
              folder(root.resolve("memory"), parts[2], "memory.usage_in_bytes"),
              "memory.usage_in_bytes",
              "memory.limit_in_bytes",
              "total_inactive_file");
        }
      }
      String path =
          memberships.stream()
              .filter(line -> line.startsWith("0::"))
              .map(line -> line.substring(3))
              .findFirst()
              .orElse("/");
      return new Group(
          folder(root, path, "memory.current"), "memory.current", "memory.max", "inactive_file");
    }

    /** Inside a container the path is often the host's, and the root is the group itself. */
    private static Path folder(Path root, String path, String file) {
      Path folder = root.resolve(path.substring(path.startsWith("/") ? 1 : 0)).normalize();
      return folder.startsWith(root) && Files.exists(folder.resolve(file)) ? folder : root;
    }

    OptionalLong memory() {
      OptionalLong used = number(lines(folder.resolve(usage)), "");
      long idle = number(lines(folder.resolve("memory.stat")), inactive + " ").orElse(0);
      return used.isEmpty() ? used : OptionalLong.of(Math.max(0, used.getAsLong() - idle));
    }

    OptionalLong limit() {
      OptionalLong limit = number(lines(folder.resolve(limitName)), "");
      return limit.isPresent() && limit.getAsLong() < NO_LIMIT ? limit : OptionalLong.empty();
    }
  }

  private static List<String> lines(Path file) {
    try {
      return Files.readAllLines(file);
    } catch (IOException | SecurityException e) {
      return List.of(); // another system, or not ours to read
    }
  }

  /** The number after a prefix at the start of a line. */
  private static OptionalLong number(List<String> lines, String prefix) {
    for (String line : lines) {
      if (line.startsWith(prefix)) {
        String[] words = line.substring(prefix.length()).strip().split("\\s+", 2);
        return words[0].matches("\\d+") ? parse(words[0]) : OptionalLong.empty(); // "max"
      }
    }
    return OptionalLong.empty();
  }

  private static OptionalLong parse(String digits) {
    try {
      return OptionalLong.of(Long.parseLong(digits));
    } catch (NumberFormatException e) {
      return OptionalLong.empty();
    }
  }

  private static OptionalLong times(OptionalLong value, long factor) {
    return value.isEmpty() ? value : OptionalLong.of(value.getAsLong() * factor);
  }

  @Override
  public String toString() {
    return String.format(
        Locale.ROOT,
        "%d processors, CPU %s ms, resident %s MB, group %s MB of %s",
        processors,
        text(cpuNanos, 1_000_000),
        text(residentBytes, 1 << 20),
        text(groupMemoryBytes, 1 << 20),
        groupMemoryLimitBytes.isEmpty() ? "no limit" : text(groupMemoryLimitBytes, 1 << 20));
  }

  private static String text(OptionalLong value, long unit) {
    return value.isEmpty() ? "?" : Long.toString(value.getAsLong() / unit);
  }
}
