package dev.inproc.benchmarks.load;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;

/** Runs a task on so many threads of its own; all begin together. */
final class Threads {
  private Threads() {}

  /** What a thread does. */
  interface Task {
    void run(int thread) throws Exception;
  }

  /**
   * Returns when all have ended.
   *
   * @throws IllegalStateException if one failed
   */
  static void run(int count, Task task) {
    CountDownLatch ready = new CountDownLatch(count);
    List<CompletableFuture<Void>> ends = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int number = i;
      CompletableFuture<Void> end = new CompletableFuture<>();
      ends.add(end);
      Thread thread =
          new Thread(
              () -> {
                try {
                  ready.countDown();
                  ready.await();
                  task.run(number);
                  end.complete(null);
                } catch (Throwable t) {
                  end.completeExceptionally(t);
                }
              },
              "caller-" + i);
      thread.setDaemon(true);
      thread.start();
    }
    try {
      ends.forEach(CompletableFuture::join);
    } catch (CompletionException e) {
      throw new IllegalStateException("A caller failed: " + e.getCause(), e.getCause());
    }
  }
}
