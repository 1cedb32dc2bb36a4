package dev.inproc.examples;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Supplier;
import org.HdrHistogram.Histogram;

/** Callers that ask one question after the other, each as soon as it has its answer. */
final class LoadTest {
  private final List<String> questions;
  private final int callers;

  /** Latencies in nanoseconds, and how long it took in all. Rounds add up. */
  static final class Result {
    private final Histogram latencies = new Histogram(3);
    private long nanos;

    double millis(double percentile) {
      return latencies.getValueAtPercentile(percentile) / 1e6;
    }

    double perSecond() {
      return latencies.getTotalCount() * 1e9 / nanos;
    }
  }

  LoadTest(List<String> questions, int callers) {
    this.questions = questions;
    this.callers = callers;
  }

  /**
   * Runs one round.
   *
   * @param newCaller makes the embedder of each caller
   */
  void run(Supplier<Embedder> newCaller, Duration duration, Result total)
      throws InterruptedException {
    ExecutorService threads = Executors.newFixedThreadPool(callers);
    try {
      CyclicBarrier start = new CyclicBarrier(callers);
      List<Future<Histogram>> running = new ArrayList<>();
      long begin = System.nanoTime();
      for (int caller = 0; caller < callers; caller++) {
        int first = caller * questions.size() / callers;
        Embedder embedder = newCaller.get();
        running.add(
            threads.submit(
                () -> {
                  start.await();
                  return ask(embedder, first, duration);
                }));
      }
      for (Future<Histogram> each : running) {
        total.latencies.add(each.get());
      }
      total.nanos += System.nanoTime() - begin;
    } catch (ExecutionException e) {
      throw new IllegalStateException("A caller failed", e.getCause());
    } finally {
      threads.shutdownNow();
    }
  }

  private Histogram ask(Embedder embedder, int first, Duration duration) {
    Histogram latencies = new Histogram(3);
    long end = System.nanoTime() + duration.toNanos();
    long now = System.nanoTime();
    for (int i = first; now < end; i++) {
      embedder.embed(questions.get(i % questions.size()));
      long done = System.nanoTime();
      latencies.recordValue(done - now);
      now = done;
    }
    return latencies;
  }
}
