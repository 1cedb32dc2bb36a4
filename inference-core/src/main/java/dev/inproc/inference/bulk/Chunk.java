package dev.inproc.inference.bulk;

import dev.inproc.inference.CallOptions;
import dev.inproc.inference.EngineException;
import dev.inproc.inference.InferenceException;
import dev.inproc.inference.InvalidInputException;
import dev.inproc.inference.Predictor;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import org.jspecify.annotations.Nullable;

/** Some rows in a row and, once it was run, an answer or a failure of each. */
final class Chunk<I, O> {
  private final long first;
  private final List<I> rows;
  private final List<@Nullable O> answers;
  private final List<@Nullable RuntimeException> failures;
  private int bad;

  /**
   * Creates a chunk.
   *
   * @param first the place of its first row in the iterator
   */
  Chunk(long first, List<I> rows) {
    this.first = first;
    this.rows = rows;
    answers = new ArrayList<>(rows.size());
    failures = new ArrayList<>(0);
  }

  int size() {
    return rows.size();
  }

  long index(int row) {
    return first + row;
  }

  I row(int row) {
    return rows.get(row);
  }

  @Nullable O answer(int row) {
    return answers.get(row);
  }

  int bad() {
    return bad;
  }

  /** Returns what a row failed with, or null. */
  @Nullable RuntimeException failure(int row) {
    return bad == 0 ? null : failures.get(row);
  }

  /** Runs it; throws what does not come from a row. */
  void run(Predictor<I, O> predictor, CallOptions options) {
    run(predictor, options, 0, rows.size());
  }

  private void run(Predictor<I, O> predictor, CallOptions options, int from, int to) {
    List<O> part;
    try {
      part = predictor.predictAll(rows.subList(from, to), options);
    } catch (RuntimeException e) {
      if (!isOfRow(e)) {
        throw e;
      }
      // An index beyond the rows is that of another list, which a codec made a call with.
      int named = e instanceof InvalidInputException bad ? from + Math.max(0, bad.index()) : to;
      if (to - from == 1) {
        fail(e);
      } else if (named < to) {
        around(predictor, options, from, named, to);
      } else {
        halves(predictor, options, from, to);
      }
      return;
    }
    if (part.size() != to - from) {
      throw new IllegalStateException(
          "Expected " + (to - from) + " answers from predictAll, got " + part.size());
    }
    answers.addAll(part);
  }

  /** Whether a row is at fault. What is not the library's comes from a codec. */
  private static boolean isOfRow(RuntimeException failure) {
    if (failure instanceof EngineException engine) {
      return !engine.isSystemic();
    }
    return failure instanceof InvalidInputException
        || !(failure instanceof InferenceException || failure instanceof CancellationException);
  }

  /** Runs the rows before and after one that is bad, and that one alone, for its own failure. */
  private void around(Predictor<I, O> predictor, CallOptions options, int from, int named, int to) {
    if (named > from) {
      run(predictor, options, from, named);
    }
    run(predictor, options, named, named + 1);
    if (named + 1 < to) {
      run(predictor, options, named + 1, to);
    }
  }

  private void halves(Predictor<I, O> predictor, CallOptions options, int from, int to) {
    int middle = (from + to) >>> 1;
    run(predictor, options, from, middle);
    run(predictor, options, middle, to);
  }

  private void fail(RuntimeException failure) {
    int row = answers.size();
    while (failures.size() < rows.size()) {
      failures.add(null);
    }
    failures.set(row, failure);
    answers.add(null);
    bad++;
  }
}
