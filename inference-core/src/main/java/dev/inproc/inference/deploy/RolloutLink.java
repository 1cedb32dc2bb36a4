package dev.inproc.inference.deploy;

import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * What handles of a rollout hold. After the end that is no lane, no model and no counts but the
 * last.
 *
 * @param <R> a rollout that is under way
 */
final class RolloutLink<R> {
  final CompletableFuture<RolloutMetrics> ended = new CompletableFuture<>();
  private volatile @Nullable RolloutMetrics last;
  private volatile @Nullable R active;

  RolloutLink(R active) {
    this.active = active;
  }

  /** The rollout has ended; another thread completes its future. */
  void end(RolloutMetrics counts) {
    last = counts;
    active = null;
  }

  /** Returns the rollout; null after its end. */
  @Nullable R active() {
    return active;
  }

  /** Returns the counts of the end. */
  RolloutMetrics last() {
    return Objects.requireNonNull(last);
  }
}
