package dev.inproc.benchmarks.load;

import org.HdrHistogram.Histogram;

/**
 * Callers who each wait for their answer before they call again. Shows what a number of callers
 * gets out of a target; as a picture of latency under traffic it would flatter, since a stalled
 * target is sent nothing: {@link OpenLoop} is for that.
 */
public final class ClosedLoop {
  private ClosedLoop() {}

  /**
   * Calls for a time.
   *
   * @param warmUpNanos called for so long before the measured time begins
   */
  public static LoadResult run(Target target, int callers, long warmUpNanos, long nanos) {
    Histogram[] each = new Histogram[callers];
    long begin = System.nanoTime() + warmUpNanos;
    long end = begin + nanos;
    long[] lastEnds = new long[callers];
    Threads.run(callers, caller -> each[caller] = call(target, caller, begin, end, lastEnds));
    Histogram all = LoadResult.histogram();
    long last = begin + 1;
    for (int i = 0; i < callers; i++) {
      all.add(each[i]);
      last = Math.max(last, lastEnds[i]);
    }
    double seconds = (last - begin) / 1e9;
    return new LoadResult(all.getTotalCount(), 0, seconds, all, LoadResult.histogram());
  }

  /** Counts the calls that begin within the time; the time ends with the last of them. */
  private static Histogram call(Target target, int caller, long begin, long end, long[] lastEnds)
      throws Exception {
    Histogram latencies = LoadResult.histogram();
    int index = caller * 7_919; // apart, so that callers do not send the same in step
    long before = System.nanoTime();
    while (before - end < 0) {
      target.call(index++ & Integer.MAX_VALUE);
      long after = System.nanoTime();
      if (before - begin >= 0) {
        latencies.recordValue(LoadResult.clamp(after - before));
        lastEnds[caller] = after;
      }
      before = after;
    }
    return latencies;
  }
}
