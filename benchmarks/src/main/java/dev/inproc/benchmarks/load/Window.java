package dev.inproc.benchmarks.load;

import java.util.Arrays;
import java.util.concurrent.CompletableFuture;

/**
 * Keeps a fixed number of asynchronous requests under way, to see the most a target answers.
 *
 * <p>The window is a ring: one thread waits for the oldest request and puts a new one in its place.
 * The shape is fixed because it decides the figure: the same target gave 2.5 to 40 million a second
 * as its window was a ring, a chain of callbacks or a semaphore. A chain submits on the engine's
 * own thread and so hides the hand-over between threads; a semaphore measures itself. A ring is
 * what a stream's or a loop's code does: it spins for up to 20 µs, then parks. It never has more
 * under way than it says; it may have fewer, when an old request is answered after younger ones.
 */
public final class Window {
  private Window() {}

  /** Returns the answers a second over a time; failed requests throw. */
  public static double run(Target target, Clock clock, int size, long warmUpNanos, long nanos) {
    CompletableFuture<?>[] ring = new CompletableFuture<?>[size];
    Arrays.fill(ring, CompletableFuture.completedFuture(null));
    long begin = clock.nanoTime() + warmUpNanos;
    long from = turn(target, clock, ring, 0, begin);
    long start = clock.nanoTime();
    long to = turn(target, clock, ring, from, begin + nanos);
    double seconds = (clock.nanoTime() - start) / 1e9;
    for (CompletableFuture<?> last : ring) {
      clock.await(last);
      last.join();
    }
    return (to - from) / seconds;
  }

  private static long turn(
      Target target, Clock clock, CompletableFuture<?>[] ring, long from, long end) {
    long i = from;
    do {
      int slot = (int) (i % ring.length);
      clock.await(ring[slot]);
      ring[slot].join();
      ring[slot] = target.submit((int) (i & Integer.MAX_VALUE));
      i++;
    } while (clock.nanoTime() - end < 0);
    return i;
  }
}
