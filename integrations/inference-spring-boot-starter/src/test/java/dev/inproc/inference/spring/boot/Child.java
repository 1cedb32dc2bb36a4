package dev.inproc.inference.spring.boot;

import dev.inproc.inference.testing.endurance.ChildJvm;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** An application in a JVM of its own, on the class path of the test. */
final class Child implements AutoCloseable {
  private final Process process;
  private final BufferedReader lines;
  private final List<String> output = new ArrayList<>();

  private Child(Process process) {
    this.process = process;
    lines = process.inputReader(StandardCharsets.UTF_8);
  }

  static Child start(Class<?> program, List<String> flags, String... properties)
      throws IOException {
    return startWithout("^$", program, flags, properties);
  }

  /** Starts it without the entries of the class path in which a pattern is found. */
  static Child startWithout(
      String missing, Class<?> program, List<String> flags, String... properties)
      throws IOException {
    String classPath =
        Arrays.stream(ChildJvm.classPath().split(File.pathSeparator))
            .filter(entry -> !Pattern.compile(missing).matcher(entry).find())
            .collect(Collectors.joining(File.pathSeparator));
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-Xmx512m", "-XX:TieredStopAtLevel=1"));
    if (Runtime.version().feature() >= 24) {
      command.add("--enable-native-access=ALL-UNNAMED");
    }
    command.addAll(flags);
    command.addAll(List.of("-cp", classPath, program.getName()));
    for (String property : properties) {
      command.add("--" + property);
    }
    return new Child(new ProcessBuilder(command).redirectErrorStream(true).start());
  }

  /** Reads on until a line begins so, and returns the line. */
  String await(String beginning) {
    try {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        output.add(line);
        if (line.startsWith(beginning)) {
          return line;
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    throw new AssertionError(
        "No line begins with " + beginning + ":\n" + String.join("\n", output));
  }

  /** Sends SIGTERM. */
  void terminate() {
    process.toHandle().destroy(); // Process.destroy() would close the output too
  }

  /** Waits for the end, and returns the exit status. */
  int exit(long seconds) throws InterruptedException {
    if (!process.waitFor(seconds, TimeUnit.SECONDS)) {
      throw new AssertionError("Hangs:\n" + String.join("\n", output));
    }
    return process.exitValue();
  }

  /** What was printed and read. */
  List<String> output() {
    return output;
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }
}
