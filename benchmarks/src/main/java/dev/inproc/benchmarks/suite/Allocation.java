package dev.inproc.benchmarks.suite;

import com.sun.management.ThreadMXBean;
import dev.inproc.benchmarks.load.Target;
import java.lang.management.ManagementFactory;
import java.util.HashMap;
import java.util.Map;

/** Bytes allocated on the heap, by all threads that live: an answer's may be another's. */
final class Allocation {
  private static final long MOST_NANOS = 30_000_000;
  private static final int MOST_CALLS = 2_000;

  private Allocation() {}

  /** Calls for a while, and returns the bytes of a call. */
  static double bytesPerCall(Target target) throws Exception {
    Map<Long, Long> before = bytes();
    long end = System.nanoTime() + MOST_NANOS;
    int calls = 0;
    do {
      target.call(calls++);
    } while (calls < MOST_CALLS && System.nanoTime() - end < 0);
    long sum = 0;
    for (Map.Entry<Long, Long> thread : bytes().entrySet()) {
      sum += thread.getValue() - before.getOrDefault(thread.getKey(), 0L);
    }
    return (double) sum / calls;
  }

  /** By thread, since what one has allocated is forgotten when it ends. */
  private static Map<Long, Long> bytes() {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long[] ids = threads.getAllThreadIds();
    long[] bytes = threads.getThreadAllocatedBytes(ids);
    Map<Long, Long> byThread = new HashMap<>();
    for (int i = 0; i < ids.length; i++) {
      byThread.put(ids[i], Math.max(0, bytes[i])); // -1 for one that has ended meanwhile
    }
    return byThread;
  }
}
