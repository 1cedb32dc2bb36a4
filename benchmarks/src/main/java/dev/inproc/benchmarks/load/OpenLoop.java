package dev.inproc.benchmarks.load;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.HdrHistogram.Histogram;

/**
 * Sends requests at intended times. Every latency counts from the intended time, not from the
 * sending: if the target stalls, those who would have come meanwhile are seen to wait, as they
 * would have (no coordinated omission; Tene, "How NOT to Measure Latency").
 *
 * <p>A target without asynchronous calls is served by a number of blocking callers who take the
 * next arrival in turn; when all are busy, arrivals wait, and that wait counts too.
 */
public final class OpenLoop {
  private final Target target;
  private final Clock clock;
  private final long[] schedule;
  private final long warmUpNanos;
  private final Histogram latencies = LoadResult.concurrentHistogram();
  private final Histogram lateness = LoadResult.concurrentHistogram();
  private final AtomicLong failed = new AtomicLong();
  private final AtomicInteger outstanding = new AtomicInteger();

  private OpenLoop(Target target, Clock clock, long[] schedule, long warmUpNanos) {
    this.target = target;
    this.clock = clock;
    this.schedule = schedule;
    this.warmUpNanos = warmUpNanos;
  }

  /**
   * Submits from one thread, never waiting for an answer.
   *
   * @param schedule when requests are meant to arrive; see {@link Arrivals}
   * @param warmUpNanos arrivals before this time are sent and not measured
   * @param mostOutstanding where so many are under way, a request counts as failed at once; else an
   *     overloaded target would be given all the memory there is
   */
  public static LoadResult submit(
      Target target, Clock clock, long[] schedule, long warmUpNanos, int mostOutstanding) {
    return new OpenLoop(target, clock, schedule, warmUpNanos).submitAll(mostOutstanding);
  }

  private LoadResult submitAll(int mostOutstanding) {
    long start = clock.nanoTime();
    CompletableFuture<?> last = CompletableFuture.completedFuture(null);
    List<CompletableFuture<?>> ends = new ArrayList<>();
    for (int i = 0; i < schedule.length; i++) {
      long intended = start + schedule[i];
      boolean measured = schedule[i] >= warmUpNanos;
      clock.sleepUntil(intended);
      note(lateness, clock.nanoTime() - intended, measured);
      if (outstanding.get() >= mostOutstanding) {
        fail(measured);
        continue;
      }
      outstanding.incrementAndGet();
      last =
          target
              .submit(i)
              .handle((answer, failure) -> ended(clock.nanoTime() - intended, failure, measured));
      if (!last.isDone()) {
        ends.add(last);
        if (ends.size() > 4 * mostOutstanding) {
          ends.removeIf(CompletableFuture::isDone);
        }
      }
    }
    ends.forEach(clock::await);
    return result();
  }

  private boolean ended(
      long nanos, @org.jspecify.annotations.Nullable Throwable failure, boolean measured) {
    outstanding.decrementAndGet();
    if (failure == null) {
      note(latencies, nanos, measured);
    } else {
      fail(measured);
    }
    return true;
  }

  /** Calls from so many threads, each of which takes the next arrival when it is free. */
  public static LoadResult call(
      Target target, Clock clock, long[] schedule, long warmUpNanos, int callers) {
    return new OpenLoop(target, clock, schedule, warmUpNanos).callAll(callers);
  }

  private LoadResult callAll(int callers) {
    long start = clock.nanoTime();
    AtomicInteger next = new AtomicInteger();
    Threads.run(
        callers,
        caller -> {
          for (int i = next.getAndIncrement(); i < schedule.length; i = next.getAndIncrement()) {
            callOne(start, i);
          }
        });
    return result();
  }

  private void callOne(long start, int index) {
    long intended = start + schedule[index];
    boolean measured = schedule[index] >= warmUpNanos;
    clock.sleepUntil(intended);
    note(lateness, clock.nanoTime() - intended, measured);
    try {
      target.call(index);
      note(latencies, clock.nanoTime() - intended, measured);
    } catch (Exception e) {
      fail(measured);
    }
  }

  private static void note(Histogram histogram, long nanos, boolean measured) {
    if (measured) {
      histogram.recordValue(LoadResult.clamp(nanos));
    }
  }

  private void fail(boolean measured) {
    if (measured) {
      failed.incrementAndGet();
    }
  }

  private LoadResult result() {
    long sent = 0;
    for (long time : schedule) {
      sent += time >= warmUpNanos ? 1 : 0;
    }
    long last = schedule.length == 0 ? 0 : schedule[schedule.length - 1];
    double seconds = Math.max(1, last - warmUpNanos) / 1e9;
    return new LoadResult(sent, failed.get(), seconds, latencies, lateness);
  }
}
