package dev.inproc.inference;

/**
 * A layer that stands directly around a {@link BatchPredictor}, since it hands over whole batches;
 * {@code Batching} is one. Not a lambda, since its method is generic.
 *
 * @see BatchPredictor#with(BatchDecorator)
 */
public interface BatchDecorator {
  /** Returns a predictor that owns the one given and closes it when closed. */
  <I, O> Predictor<I, O> decorate(BatchPredictor<I, O> inner);
}
