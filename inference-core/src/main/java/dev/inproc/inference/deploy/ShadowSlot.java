package dev.inproc.inference.deploy;

import dev.inproc.inference.Predictor;
import org.jspecify.annotations.Nullable;

/** Where the lanes of a deployment find its shadow, if there is one. Thread-safe. */
final class ShadowSlot<I, O> {
  private volatile @Nullable ShadowFeed<I, O> feed;
  private volatile @Nullable Predictor<I, O> predictor;

  /** Returns what copies calls; null if nothing does. */
  @Nullable ShadowFeed<I, O> feed() {
    return feed;
  }

  void set(ShadowFeed<I, O> newFeed, Predictor<I, O> newPredictor) {
    predictor = newPredictor;
    feed = newFeed;
  }

  void clear() {
    feed = null;
    predictor = null;
  }

  /** Returns whether the shadow runs on this predictor. */
  boolean isInUse(Predictor<I, O> other) {
    return predictor == other;
  }
}
