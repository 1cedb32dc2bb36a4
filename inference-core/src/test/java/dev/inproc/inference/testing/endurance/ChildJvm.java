package dev.inproc.inference.testing.endurance;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Runs a program in a JVM of its own: a crash there is an exit status here. The heap is fixed and
 * touched beforehand, malloc has few arenas, code is compiled by the quick compiler only, so that
 * what grows is what leaks.
 */
public final class ChildJvm {
  /** How it ended, and what it printed. */
  public record Outcome(int exit, String output, List<Path> crashReports) {}

  /** What a test does to the running program, such as ending it. */
  public interface Interference {
    /** Does it. */
    void on(Process process, Path output) throws IOException, InterruptedException;
  }

  private ChildJvm() {}

  /** Runs the program's main method, with a temporary folder of its own under the one given. */
  static Outcome run(Path directory, Duration limit, Class<?> program, String... args)
      throws IOException, InterruptedException {
    return run(directory, limit, List.of(), (process, output) -> {}, program, args);
  }

  /** Runs the program with further flags of the JVM, and does something to it. */
  public static Outcome run(
      Path directory,
      Duration limit,
      List<String> flags,
      Interference interference,
      Class<?> program,
      String... args)
      throws IOException, InterruptedException {
    return run(directory, limit, flags, classPath(), interference, program, args);
  }

  /** Runs the program on another class path. */
  public static Outcome run(
      Path directory,
      Duration limit,
      List<String> flags,
      String classPath,
      Interference interference,
      Class<?> program,
      String... args)
      throws IOException, InterruptedException {
    Path temporary = Files.createDirectories(directory.resolve("tmp"));
    Path output = directory.resolve("output");
    // Each of 100,000 loads says what the probe found.
    Path quiet = Files.writeString(directory.resolve("logging.properties"), ".level=WARNING\n");
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of(
            "-Xms128m",
            "-Xmx128m",
            "-XX:+AlwaysPreTouch",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-XX:-UsePerfData",
            "-XX:ErrorFile=" + directory.resolve("hs_err_%p.log"),
            "-Djava.util.logging.config.file=" + quiet,
            "-Djava.io.tmpdir=" + temporary));
    if (Runtime.version().feature() >= 24) {
      command.add("--enable-native-access=ALL-UNNAMED");
    }
    for (String property : List.of("inproc.device", "onnxruntime.native.path")) {
      String value = System.getProperty(property);
      if (value != null) {
        command.add("-D" + property + "=" + value);
      }
    }
    command.addAll(flags);
    command.add("-cp");
    command.add(classPath);
    command.add(program.getName());
    command.addAll(List.of(args));
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(directory.toFile())
            .redirectErrorStream(true)
            .redirectOutput(output.toFile());
    builder.environment().put("MALLOC_ARENA_MAX", "2");
    builder.environment().put("TF_CPP_MIN_LOG_LEVEL", "2");
    Process process = builder.start();
    try {
      interference.on(process, output);
      if (!process.waitFor(limit.toSeconds(), TimeUnit.SECONDS)) {
        throw new AssertionError("Hangs after " + limit + ": " + Files.readString(output));
      }
    } finally {
      process.destroyForcibly();
    }
    try (Stream<Path> files = Files.list(directory)) {
      List<Path> reports =
          files.filter(file -> String.valueOf(file.getFileName()).startsWith("hs_err")).toList();
      return new Outcome(process.exitValue(), Files.readString(output), reports);
    }
  }

  /**
   * Returns the class path of a child. Under Surefire with modules a part is on the module path.
   */
  public static String classPath() {
    return Stream.of("surefire.test.class.path", "jdk.module.path", "java.class.path")
        .map(System::getProperty)
        .filter(Objects::nonNull)
        .flatMap(path -> Arrays.stream(path.split(File.pathSeparator)))
        .filter(entry -> !entry.isEmpty())
        .map(entry -> Path.of(entry).toAbsolutePath().toString()) // the child is elsewhere
        .collect(Collectors.joining(File.pathSeparator));
  }
}
