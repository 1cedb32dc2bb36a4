package dev.inproc.inference.text;

import dev.inproc.inference.CallOptions;
import dev.inproc.inference.Predictor;
import dev.inproc.inference.metrics.LayerDescription;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/** A text model with answers of one kind. Closing it closes the model. */
final class TextPredictor<I, O> implements Predictor<I, O> {
  private final TextRuns<I> runs;
  private final TextRuns.Decoder<O> decoder;

  TextPredictor(TextRuns<I> runs, TextRuns.Decoder<O> decoder) {
    this.runs = runs;
    this.decoder = decoder;
  }

  @Override
  public CompletableFuture<O> submit(I input, CallOptions options) {
    return runs.submit(input, options, decoder);
  }

  @Override
  public O predict(I input, CallOptions options) {
    return runs.predict(input, options, decoder);
  }

  @Override
  public List<O> predictAll(List<I> inputs, CallOptions options) {
    return runs.predictAll(inputs, options, decoder);
  }

  @Override
  public void close() {
    runs.close();
  }

  @Override
  public boolean close(Duration timeout) {
    return runs.close(timeout);
  }

  @Override
  public boolean keepsState() {
    return runs.keepsState();
  }

  @Override
  public <T> Optional<T> find(Class<T> control) {
    return control.isInstance(this) ? Optional.of(control.cast(this)) : runs.find(control);
  }

  @Override
  public LayerDescription describe() {
    return runs.describe();
  }

  @Override
  public String toString() {
    return runs.toString();
  }
}
