package dev.inproc.benchmarks.suite;

import com.sun.management.ThreadMXBean;
import dev.inproc.benchmarks.load.Target;
import java.lang.management.ManagementFactory;

/** Bytes allocated on the heap, by all threads that live: an answer's may be another's. */
final class Allocation {
  private static final long MOST_NANOS = 30_000_000;
  private static final int MOST_CALLS = 2_000;

  private Allocation() {}

  /** Calls for a while, and returns the bytes of a call. */
  static double bytesPerCall(Target target) throws Exception {
    long before = bytes();
    long end = System.nanoTime() + MOST_NANOS;
    int calls = 0;
    do {
      target.call(calls++);
    } while (calls < MOST_CALLS && System.nanoTime() - end < 0);
    return (double) (bytes() - before) / calls;
  }

  private static long bytes() {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long sum = 0;
    for (long bytes : threads.getThreadAllocatedBytes(threads.getAllThreadIds())) {
      sum += Math.max(0, bytes); // -1 for one that has ended meanwhile
    }
    return sum;
  }
}
