package dev.inproc.examples;

import dev.inproc.inference.InferenceException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/**
 * A command about a model file: a table, and a last line of JSON. What a user can mend is one line
 * on standard error and the exit status 1; wrong arguments are 2.
 */
@Command(mixinStandardHelpOptions = true)
abstract class ModelCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();

  /** Runs a command and ends the process with its status, unless that is 0. */
  static void main(ModelCommand command, String... args) {
    int status = new CommandLine(command).execute(args);
    if (status != 0) {
      System.exit(status);
    }
  }

  @Override
  public final Integer call() {
    try {
      return run();
    } catch (InferenceException | IllegalArgumentException | UncheckedIOException e) {
      spec.commandLine().getErr().println(e.getMessage());
      return 1;
    }
  }

  /** Does the work and returns the exit status. */
  abstract int run();

  final PrintWriter out() {
    return spec.commandLine().getOut();
  }
}
