package dev.inproc.inference.bulk;

import dev.inproc.inference.CallOptions;
import dev.inproc.inference.EngineException;
import dev.inproc.inference.InvalidInputException;
import dev.inproc.inference.Predictor;
import java.util.ArrayList;
import java.util.List;
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
    try {
      answers.addAll(predictor.predictAll(rows.subList(from, to), options));
      return;
    } catch (InvalidInputException e) {
      int named = e.index() < 0 ? from : from + e.index();
      if (to - from > 1 && named < to) {
        around(predictor, options, from, named, to);
        return;
      }
      fail(e);
    } catch (EngineException e) {
      if (e.isSystemic()) {
        throw e;
      }
      if (to - from > 1) {
        halves(predictor, options, from, to);
        return;
      }
      fail(e);
    }
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
