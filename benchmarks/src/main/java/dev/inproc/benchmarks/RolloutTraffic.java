package dev.inproc.benchmarks;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads the calls of a rollout from a file, one after another. The first line names the columns, in
 * any order.
 */
final class RolloutTraffic implements AutoCloseable {
  /**
   * What each version would answer a call.
   *
   * @param key null for a call without
   * @param run null unless the call fails together with others
   */
  record Call(
      double timeMs,
      @Nullable String key,
      boolean isStableError,
      boolean isCanaryError,
      double stableMicros,
      double canaryMicros,
      @Nullable String run,
      boolean isByRule) {}

  private static final List<String> NEEDED =
      List.of("time_ms", "key", "stable_error", "canary_error", "stable_us", "canary_us");
  private static final List<String> OPTIONAL = List.of("run", "rule");
  private static final Set<String> FALSE = Set.of("", "0", "false");
  private static final Set<String> TRUE = Set.of("1", "true");

  private final BufferedReader reader;
  private final List<String> columns;
  private int line;
  private double lastMs = Double.NEGATIVE_INFINITY;

  RolloutTraffic(Path file) throws IOException {
    reader = Files.newBufferedReader(file);
    try {
      columns = columns();
    } catch (IOException | RuntimeException e) {
      reader.close();
      throw e;
    }
  }

  private List<String> columns() throws IOException {
    String header = nextLine();
    List<String> names = header == null ? List.of() : split(header.replace("\ufeff", ""));
    List<String> missing = new ArrayList<>(NEEDED);
    missing.removeAll(names);
    List<String> unknown = new ArrayList<>(names);
    unknown.removeAll(NEEDED);
    unknown.removeAll(OPTIONAL);
    boolean isTwice = new HashSet<>(names).size() < names.size();
    if (!missing.isEmpty() || !unknown.isEmpty() || isTwice) {
      throw new IllegalArgumentException(
          "Line 1 must name the columns "
              + String.join(",", NEEDED)
              + ", and may name "
              + String.join(",", OPTIONAL)
              + ", each once, got "
              + String.join(",", names));
    }
    return names;
  }

  /** Returns the next call; null after the last. */
  @Nullable Call next() throws IOException {
    String text = nextLine();
    while (text != null && text.isBlank()) {
      text = nextLine();
    }
    if (text == null) {
      return null;
    }
    List<String> values = split(text);
    if (values.size() != columns.size()) {
      throw new IllegalArgumentException(
          "Line " + line + " has " + values.size() + " values, expected " + columns.size());
    }
    double time = number(values, "time_ms", Double.NEGATIVE_INFINITY);
    if (time < lastMs) {
      throw new IllegalArgumentException(
          "Line " + line + ": time_ms goes back, from " + lastMs + " to " + time);
    }
    lastMs = time;
    String key = value(values, "key");
    String run = value(values, "run");
    return new Call(
        time,
        key.isEmpty() ? null : key,
        flag(values, "stable_error"),
        flag(values, "canary_error"),
        number(values, "stable_us", 0),
        number(values, "canary_us", 0),
        run.isEmpty() ? null : run,
        flag(values, "rule"));
  }

  private @Nullable String nextLine() throws IOException {
    line++;
    return reader.readLine();
  }

  private static List<String> split(String text) {
    return Arrays.stream(text.split(",", -1)).map(String::strip).toList();
  }

  private String value(List<String> values, String column) {
    int index = columns.indexOf(column);
    return index < 0 ? "" : values.get(index);
  }

  private double number(List<String> values, String column, double least) {
    String value = value(values, column);
    double number;
    try {
      number = Double.parseDouble(value);
    } catch (NumberFormatException e) {
      number = Double.NaN;
    }
    if (!(number >= least && Math.abs(number) <= Long.MAX_VALUE / 1e6)) {
      throw expected(column, least == 0 ? "a number of 0 or more" : "a number", value);
    }
    return number;
  }

  private boolean flag(List<String> values, String column) {
    String value = value(values, column);
    if (!FALSE.contains(value) && !TRUE.contains(value)) {
      throw expected(column, "0 or 1", value);
    }
    return TRUE.contains(value);
  }

  private IllegalArgumentException expected(String column, String what, String value) {
    return new IllegalArgumentException(
        "Line " + line + ": " + column + " must be " + what + ", got \"" + value + "\"");
  }

  @Override
  public void close() throws IOException {
    reader.close();
  }
}
