package dev.inproc.inference.cache;

/**
 * Tells numbers that may say how risky it is to answer a request as a similar one was answered: how
 * the lengths differ, whether a word is in one alone. The cache learns what they are worth. Called
 * by many threads at once.
 *
 * @param <I> a request
 */
@FunctionalInterface
public interface RiskFunction<I> {
  /**
   * Returns the numbers; as many for every pair. Larger or smaller says nothing by itself. If one
   * is not finite the cached answer is not served.
   *
   * @param request the request that has come
   * @param cached the request that was answered before
   */
  double[] features(I request, I cached);
}
