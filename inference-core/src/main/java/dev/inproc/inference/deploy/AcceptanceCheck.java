package dev.inproc.inference.deploy;

import dev.inproc.inference.model.ModelVersion;

/**
 * Decides whether a version may serve, from what it answers to the warm-up inputs.
 *
 * <pre>{@code
 * AcceptanceCheck<Transaction, Double> finite =
 *     (version, input, answer) -> {
 *       if (answer.isNaN() || answer < 0 || answer > 1) {
 *         throw new IllegalStateException("expected a probability, got " + answer);
 *       }
 *     };
 * }</pre>
 *
 * @param <I> a request
 * @param <O> an answer
 */
@FunctionalInterface
public interface AcceptanceCheck<I, O> {
  /**
   * Accepts an answer by returning.
   *
   * @throws Exception if the version must not serve; the message says why
   */
  void check(ModelVersion version, I input, O answer) throws Exception;
}
