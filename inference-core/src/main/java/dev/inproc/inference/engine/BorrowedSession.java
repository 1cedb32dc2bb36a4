package dev.inproc.inference.engine;

import dev.inproc.inference.Batch;
import dev.inproc.inference.BatchPredictor;
import dev.inproc.inference.BatchTraits;
import dev.inproc.inference.CallOptions;
import dev.inproc.inference.PredictorClosedException;
import dev.inproc.inference.metrics.LayerDescription;
import dev.inproc.inference.tensor.Signature;
import dev.inproc.inference.tensor.Tensors;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/** A view of a session. Closing it closes the view alone. */
final class BorrowedSession implements Session {
  private final Session owner;
  private final BatchPredictor<Tensors, Tensors> calls;
  private volatile boolean closed;

  /**
   * Creates a view.
   *
   * @param calls the same session as a borrowed predictor, which refuses calls once it is closed
   */
  BorrowedSession(Session owner, BatchPredictor<Tensors, Tensors> calls) {
    this.owner = owner;
    this.calls = calls;
  }

  @Override
  public CompletableFuture<Tensors> submit(Tensors input, CallOptions options) {
    return calls.submit(input, options);
  }

  @Override
  public Tensors predict(Tensors input, CallOptions options) {
    return calls.predict(input, options);
  }

  @Override
  public List<Tensors> predictAll(List<Tensors> inputs, CallOptions options) {
    return calls.predictAll(inputs, options);
  }

  @Override
  public Tensors runRaw(Tensors inputs) {
    checkOpen();
    return owner.runRaw(inputs);
  }

  @Override
  public BatchTraits<Tensors> traits() {
    return calls.traits();
  }

  @Override
  public void run(Batch<Tensors, Tensors> batch) {
    calls.run(batch);
  }

  /** The returned view does not own the model either. */
  @Override
  public Session outputs(String... names) {
    checkOpen();
    return owner.outputs(names).borrowed();
  }

  private void checkOpen() {
    if (closed) {
      throw new PredictorClosedException(toString());
    }
  }

  @Override
  public void close() {
    closed = true;
    calls.close();
  }

  @Override
  public boolean close(Duration timeout) {
    close();
    return calls.close(timeout);
  }

  @Override
  public <T> Optional<T> find(Class<T> control) {
    return control.isInstance(this) ? Optional.of(control.cast(this)) : calls.find(control);
  }

  // ---- describing ----

  @Override
  public LayerDescription describe() {
    return owner.describe();
  }

  @Override
  public Signature signature() {
    return owner.signature();
  }

  @Override
  public Signature rawSignature() {
    return owner.rawSignature();
  }

  @Override
  public List<Device> devices() {
    return owner.devices();
  }

  @Override
  public Integrity integrity() {
    return owner.integrity();
  }

  @Override
  public long engineRuns() {
    return owner.engineRuns();
  }

  @Override
  public Map<String, String> metadata() {
    return owner.metadata();
  }

  @Override
  public boolean keepsState() {
    return owner.keepsState();
  }

  @Override
  public String toString() {
    return calls.toString();
  }
}
