package dev.inproc.inference.cache;

import dev.inproc.inference.CallOptions;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A cache's figures and the means to drop entries, wherever it stands in a chain. Any number of
 * threads may share one.
 *
 * <pre>{@code
 * embedder.find(CacheControl.class).orElseThrow().invalidateScope("tenant 7");
 * }</pre>
 *
 * <p>To invalidate also disowns runs that are under way: callers that wait for one get its answer,
 * but it is not kept, and a call that comes after the method has returned gets a run that began
 * later.
 */
public interface CacheControl {
  /** Returns the figures so far. Does the upkeep that evictions wait for, so call it seldom. */
  CachingMetrics metrics();

  /**
   * Drops what a call with this input and these options would be answered with.
   *
   * @param input a request as this layer takes it
   */
  void invalidate(Object input, CallOptions options);

  /** {@link #invalidate(Object, CallOptions)} without a scope. */
  default void invalidate(Object input) {
    invalidate(input, CallOptions.DEFAULT);
  }

  /**
   * Drops what the predicate matches, in all scopes. It looks at every entry. Arrays and
   * collections are handed to the predicate as they are kept: it must not change them.
   *
   * @param type what requests of this layer are
   */
  <T> void invalidateIf(Class<T> type, Predicate<? super T> inputs);

  /** Drops everything of a scope, such as a tenant; null stands for calls without a scope. */
  void invalidateScope(@Nullable String scope);

  /** Drops everything. */
  void invalidateAll();
}
