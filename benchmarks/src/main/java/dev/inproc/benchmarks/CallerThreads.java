package dev.inproc.benchmarks;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Threads that call and block, each asking again as soon as it has its answer. They share out the
 * calls among them as they come to it; the last few calls find fewer callers, which is the same for
 * every contender.
 */
final class CallerThreads implements Callers {
  private final int threads;
  private final Runnable call;
  private final ExecutorService executor;

  CallerThreads(int threads, Runnable call) {
    this.threads = threads;
    this.call = call;
    executor = Executors.newFixedThreadPool(threads);
  }

  @Override
  public long call(int calls) throws InterruptedException {
    AtomicLong left = new AtomicLong(calls);
    List<Future<Long>> all = new ArrayList<>();
    for (int i = 0; i < threads; i++) {
      all.add(
          executor.submit(
              () -> {
                long made = 0;
                while (left.getAndDecrement() > 0) {
                  call.run();
                  made++;
                }
                return made;
              }));
    }
    long made = 0;
    try {
      for (Future<Long> each : all) {
        made += each.get();
      }
    } catch (ExecutionException e) {
      throw new IllegalStateException("A caller failed", e.getCause());
    }
    return made;
  }

  @Override
  public void close() {
    executor.shutdown();
  }
}
