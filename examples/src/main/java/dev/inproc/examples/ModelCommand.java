package dev.inproc.examples;

import dev.inproc.inference.InferenceException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
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
    main(new CommandLine(command), args);
  }

  /** Runs a command and ends the process with its status, unless that is 0. */
  static void main(CommandLine command, String... args) {
    // In UTF-8 whatever the locale: programs read it.
    command.setOut(new PrintWriter(System.out, false, StandardCharsets.UTF_8));
    int status = command.execute(args);
    command.getOut().flush();
    if (status != 0) {
      System.exit(status);
    }
  }

  @Override
  public final Integer call() {
    try {
      return run();
    } catch (InferenceException | IllegalArgumentException | UncheckedIOException e) {
      err().println(e.getMessage());
      return 1;
    }
  }

  /** Does the work and returns the exit status. */
  abstract int run();

  final PrintWriter out() {
    return spec.commandLine().getOut();
  }

  final PrintWriter err() {
    return spec.commandLine().getErr();
  }
}
