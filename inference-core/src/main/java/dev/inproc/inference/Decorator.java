package dev.inproc.inference;

/**
 * A layer around a predictor of any types, such as a cache or a recorder. Not a lambda, since its
 * method is generic.
 *
 * @see Predictor#with(Decorator)
 */
public interface Decorator {
  /** Returns a predictor that owns the one given and closes it when closed. */
  <I, O> Predictor<I, O> decorate(Predictor<I, O> inner);
}
