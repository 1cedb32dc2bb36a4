package dev.inproc.benchmarks.load;

import java.util.concurrent.CompletableFuture;

/** What a load is put on. Thread-safe. */
public interface Target {
  /**
   * Answers a request, blocking.
   *
   * @param index chooses the request; the same index is the same request
   */
  Object call(int index) throws Exception;

  /** Answers a request later. */
  CompletableFuture<?> submit(int index);
}
