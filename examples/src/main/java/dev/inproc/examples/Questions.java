package dev.inproc.examples;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Where the questions come from: the command line, else standard input, else the bundled list. */
final class Questions {
  private static final int PATIENCE_MILLIS = 200;
  private static final int POLL_MILLIS = 20;

  private Questions() {}

  /** The user's own questions; empty if there are none. */
  static List<String> own(String[] args, InputStream in) throws InterruptedException {
    if (args.length > 0) {
      return List.of(args);
    }
    return Progress.isTerminal(Progress.STDIN) ? List.of() : lines(in);
  }

  /** Build tools often leave standard input open with nothing in it: do not wait for its end. */
  static List<String> lines(InputStream in) throws InterruptedException {
    try {
      for (int waited = 0; in.available() == 0; waited += POLL_MILLIS) {
        if (waited >= PATIENCE_MILLIS) {
          return List.of();
        }
        Thread.sleep(POLL_MILLIS);
      }
    } catch (IOException e) {
      return List.of(); // closed
    }
    BufferedReader reader = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8));
    try {
      return reader.lines().map(String::strip).filter(line -> !line.isEmpty()).toList();
    } catch (UncheckedIOException e) {
      return List.of();
    }
  }
}
