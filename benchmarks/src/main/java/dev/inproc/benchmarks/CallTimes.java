package dev.inproc.benchmarks;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** Latencies of calls that were due within some windows. */
final class CallTimes {
  private final List<Double> millis = new ArrayList<>();

  void add(PacedCalls calls, long from, long to) {
    millis.addAll(calls.within(from, to));
  }

  int count() {
    return millis.size();
  }

  double at(double quantile) {
    Collections.sort(millis);
    return millis.isEmpty()
        ? Double.NaN
        : millis.get((int) Math.min(millis.size() - 1, quantile * millis.size()));
  }
}
