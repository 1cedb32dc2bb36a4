package dev.inproc.benchmarks.suite;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.logging.Level;
import java.util.logging.Logger;

/** A JVM of its own for a measurement, with this one's class path. */
final class Child {
  private static final Logger LOGS = Logger.getLogger(""); // held, since the JDK holds it weakly

  private Child() {}

  /** In a child: no notes of peers and of the library about loading; only what fails. */
  static void silenceLogs() {
    LOGS.setLevel(Level.SEVERE);
  }

  /**
   * Runs a main class to its end and returns what it printed; its standard error is passed through.
   *
   * @throws IllegalStateException if it fails
   */
  static String run(Class<?> main, List<String> arguments)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-Xmx2g", "-cp", System.getProperty("java.class.path")));
    if (Runtime.version().feature() >= 22) {
      command.add("--enable-native-access=ALL-UNNAMED");
    }
    command.add(main.getName());
    command.addAll(arguments);
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().put("TF_CPP_MIN_LOG_LEVEL", "2");
    Process process = builder.redirectError(ProcessBuilder.Redirect.INHERIT).start();
    String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (process.waitFor() != 0) {
      throw new IllegalStateException(
          main.getSimpleName() + " failed with " + process.exitValue() + ": " + text);
    }
    return text;
  }
}
