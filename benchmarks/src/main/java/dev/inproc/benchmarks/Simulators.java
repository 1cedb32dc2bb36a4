package dev.inproc.benchmarks;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.NoSuchFileException;
import java.util.Arrays;

/** What simulators have in common on the command line. */
final class Simulators {
  private Simulators() {}

  /** A simulation that reads a file. */
  interface Task {
    /**
     * Simulates and prints.
     *
     * @throws IllegalArgumentException if the arguments or the file are not as said
     */
    void run() throws IOException;
  }

  /**
   * Runs one.
   *
   * @param file what its file is called in messages
   * @return the exit status: 0, or 2 after a message
   */
  static int run(PrintStream err, String usage, String file, String[] arguments, Task task) {
    if (arguments.length == 0 || Arrays.asList(arguments).contains("--help")) {
      err.println(usage);
      return 2;
    }
    try {
      task.run();
      return 0;
    } catch (IllegalArgumentException e) {
      err.println(e.getMessage());
      err.println(usage);
    } catch (NoSuchFileException e) {
      err.println("No such file: " + e.getMessage());
    } catch (IOException e) {
      err.println("The " + file + " cannot be read: " + e);
    }
    return 2;
  }
}
