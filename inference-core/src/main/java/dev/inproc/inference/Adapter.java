package dev.inproc.inference;

/**
 * A layer that changes a predictor's types.
 *
 * @param <A> a request as users of the result see it
 * @param <B> an answer as users of the result see it
 * @param <I> a request as the inner predictor takes it
 * @param <O> an answer as the inner predictor gives it
 * @see Predictor#with(Adapter)
 */
@FunctionalInterface
public interface Adapter<A, B, I, O> {
  /** Returns a predictor that owns the one given and closes it when closed. */
  Predictor<A, B> adapt(Predictor<I, O> inner);
}
