package dev.inproc.benchmarks.peers;

import dev.inproc.benchmarks.load.Target;
import java.util.concurrent.CompletableFuture;

/** One way to serve a workload. Thread-safe. */
public interface Contender extends Target, AutoCloseable {
  /** Whether {@link #submit} is its own, rather than a caller's thread behind it. */
  default boolean isAsynchronous() {
    return false;
  }

  @Override
  default CompletableFuture<?> submit(int index) {
    throw new UnsupportedOperationException("This way to serve has only blocking calls");
  }

  /** The first output of a request, for checking that all contenders answer alike. */
  float[] answer(int index) throws Exception;

  @Override
  default Object call(int index) throws Exception {
    return answer(index);
  }

  @Override
  void close();
}
