package dev.inproc.benchmarks;

import dev.inproc.benchmarks.load.Clock;
import dev.inproc.inference.Predictor;
import dev.inproc.inference.tensor.Tensors;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;

/** Calls at times of a schedule, from a thread of its own. */
final class PacedCalls {
  private final long[] due;
  private final long[] took;
  private final List<CompletableFuture<?>> calls = new ArrayList<>();
  private final Thread thread;

  PacedCalls(
      Predictor<Tensors, Tensors> predictor,
      List<Tensors> inputs,
      long[] schedule,
      AtomicInteger failed) {
    due = new long[schedule.length];
    took = new long[schedule.length];
    long start = System.nanoTime();
    thread =
        new Thread(
            () -> {
              for (int i = 0; i < schedule.length && !Thread.interrupted(); i++) {
                int call = i;
                due[call] = start + schedule[call];
                Clock.SYSTEM.sleepUntil(due[call]);
                calls.add(
                    predictor
                        .submit(inputs.get(call % inputs.size()))
                        .whenComplete(
                            (answer, failure) -> {
                              took[call] = System.nanoTime() - due[call];
                              if (failure != null) {
                                failed.incrementAndGet();
                              }
                            }));
              }
            });
    thread.start();
  }

  void end() throws InterruptedException {
    thread.interrupt();
    thread.join();
    calls.forEach(call -> call.exceptionally(e -> null).join());
  }

  List<Double> within(long from, long to) {
    List<Double> millis = new ArrayList<>();
    for (int i = 0; i < calls.size(); i++) {
      if (due[i] - from >= 0 && to - due[i] > 0) {
        millis.add(took[i] / 1e6);
      }
    }
    return millis;
  }
}
