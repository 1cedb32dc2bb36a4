package dev.inproc.inference;

import dev.inproc.inference.concurrent.Relay;
import dev.inproc.inference.tensor.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;

/** A predictor of tensors seen through a codec. */
final class CodecPredictor<I, O> implements Predictor<I, O> {
  private final Predictor<Tensors, Tensors> inner;
  private final Codec<I, O> codec;

  CodecPredictor(Predictor<Tensors, Tensors> inner, Codec<I, O> codec) {
    this.inner = Objects.requireNonNull(inner, "inner");
    this.codec = codec;
  }

  @Override
  public CompletableFuture<O> submit(I input, CallOptions options) {
    Objects.requireNonNull(input, "input");
    CallOptions armed = arm(options);
    Tensors encoded;
    try {
      encoded = codec.encode(input);
    } catch (RuntimeException e) {
      return CompletableFuture.failedFuture(e);
    }
    return Relay.map(inner.submit(encoded, armed), codec::decode);
  }

  @Override
  public O predict(I input, CallOptions options) {
    Objects.requireNonNull(input, "input");
    CallOptions armed = arm(options);
    return codec.decode(inner.predict(codec.encode(input), armed));
  }

  @Override
  public List<O> predictAll(List<I> inputs, CallOptions options) {
    CallOptions armed = arm(options);
    List<I> all = new ArrayList<>(inputs); // its owner may change it meanwhile
    Tensors[] encoded = new Tensors[all.size()];
    for (int i = 0; i < encoded.length; i++) {
      encoded[i] = codec.encode(all.get(i));
    }
    List<Tensors> answers = inner.predictAll(Arrays.asList(encoded), armed);
    List<O> decoded = new ArrayList<>(answers.size());
    for (Tensors answer : answers) {
      decoded.add(codec.decode(answer));
    }
    return decoded;
  }

  /** The time that encoding takes counts. */
  private static CallOptions arm(CallOptions options) {
    return options.hasTimeout() ? options.arm(System.nanoTime()) : options;
  }

  @Override
  public void close() {
    inner.close();
  }

  @Override
  public boolean keepsState() {
    return inner.keepsState();
  }

  @Override
  public String toString() {
    return "codec(" + inner + ")";
  }
}
