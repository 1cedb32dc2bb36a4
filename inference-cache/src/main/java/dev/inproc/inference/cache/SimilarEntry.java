package dev.inproc.inference.cache;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * An answer of the model in the similarity index, with the request that it answers.
 *
 * @param <I> a request
 * @param <O> an answer
 */
final class SimilarEntry<I, O> {
  final Object key;
  final I request;
  final CacheEntry<O> kept;

  /** Requests near this one that the model gave an equivalent answer, and another answer. */
  final AtomicInteger confirmed = new AtomicInteger();

  final AtomicInteger contradicted = new AtomicInteger();

  SimilarEntry(Object key, I request, CacheEntry<O> kept) {
    this.key = key;
    this.request = request;
    this.kept = kept;
  }

  O answer() {
    return kept.value();
  }

  /**
   * Returns whether the store still has this answer: it was not invalidated, evicted or expired.
   */
  boolean isIn(Store<O> store) {
    return store.peek(key) == kept;
  }

  void found(boolean wrong) {
    (wrong ? contradicted : confirmed).incrementAndGet();
  }
}
