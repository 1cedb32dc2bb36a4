package dev.inproc.inference.text;

import dev.inproc.inference.CallOptions;
import dev.inproc.inference.Deadline;
import dev.inproc.inference.InvalidInputException;
import dev.inproc.inference.Predictor;
import dev.inproc.inference.internal.concurrent.Durations;
import dev.inproc.inference.internal.concurrent.InFlight;
import dev.inproc.inference.internal.concurrent.MappedFuture;
import dev.inproc.inference.internal.concurrent.ServingThreads;
import dev.inproc.inference.metrics.LayerDescription;
import dev.inproc.inference.tensor.Tensors;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiFunction;

/**
 * Runs texts through a model: windows of tokens before it, answers after it. It owns the model and
 * the tokenizer. Texts are tokenized on the caller's thread.
 *
 * @param <I> a text, or a pair
 */
final class TextRuns<I> {
  private final String name;
  private final Predictor<Tensors, Tensors> inner;
  private final NativeTokenizer tokenizer;
  private final BiFunction<I, Progress, TokenizedText> tokenize;
  private final TextInputs inputs;
  private final ServingThreads threads;
  private final TextCounter counter = new TextCounter();
  private final InFlight undecoded = new InFlight();

  /**
   * Makes an answer of the windows of a text and of the model's answers to them.
   *
   * @param <O> an answer
   */
  interface Decoder<O> extends BiFunction<TokenizedText, List<Tensors>, O> {}

  TextRuns(
      String name,
      Predictor<Tensors, Tensors> inner,
      NativeTokenizer tokenizer,
      BiFunction<I, Progress, TokenizedText> tokenize,
      TextInputs inputs) {
    this.name = name;
    this.inner = inner;
    this.tokenizer = tokenizer;
    this.tokenize = tokenize;
    this.inputs = inputs;
    threads = ServingThreads.of(inner::find);
  }

  <O> CompletableFuture<O> submit(I input, CallOptions options, Decoder<O> decoder) {
    Objects.requireNonNull(input, "input");
    CallOptions armed = arm(options);
    TokenizedText text;
    List<Tensors> windows;
    try {
      text = tokenize.apply(input, () -> LongWork.checkTime(armed, threads.timer(), this));
      windows = tensors(text);
    } catch (RuntimeException e) {
      return CompletableFuture.failedFuture(e);
    }
    undecoded.begin();
    boolean begun = false;
    try {
      CompletableFuture<O> answer =
          windows.size() == 1
              ? MappedFuture.map(
                  inner.submit(windows.get(0), armed),
                  output -> decode(text, List.of(output), decoder),
                  undecoded::end)
              : MappedFuture.map(
                  SplitCall.of(inner, windows, armed, threads),
                  outputs -> decode(text, outputs, decoder),
                  undecoded::end);
      begun = true;
      return answer;
    } finally {
      if (!begun) {
        undecoded.end();
      }
    }
  }

  <O> O predict(I input, CallOptions options, Decoder<O> decoder) {
    Objects.requireNonNull(input, "input");
    CallOptions armed = arm(options);
    TokenizedText text = tokenize.apply(input, () -> LongWork.check(armed, threads.timer(), this));
    List<Tensors> windows = tensors(text);
    return decode(
        text,
        windows.size() == 1
            ? List.of(inner.predict(windows.get(0), armed))
            : inner.predictAll(windows, armed),
        decoder);
  }

  <O> List<O> predictAll(List<I> all, CallOptions options, Decoder<O> decoder) {
    CallOptions armed = arm(options);
    List<I> copy = new ArrayList<>(all); // its owner may change it meanwhile
    copy.forEach(input -> Objects.requireNonNull(input, "input"));
    Progress goOn = () -> LongWork.check(armed, threads.timer(), this);
    List<TokenizedText> texts = new ArrayList<>(copy.size());
    List<Tensors> windows = new ArrayList<>(copy.size());
    for (int i = 0; i < copy.size(); i++) {
      goOn.check();
      try {
        TokenizedText text = tokenize.apply(copy.get(i), goOn);
        texts.add(text);
        windows.addAll(tensors(text));
      } catch (InvalidInputException e) {
        throw e.atIndex(i);
      }
    }
    List<Tensors> outputs;
    try {
      outputs = inner.predictAll(windows, armed);
    } catch (InvalidInputException e) {
      throw e.index() < 0 ? e : e.atIndex(textOf(e.index(), texts));
    }
    List<O> answers = new ArrayList<>(texts.size());
    int at = 0;
    for (TokenizedText text : texts) {
      int count = text.windows().size();
      answers.add(decode(text, outputs.subList(at, at + count), decoder));
      at += count;
    }
    return answers;
  }

  private static int textOf(int window, List<TokenizedText> texts) {
    int end = 0;
    for (int i = 0; i < texts.size(); i++) {
      end += texts.get(i).windows().size();
      if (window < end) {
        return i;
      }
    }
    return window;
  }

  private List<Tensors> tensors(TokenizedText text) {
    List<Tokens> windows = text.windows();
    if (windows.size() == 1) {
      return List.of(inputs.of(windows.get(0)));
    }
    List<Tensors> all = new ArrayList<>(windows.size());
    windows.forEach(window -> all.add(inputs.of(window)));
    return all;
  }

  private <O> O decode(TokenizedText text, List<Tensors> outputs, Decoder<O> decoder) {
    O answer = decoder.apply(text, outputs);
    counter.answered(text);
    return answer;
  }

  private CallOptions arm(CallOptions options) {
    return Deadline.isSet(options) ? Deadline.start(options, threads.timer().nanoTime()) : options;
  }

  void close() {
    close(Durations.FOREVER, inner::close);
  }

  boolean close(Duration timeout) {
    boolean[] isClosed = {false};
    long nanos = Durations.of(timeout);
    return close(nanos, () -> isClosed[0] = inner.close(timeout)) && isClosed[0];
  }

  /** Closes the model, then the tokenizer, after its last use. */
  private boolean close(long nanos, Runnable closeModel) {
    long end = System.nanoTime() + nanos;
    try {
      closeModel.run();
    } finally {
      tokenizer.close();
    }
    boolean isDecoded = undecoded.await(Math.max(0, end - System.nanoTime()));
    return tokenizer.awaitFreed(Math.max(0, end - System.nanoTime())) && isDecoded;
  }

  boolean keepsState() {
    return inner.keepsState();
  }

  <T> Optional<T> find(Class<T> control) {
    return control.isInstance(counter) ? Optional.of(control.cast(counter)) : inner.find(control);
  }

  LayerDescription describe() {
    LayerDescription model = inner.describe();
    return new LayerDescription("text", name, counter.metrics().figures(), List.of(model));
  }

  @Override
  public String toString() {
    return "text(" + inner + ")";
  }
}
