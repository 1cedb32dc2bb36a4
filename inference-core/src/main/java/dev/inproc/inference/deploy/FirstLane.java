package dev.inproc.inference.deploy;

import dev.inproc.inference.BlockedCaller;
import dev.inproc.inference.InferenceInterruptedException;
import dev.inproc.inference.internal.concurrent.Workers;
import dev.inproc.inference.model.ModelVersion;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;

/** Loads the version that a deployment begins with, in its turn. */
final class FirstLane {
  private FirstLane() {}

  /**
   * Loads a version, blocking.
   *
   * @throws dev.inproc.inference.ModelLoadException if it must not serve
   */
  static <I, O> Lane<I, O> load(LaneLoader<I, O> loader, ModelVersion version) {
    Candidate candidate =
        new Candidate(version, "", true, Thread.currentThread().getContextClassLoader());
    CompletableFuture<Lane<I, O>> made = new CompletableFuture<>();
    LoadQueue.Entry entry =
        new LoadQueue.Entry(
            Workers.shared(),
            () -> {
              try {
                Lane<I, O> lane = loader.load(candidate, null, predictor -> false);
                if (!made.complete(lane)) {
                  LaneLoader.discard(lane.calls);
                }
              } catch (RuntimeException | InterruptedException | Error e) {
                made.completeExceptionally(e);
              }
            });
    LoadQueue.shared().add(entry);
    try {
      return BlockedCaller.await(made);
    } catch (InferenceInterruptedException e) { // the future is cancelled: a lane is discarded
      candidate.giveUp(new CancellationException("interrupted"));
      LoadQueue.shared().giveUp(entry);
      throw e;
    }
  }
}
