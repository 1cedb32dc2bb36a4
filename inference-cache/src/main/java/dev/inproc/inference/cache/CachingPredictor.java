package dev.inproc.inference.cache;

import dev.inproc.inference.CallOptions;
import dev.inproc.inference.Predictor;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A predictor with a cache, its figures, and the means to drop entries. Any number of threads may
 * share one.
 *
 * <p>To invalidate also disowns runs that are under way: those who wait for one get its answer, but
 * it is not kept, and whoever calls after the method has returned gets a run that began later.
 *
 * @param <I> a request
 * @param <O> an answer
 */
public sealed interface CachingPredictor<I, O> extends Predictor<I, O> permits ExactCache {
  /** Returns the figures so far. Does the upkeep that evictions wait for, so call it seldom. */
  CachingMetrics metrics();

  /** Drops what a call with this input and these options would be answered with. */
  void invalidate(I input, CallOptions options);

  /** {@link #invalidate(Object, CallOptions)} without a scope. */
  default void invalidate(I input) {
    invalidate(input, CallOptions.DEFAULT);
  }

  /**
   * Drops what the predicate matches, in all scopes. It looks at every entry. Arrays and
   * collections are handed to the predicate as they are kept: it must not change them.
   */
  void invalidateIf(Predicate<? super I> inputs);

  /** Drops everything of a scope, such as a tenant; null stands for calls without a scope. */
  void invalidateScope(@Nullable String scope);

  /** Drops everything. */
  void invalidateAll();
}
