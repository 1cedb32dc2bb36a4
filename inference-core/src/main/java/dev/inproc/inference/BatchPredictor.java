package dev.inproc.inference;

/**
 * A predictor that can answer many calls at once; a model's session is one. A batcher gathers calls
 * and hands them over; how they are run, together or apart, is this predictor's business.
 *
 * @param <I> a request
 * @param <O> an answer
 */
public interface BatchPredictor<I, O> extends Predictor<I, O> {
  /** Returns what a gatherer of batches must know of requests. */
  BatchTraits<I> traits();

  /**
   * Runs a batch on the calling thread and completes every call in it exactly once, each with its
   * own answer or its own failure. Throws nothing that concerns a call. The inputs have passed
   * {@link BatchTraits#check}; they are not checked again.
   */
  void run(Batch<I, O> batch);

  /** {@inheritDoc} The view can be batched. */
  @Override
  default BatchPredictor<I, O> borrowed() {
    return new BorrowedBatchPredictor<>(this);
  }

  /** Wraps this predictor in a layer that gathers calls. The result owns this predictor. */
  @SuppressWarnings("overloads") // a BatchDecorator cannot be a lambda, so no call is ambiguous
  default Predictor<I, O> with(BatchDecorator decorator) {
    return decorator.decorate(this);
  }
}
