package dev.inproc.inference.batch;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Recorded or made-up arrivals, in the order they come. As a file: CSV with the header {@code
 * arrival_us,deadline_us}, both absolute microseconds, the deadline empty for none; fractions are
 * allowed, and lines may come in any order.
 */
public record Trace(List<Arrival> arrivals) {
  public static final String HEADER = "arrival_us,deadline_us";
  private static final double MAX_MICROS = 1e15; // 31 years; in nanoseconds still a long

  /**
   * One request.
   *
   * @param arrivalNanos from the trace's beginning
   * @param deadlineNanos likewise; {@link Long#MAX_VALUE} if there is none
   */
  public record Arrival(long arrivalNanos, long deadlineNanos) {
    /** Returns whether there is a deadline. */
    public boolean isTimed() {
      return deadlineNanos != Long.MAX_VALUE;
    }
  }

  public Trace {
    arrivals = arrivals.stream().sorted(Comparator.comparingLong(Arrival::arrivalNanos)).toList();
  }

  /** Makes a trace of deadlines that are all as far from the arrival. */
  public static Trace of(long[] arrivalNanos, long deadlineNanos) {
    return new Trace(
        Arrays.stream(arrivalNanos).mapToObj(at -> new Arrival(at, at + deadlineNanos)).toList());
  }

  /**
   * Reads a file.
   *
   * @throws IllegalArgumentException if it is not such a file, naming the line and what it holds
   */
  public static Trace read(Path file) throws IOException {
    List<Arrival> arrivals = new ArrayList<>();
    try (BufferedReader reader = Files.newBufferedReader(file)) {
      String header = reader.readLine();
      if (header == null || !header.strip().equals(HEADER)) {
        throw new IllegalArgumentException(
            file + ": expected the header \"" + HEADER + "\", got " + quoted(header));
      }
      int number = 1;
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        number++;
        if (!line.isBlank()) {
          arrivals.add(parse(line, file + ", line " + number));
        }
      }
    }
    return new Trace(arrivals);
  }

  private static String quoted(@Nullable String line) {
    return line == null ? "an empty file" : "\"" + line + "\"";
  }

  private static Arrival parse(String line, String where) {
    String[] fields = line.split(",", -1);
    if (fields.length != 2) {
      throw new IllegalArgumentException(
          where + ": expected 2 fields, got " + fields.length + ": " + quoted(line));
    }
    long arrival = nanos(fields[0], where, "arrival_us");
    if (fields[1].isBlank()) {
      return new Arrival(arrival, Long.MAX_VALUE);
    }
    long deadline = nanos(fields[1], where, "deadline_us");
    if (deadline < arrival) {
      throw new IllegalArgumentException(
          where + ": expected a deadline at or after the arrival, got " + quoted(line));
    }
    return new Arrival(arrival, deadline);
  }

  private static long nanos(String field, String where, String name) {
    double micros;
    try {
      micros = Double.parseDouble(field.strip());
    } catch (NumberFormatException e) {
      micros = Double.NaN;
    }
    if (!(micros >= 0 && micros <= MAX_MICROS)) {
      throw new IllegalArgumentException(
          where + ": expected " + name + " as microseconds from 0 to 1e15, got " + quoted(field));
    }
    return Math.round(micros * 1e3);
  }
}
