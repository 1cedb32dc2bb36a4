package dev.inproc.inference.internal.calls;

import dev.inproc.inference.BlockedCaller;
import java.util.concurrent.CompletableFuture;

/** Blocking on a future the way {@code Predictor.predict} promises. */
public final class Waiting {
  private Waiting() {}

  /** Waits for an answer; see {@link BlockedCaller#await}. */
  public static <T> T await(CompletableFuture<T> future) {
    return BlockedCaller.await(future);
  }
}
