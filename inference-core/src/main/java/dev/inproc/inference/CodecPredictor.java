package dev.inproc.inference;

import dev.inproc.inference.internal.concurrent.Durations;
import dev.inproc.inference.internal.concurrent.InFlight;
import dev.inproc.inference.internal.concurrent.MappedFuture;
import dev.inproc.inference.internal.concurrent.ServingThreads;
import dev.inproc.inference.internal.concurrent.Timer;
import dev.inproc.inference.metrics.LayerDescription;
import dev.inproc.inference.tensor.Tensors;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/** A predictor of tensors seen through a codec. */
final class CodecPredictor<I, O> implements Predictor<I, O> {
  private final Predictor<Tensors, Tensors> inner;
  private final Codec<I, O> codec;
  private final Timer timer;
  private final InFlight undecoded = new InFlight();

  CodecPredictor(Predictor<Tensors, Tensors> inner, Codec<I, O> codec) {
    this.inner = Objects.requireNonNull(inner, "inner");
    this.codec = codec;
    timer = ServingThreads.of(inner::find).timer();
  }

  @Override
  public CompletableFuture<O> submit(I input, CallOptions options) {
    Objects.requireNonNull(input, "input");
    CallOptions armed = arm(options);
    Tensors encoded;
    try {
      encoded = encode(input);
    } catch (RuntimeException e) {
      return CompletableFuture.failedFuture(e);
    }
    CompletableFuture<Tensors> answer = inner.submit(encoded, armed);
    undecoded.begin();
    return MappedFuture.map(answer, this::decode, undecoded::end);
  }

  /** Decodes for a future, on whatever thread completes it. */
  private O decode(Tensors output) {
    return CodecThread.run(() -> codec.decode(output));
  }

  @Override
  public O predict(I input, CallOptions options) {
    Objects.requireNonNull(input, "input");
    CallOptions armed = arm(options);
    return codec.decode(inner.predict(encode(input), armed));
  }

  @Override
  public List<O> predictAll(List<I> inputs, CallOptions options) {
    CallOptions armed = arm(options);
    List<I> all = new ArrayList<>(inputs); // its owner may change it meanwhile
    all.forEach(input -> Objects.requireNonNull(input, "input"));
    List<Tensors> encoded = codec.encodeAll(all);
    if (encoded == null || encoded.size() != all.size()) {
      throw new IllegalStateException(
          "Expected "
              + all.size()
              + " encodings, one for each input, got "
              + (encoded == null ? "null" : encoded.size())
              + " from Codec.encodeAll of "
              + codec);
    }
    for (int i = 0; i < encoded.size(); i++) {
      if (encoded.get(i) == null) {
        throw notEncoded().atIndex(i);
      }
    }
    List<Tensors> answers = inner.predictAll(encoded, armed);
    List<O> decoded = new ArrayList<>(answers.size());
    for (Tensors answer : answers) {
      decoded.add(codec.decode(answer));
    }
    return decoded;
  }

  private Tensors encode(I input) {
    Tensors encoded = codec.encode(input);
    if (encoded == null) {
      throw notEncoded();
    }
    return encoded;
  }

  private InvalidInputException notEncoded() {
    return new InvalidInputException("request", "tensors from the codec " + codec, "null");
  }

  /** The time that encoding takes counts. */
  private CallOptions arm(CallOptions options) {
    return Deadline.isSet(options) ? Deadline.start(options, timer.nanoTime()) : options;
  }

  @Override
  public void close() {
    inner.close();
    undecoded.await(mostWaiting(Durations.FOREVER));
  }

  /** A decoder that closes its predictor does not wait for itself. */
  private long mostWaiting(long nanos) {
    return CodecThread.isInside() ? 0 : nanos;
  }

  @Override
  public boolean close(Duration timeout) {
    long end = System.nanoTime() + Durations.of(timeout);
    return inner.close(timeout) && undecoded.await(mostWaiting(end - System.nanoTime()));
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
    return LayerDescription.around(inner.describe(), "codec", List.of());
  }

  @Override
  public String toString() {
    return "codec(" + inner + ")";
  }
}
