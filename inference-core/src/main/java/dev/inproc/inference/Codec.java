package dev.inproc.inference;

import dev.inproc.inference.tensor.Tensors;
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
    };
  }

  @Override
  default Predictor<I, O> adapt(Predictor<Tensors, Tensors> inner) {
    return new CodecPredictor<>(inner, this);
  }
}
