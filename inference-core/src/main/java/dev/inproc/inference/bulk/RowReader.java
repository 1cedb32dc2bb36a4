package dev.inproc.inference.bulk;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Reads the rows of one run. A row that cannot be read ends the rows; its failure waits until the
 * rows before it were delivered. Not thread-safe.
 */
final class RowReader<I> {
  private final Iterator<? extends I> rows;
  private long taken;
  private @Nullable RuntimeException failure;

  RowReader(Iterator<? extends I> rows) {
    this.rows = Objects.requireNonNull(rows, "rows");
  }

  /** Returns the number of rows that were read. */
  long taken() {
    return taken;
  }

  /** Returns whether a row may follow. */
  boolean hasNext() {
    if (failure != null) {
      return false;
    }
    try {
      return rows.hasNext();
    } catch (RuntimeException e) {
      failure = new IllegalStateException(describe() + " cannot be read: " + e, e);
      return false;
    }
  }

  /** Returns up to so many rows; none if there are no more, or the next cannot be read. */
  List<I> next(int most) {
    List<I> next = new ArrayList<>(most);
    while (next.size() < most && hasNext()) {
      I row;
      try {
        row = rows.next();
      } catch (RuntimeException e) {
        failure = new IllegalStateException(describe() + " cannot be read: " + e, e);
        break;
      }
      if (row == null) {
        failure = new NullPointerException(describe() + " is null");
        break;
      }
      next.add(row);
      taken++;
    }
    return next;
  }

  private String describe() {
    return "Row " + taken + ", counted from 0,";
  }

  /** Throws the failure of the row that could not be read, if there is one. */
  void throwFailure() {
    if (failure != null) {
      throw failure;
    }
  }
}
