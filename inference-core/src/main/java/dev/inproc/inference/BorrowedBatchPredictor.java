package dev.inproc.inference;

/** A view of a batch predictor whose close() shuts the view alone. */
final class BorrowedBatchPredictor<I, O> extends BorrowedPredictor<I, O>
    implements BatchPredictor<I, O> {
  private final BatchPredictor<I, O> owner;

  BorrowedBatchPredictor(BatchPredictor<I, O> owner) {
    super(owner);
    this.owner = owner;
  }

  @Override
  public BatchTraits<I> traits() {
    return owner.traits();
  }

  @Override
  public void run(Batch<I, O> batch) {
    if (!isClosed()) {
      owner.run(batch);
      return;
    }
    for (int i = 0; i < batch.size(); i++) {
      batch.fail(i, closed());
    }
  }

  @Override
  public BatchPredictor<I, O> borrowed() {
    return new BorrowedBatchPredictor<>(owner);
  }
}
