package dev.inproc.examples;

import dev.inproc.inference.Answer;
import dev.inproc.inference.CallOptions;
import dev.inproc.inference.Predictor;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntFunction;
import org.HdrHistogram.Histogram;

/**
 * Calls that come at a fixed rate, whether earlier ones have been answered or not, as users' calls
 * do. A latency counts from the moment at which the call was due, so that a stall shows in all the
 * calls that it held up.
 */
final class PacedCalls<I> {
  /** What became of the calls that were due in one phase. */
  static final class Phase {
    private final Histogram latencies = new Histogram(3);
    private final Map<String, Long> versions = new TreeMap<>();
    private long failed;

    synchronized long calls() {
      return latencies.getTotalCount() + failed;
    }

    synchronized long failed() {
      return failed;
    }

    synchronized double millis(double percentile) {
      return latencies.getValueAtPercentile(percentile) / 1e6;
    }

    /** Returns how many calls each version answered. */
    synchronized Map<String, Long> versions() {
      return new TreeMap<>(versions);
    }

    private synchronized void answered(String version, long nanos) {
      versions.merge(version, 1L, Long::sum);
      latencies.recordValue(nanos);
    }

    private synchronized void failed(Throwable failure) {
      failed++;
      versions.merge(failure.toString(), 1L, Long::sum);
    }
  }

  private final Predictor<I, ? extends Answer<?>> answers;
  private final List<I> inputs;
  private final IntFunction<CallOptions> options;
  private final long intervalNanos;
  private final Map<String, Phase> phases = new LinkedHashMap<>();
  private final Thread thread;
  private volatile Phase phase;
  private volatile boolean isOver;

  /**
   * Starts.
   *
   * @param answers is called, but not closed
   * @param inputs in turn, over and over
   */
  PacedCalls(
      Predictor<I, ? extends Answer<?>> answers, List<I> inputs, int perSecond, String phase) {
    this(answers, inputs, call -> CallOptions.DEFAULT, perSecond, phase);
  }

  /**
   * Starts.
   *
   * @param options of each call, given its number
   */
  PacedCalls(
      Predictor<I, ? extends Answer<?>> answers,
      List<I> inputs,
      IntFunction<CallOptions> options,
      int perSecond,
      String phase) {
    this.answers = answers;
    this.inputs = inputs;
    this.options = options;
    intervalNanos = 1_000_000_000L / perSecond;
    this.phase = begin(phase);
    thread = new Thread(this::call, "paced calls");
    thread.start();
  }

  /** Counts the calls that are due from now on in another phase. */
  Phase begin(String name) {
    Phase next = new Phase();
    phases.put(name, next);
    phase = next;
    return next;
  }

  Map<String, Phase> phases() {
    return phases;
  }

  private void call() {
    long due = System.nanoTime();
    for (int i = 0; !isOver; i++) {
      due += intervalNanos;
      for (long left = due - System.nanoTime(); left > 0; left = due - System.nanoTime()) {
        LockSupport.parkNanos(left);
      }
      long start = due;
      Phase own = phase;
      var unused =
          answers
              .submit(inputs.get(i % inputs.size()), options.apply(i))
              .whenComplete(
                  (answer, failure) -> {
                    if (failure == null) {
                      own.answered(
                          answer.version().orElse("no version"), System.nanoTime() - start);
                    } else {
                      own.failed(failure);
                    }
                  });
    }
  }

  /** Makes no more calls; those under way go on. */
  void end() throws InterruptedException {
    isOver = true;
    thread.join();
  }
}
