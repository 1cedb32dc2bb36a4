package dev.inproc.inference.text;

import dev.inproc.inference.CallOptions;
import dev.inproc.inference.Deadline;
import dev.inproc.inference.InvalidInputException;
import dev.inproc.inference.Predictor;
import dev.inproc.inference.internal.concurrent.MappedFuture;
import dev.inproc.inference.internal.concurrent.ServingThreads;
import dev.inproc.inference.internal.concurrent.Timer;
import dev.inproc.inference.metrics.LayerDescription;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * Adds the numbers of tokens to the vectors of a predictor whose layers do not carry them. It
 * tokenizes each text once more.
 */
final class CountingPredictor implements Predictor<String, EmbeddedText> {
  private final Predictor<String, float[]> inner;
  private final TextTokenizer texts;
  private final Timer timer;

  CountingPredictor(Predictor<String, float[]> inner, TextTokenizer texts) {
    this.inner = inner;
    this.texts = texts;
    timer = ServingThreads.of(inner::find).timer();
  }

  @Override
  public CompletableFuture<EmbeddedText> submit(String text, CallOptions options) {
    Objects.requireNonNull(text, "text");
    CallOptions armed = Deadline.start(options, timer.nanoTime());
    int tokens;
    try {
      tokens = texts.tokenize(text, () -> LongWork.checkTime(armed, timer, this)).tokens();
    } catch (RuntimeException e) {
      return CompletableFuture.failedFuture(e);
    }
    return MappedFuture.map(inner.submit(text, armed), vector -> new EmbeddedText(vector, tokens));
  }

  @Override
  public EmbeddedText predict(String text, CallOptions options) {
    Objects.requireNonNull(text, "text");
    CallOptions armed = Deadline.start(options, timer.nanoTime());
    int tokens = texts.tokenize(text, () -> LongWork.check(armed, timer, this)).tokens();
    return new EmbeddedText(inner.predict(text, armed), tokens);
  }

  @Override
  public List<EmbeddedText> predictAll(List<String> inputs, CallOptions options) {
    CallOptions armed = Deadline.start(options, timer.nanoTime());
    List<String> all = new ArrayList<>(inputs); // its owner may change it meanwhile
    all.forEach(text -> Objects.requireNonNull(text, "text"));
    Progress goOn = () -> LongWork.check(armed, timer, this);
    int[] tokens = new int[all.size()];
    for (int i = 0; i < tokens.length; i++) {
      try {
        goOn.check();
        tokens[i] = texts.tokenize(all.get(i), goOn).tokens();
      } catch (InvalidInputException e) {
        throw e.atIndex(i);
      }
    }
    List<float[]> vectors = inner.predictAll(all, armed);
    List<EmbeddedText> counted = new ArrayList<>(vectors.size());
    for (int i = 0; i < vectors.size(); i++) {
      counted.add(new EmbeddedText(vectors.get(i), tokens[i]));
    }
    return counted;
  }

  @Override
  public void close() {
    inner.close();
  }

  @Override
  public boolean close(Duration timeout) {
    return inner.close(timeout);
  }

  @Override
  public boolean keepsState() {
    return inner.keepsState();
  }

  @Override
  public <T> Optional<T> find(Class<T> control) {
    return control.isInstance(this) ? Optional.of(control.cast(this)) : inner.find(control);
  }

  @Override
  public LayerDescription describe() {
    return inner.describe();
  }

  @Override
  public String toString() {
    return inner.toString();
  }
}
