package dev.inproc.examples;

import dev.inproc.inference.InferenceException;
import dev.inproc.inference.InvalidInputException;
import dev.inproc.inference.Predictor;
import dev.inproc.inference.batch.Batching;
import dev.inproc.inference.engine.Session;
import dev.inproc.inference.tensor.Tensors;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.UnaryOperator;

/** The way in which {@link Run} puts examples to a session. */
enum RunMode {
  /** One {@code predict} after the other. */
  PREDICT,
  /** One {@code predictAll} of all examples. */
  ALL,
  /** One {@code submit} for each example, up to 1,000 in flight. */
  SUBMIT,
  /** As {@link #SUBMIT}, to a batcher around the session. */
  BATCHED,
  /** One {@code runRaw} after the other: each example is batched already. */
  RAW;

  private static final int MAX_BATCH = 32;

  /** Calls in flight, well below what may wait: a file may have any number of examples. */
  private static final int MAX_IN_FLIGHT = 1_000;

  /**
   * Answers of one round, in the order of the examples.
   *
   * @param nanos how long each call took; empty for a single call of all examples
   */
  record Answers(List<Tensors> answers, List<Long> nanos) {}

  /** Returns what this mode calls; it owns the session. */
  Predictor<Tensors, Tensors> over(Session session) {
    return this == BATCHED ? Batching.upTo(MAX_BATCH).decorate(session) : session;
  }

  /** Puts all examples to a predictor that {@link #over} has returned. */
  Answers answer(Predictor<Tensors, Tensors> predictor, Session session, List<Tensors> examples) {
    return switch (this) {
      case PREDICT -> oneByOne(predictor::predict, examples);
      case RAW -> oneByOne(session::runRaw, examples);
      case ALL -> new Answers(predictor.predictAll(examples), List.of());
      case SUBMIT, BATCHED -> atOnce(predictor, examples);
    };
  }

  private static Answers oneByOne(UnaryOperator<Tensors> call, List<Tensors> examples) {
    List<Tensors> answers = new ArrayList<>(examples.size());
    List<Long> nanos = new ArrayList<>(examples.size());
    for (Tensors example : examples) {
      long start = System.nanoTime();
      try {
        answers.add(call.apply(example));
      } catch (RuntimeException e) {
        throw atIndex(e, answers.size());
      }
      nanos.add(System.nanoTime() - start);
    }
    return new Answers(answers, nanos);
  }

  private static Answers atOnce(Predictor<Tensors, Tensors> predictor, List<Tensors> examples) {
    long[] ends = new long[examples.size()];
    long[] starts = new long[examples.size()];
    List<CompletableFuture<Tensors>> futures = new ArrayList<>(examples.size());
    for (int i = 0; i < starts.length; i++) {
      int index = i;
      if (i >= MAX_IN_FLIGHT) {
        var unused = futures.get(i - MAX_IN_FLIGHT).exceptionally(failure -> null).join();
      }
      starts[i] = System.nanoTime();
      futures.add(
          predictor
              .submit(examples.get(i))
              .whenComplete((answer, failure) -> ends[index] = System.nanoTime()));
    }
    List<Tensors> answers = new ArrayList<>(starts.length);
    List<Long> nanos = new ArrayList<>(starts.length);
    for (int i = 0; i < starts.length; i++) {
      try {
        answers.add(futures.get(i).join());
      } catch (CompletionException e) {
        throw e.getCause() instanceof RuntimeException cause ? atIndex(cause, i) : e;
      }
      nanos.add(ends[i] - starts[i]);
    }
    return new Answers(answers, nanos);
  }

  /** Tells which example failed. */
  private static RuntimeException atIndex(RuntimeException e, int index) {
    if (e instanceof InvalidInputException invalid) {
      return invalid.atIndex(index);
    }
    return e instanceof InferenceException || e instanceof IllegalArgumentException
        ? new CommandException(ErrorKind.of(e), "Example " + index + ": " + e.getMessage(), e)
        : e;
  }
}
