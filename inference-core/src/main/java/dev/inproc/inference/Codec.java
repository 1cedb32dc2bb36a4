package dev.inproc.inference;

import dev.inproc.inference.tensor.Tensors;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;

/**
 * Translates between an application's types and tensors. Implementations are called by many threads
 * at once.
 *
 * <p>Encoding runs on the caller's thread, before any queue, so that tokenizing never holds up a
 * batch. Decoding runs on the caller's thread for blocking calls and where the future completes for
 * others. An exception that either throws reaches the caller as it is.
 *
 * @param <I> a request
 * @param <O> an answer
 */
public interface Codec<I, O> extends Adapter<I, O, Tensors, Tensors> {
  /** Turns a request into the tensors of one example, without a batch axis. */
  Tensors encode(I input);

  /** Turns the tensors of one example's answer into an answer. */
  O decode(Tensors outputs);

  /**
   * Turns a list of requests into tensors, one for each, in order. One by one here; a tokenizer
   * that is faster with many overrides it.
   *
   * @throws InvalidInputException with the index of the request that cannot be encoded
   */
  default List<Tensors> encodeAll(List<? extends I> inputs) {
    List<Tensors> encoded = new ArrayList<>(inputs.size());
    for (int i = 0; i < inputs.size(); i++) {
      try {
        encoded.add(encode(inputs.get(i)));
      } catch (InvalidInputException e) {
        throw e.atIndex(i);
      }
    }
    return encoded;
  }

  /**
   * Returns this codec with a resource that it needs, such as a tokenizer. The predictor that is
   * made with it closes the resource, after its last call has ended. Such a codec serves one
   * predictor.
   */
  default Codec<I, O> closing(AutoCloseable resource) {
    return new OwningCodec<>(this, resource);
  }

  /**
   * Returns a codec of these two functions. The class has the compiler know the request's type in a
   * chain of {@code with}.
   *
   * <pre>{@code
   * session.with(Codec.of(Payment.class, p -> features(p), out -> out.only().toFloats()[0]))
   *     .with(cache)
   * }</pre>
   */
  static <I, O> Codec<I, O> of(
      Class<I> requestType,
      Function<? super I, Tensors> encode,
      Function<Tensors, ? extends O> decode) {
    Objects.requireNonNull(requestType, "requestType");
    return of(encode, decode);
  }

  /** Returns a codec of these two functions. */
  static <I, O> Codec<I, O> of(
      Function<? super I, Tensors> encode, Function<Tensors, ? extends O> decode) {
    Objects.requireNonNull(encode, "encode");
    Objects.requireNonNull(decode, "decode");
    return new Codec<>() {
      @Override
      public Tensors encode(I input) {
        return encode.apply(input);
      }

      @Override
      public O decode(Tensors outputs) {
        return decode.apply(outputs);
      }

      @Override
      public String toString() {
        return "Codec.of(" + encode + ", " + decode + ")";
      }
    };
  }

  @Override
  default Predictor<I, O> adapt(Predictor<Tensors, Tensors> inner) {
    return new CodecPredictor<>(inner, this);
  }
}
