package dev.inproc.inference;

import dev.inproc.inference.CallOptions.Overload;
import dev.inproc.inference.internal.concurrent.MappedFuture;
import dev.inproc.inference.internal.concurrent.ServingThreads;
import dev.inproc.inference.metrics.LayerDescription;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/** A predictor whose answers carry their facts. It has the layers write them by way of options. */
final class AnswersView<I, O> implements Predictor<I, Answer<O>> {
  private final Predictor<I, O> inner;

  AnswersView(Predictor<I, O> inner) {
    this.inner = inner;
  }

  @Override
  public CompletableFuture<Answer<O>> submit(I input, CallOptions options) {
    AnswerFacts facts = factsOf(options);
    return MappedFuture.map(inner.submit(input, options.withFacts(facts)), facts::answer);
  }

  @Override
  public Answer<O> predict(I input, CallOptions options) {
    AnswerFacts facts = factsOf(options);
    return facts.answer(inner.predict(input, options.withFacts(facts)));
  }

  /** Returns the facts that a view around this one gathers, if there is one: both get all. */
  private static AnswerFacts factsOf(CallOptions options) {
    AnswerFacts gathered = AnswerFacts.of(options);
    return gathered == null ? new AnswerFacts() : gathered;
  }

  /** Each input is a call of its own, since each answer has facts of its own. */
  @Override
  public List<Answer<O>> predictAll(List<I> inputs, CallOptions options) {
    List<I> all = new ArrayList<>(inputs); // its owner may change it meanwhile
    all.forEach(input -> Objects.requireNonNull(input, "input"));
    CallOptions first =
        BlockedCaller.options(
            Deadline.start(options, ServingThreads.of(inner::find).timer().nanoTime()));
    // As in a list: the first is let in or refused, the others wait for room.
    CallOptions others = BlockedCaller.options(first.withOverload(Overload.WAIT));
    // The futures of the layer itself: a cache sees a cycle where a thread waits for its own.
    List<CompletableFuture<O>> futures = new ArrayList<>(all.size());
    List<AnswerFacts> facts = new ArrayList<>(all.size());
    try {
      for (I input : all) {
        facts.add(new AnswerFacts());
        CallOptions own = futures.isEmpty() ? first : others;
        futures.add(inner.submit(input, own.withFacts(facts.get(futures.size()))));
      }
      List<Answer<O>> answers = new ArrayList<>(all.size());
      for (int i = 0; i < futures.size(); i++) {
        answers.add(facts.get(i).answer(awaitAt(futures.get(i), i)));
      }
      return answers;
    } catch (Throwable t) {
      futures.forEach(future -> future.cancel(false));
      throw t;
    }
  }

  private static <T> T awaitAt(CompletableFuture<T> future, int index) {
    try {
      return BlockedCaller.await(future);
    } catch (InvalidInputException e) {
      throw e.atIndex(index);
    }
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
    return inner.find(control);
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
