package dev.inproc.benchmarks;

import dev.inproc.benchmarks.load.Clock;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A thread that keeps 256 calls in flight, in a ring: it waits for the oldest, then puts a new one
 * in its place. The shape of the window decides what is measured (callback chains, semaphores and
 * rings differ by a factor of ten), so this one is used for every contender. It waits for the
 * oldest by spinning for up to 20 µs, then as {@code join} does, so as to leave the processor to an
 * engine that takes longer. The ring stays full between calls of {@link #call}.
 */
final class Ring implements Callers {
  private static final int IN_FLIGHT = 256;

  private final Supplier<CompletableFuture<?>> submit;
  private final @Nullable CompletableFuture<?>[] ring = new CompletableFuture<?>[IN_FLIGHT];
  private int next;

  Ring(Supplier<CompletableFuture<?>> submit) {
    this.submit = submit;
  }

  @Override
  public long call(int calls) {
    for (int i = 0; i < calls; i++) {
      await(ring[next]);
      ring[next] = submit.get();
      next = (next + 1) & (IN_FLIGHT - 1);
    }
    return calls;
  }

  private static void await(@Nullable CompletableFuture<?> oldest) {
    if (oldest != null) {
      Clock.SYSTEM.await(oldest);
      oldest.join();
    }
  }

  @Override
  public long rest() {
    for (CompletableFuture<?> each : ring) {
      await(each);
    }
    return 0; // as many calls were counted before they ended as ended before they were counted
  }

  @Override
  public void close() {
    var unused = rest();
  }
}
