package dev.inproc.inference.text;

import dev.inproc.inference.CallOptions;
import dev.inproc.inference.ForwardingPredictor;
import dev.inproc.inference.Predictor;
import dev.inproc.inference.metrics.LayerDescription;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;

/** Puts a prefix, which may be empty, before each text. */
final class PrefixedPredictor<O> extends ForwardingPredictor<String, O> {
  private final String prefix;

  PrefixedPredictor(Predictor<String, O> inner, String prefix) {
    super(inner);
    this.prefix = prefix;
  }

  private String prefixed(String text) {
    Objects.requireNonNull(text, "text");
    return prefix.isEmpty() ? text : prefix.concat(text);
  }

  @Override
  public CompletableFuture<O> submit(String text, CallOptions options) {
    return inner().submit(prefixed(text), options);
  }

  @Override
  public O predict(String text, CallOptions options) {
    return inner().predict(prefixed(text), options);
  }

  @Override
  public List<O> predictAll(List<String> texts, CallOptions options) {
    if (prefix.isEmpty()) {
      return inner().predictAll(texts, options);
    }
    List<String> all = new ArrayList<>(texts.size());
    texts.forEach(text -> all.add(prefixed(text)));
    return inner().predictAll(all, options);
  }

  @Override
  public LayerDescription describe() {
    return inner().describe();
  }

  @Override
  public String toString() {
    return inner().toString();
  }
}
