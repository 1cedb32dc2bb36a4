package dev.inproc.inference.engine;

import dev.inproc.inference.tensor.DataType;
import dev.inproc.inference.tensor.Signature;
import dev.inproc.inference.tensor.TensorSpec;
import org.jspecify.annotations.Nullable;

/**
 * The decision about the batch axis, its reason, and how certain it is.
 *
 * @param axis LEADING or NONE
 * @param isOnTrial whether a trial run must confirm LEADING, since the names do not
 * @param isOpen whether the user may correct the decision
 * @param why in words; null if the user said it
 */
record AxisGuess(BatchAxis axis, boolean isOnTrial, boolean isOpen, @Nullable String why) {
  static AxisGuess of(Signature raw, BatchAxis told) {
    if (told != BatchAxis.AUTO) {
      return new AxisGuess(told, false, false, null);
    }
    if (raw.outputs().stream().anyMatch(output -> output.type() == DataType.SEQUENCE)) {
      // A sequence cannot be cut into one answer for each example, so there is nothing to correct.
      return new AxisGuess(BatchAxis.NONE, false, false, "its sequence of tensors " + raw);
    }
    if (BatchAxisRule.leads(raw)) {
      boolean named = raw.inputs().stream().allMatch(BatchAxisRule::isNamedBatch);
      return new AxisGuess(BatchAxis.LEADING, false, !named, "the signature " + raw);
    }
    if (BatchAxisRule.mayLead(raw)) {
      return new AxisGuess(BatchAxis.LEADING, true, true, "the signature " + raw);
    }
    boolean open = raw.inputs().stream().anyMatch(AxisGuess::mayHaveOne);
    return new AxisGuess(BatchAxis.NONE, false, open, "the signature " + raw);
  }

  private static boolean mayHaveOne(TensorSpec input) {
    return !input.hasRank() || (input.rank() > 0 && input.dim(0) == TensorSpec.DYNAMIC);
  }

  /** Returns the decision after a trial that confirmed it. */
  AxisGuess confirmed() {
    String trial = "the answers of 1, 2 and 3 examples run together";
    return new AxisGuess(BatchAxis.LEADING, false, false, trial);
  }

  /** Returns the decision after a trial that did not confirm it. */
  AxisGuess refuted(String reason) {
    return new AxisGuess(BatchAxis.NONE, false, true, reason);
  }

  /**
   * Returns the decision and its reason; null if there is nothing to report.
   *
   * @param found what the probe found with this axis
   */
  @Nullable String decision(Integrity found) {
    if (why == null) {
      return null;
    }
    if (isOpen(found)) {
      return "that " + choice() + " is a guess from " + why + "; " + advice();
    }
    return isTried() ? choice() + ", told by " + why : null;
  }

  /** Returns what a message about an input that does not fit should add, or null. */
  @Nullable String hint(Integrity found) {
    return why != null && isOpen(found)
        ? " (" + choice() + ", which is a guess; " + advice() + ")"
        : null;
  }

  /**
   * Rows whose answers do not depend on each other are examples, whatever their dimension is named.
   */
  private boolean isOpen(Integrity found) {
    boolean confirmed = axis == BatchAxis.LEADING && found.isComplete() && found.allowsBatching();
    return isOpen && !confirmed;
  }

  private boolean isTried() {
    return axis == BatchAxis.LEADING && why != null && why.startsWith("the answers");
  }

  private String choice() {
    return axis == BatchAxis.LEADING
        ? "the first dimension counts examples"
        : "the first dimension belongs to each example";
  }

  private String advice() {
    BatchAxis other = axis == BatchAxis.LEADING ? BatchAxis.NONE : BatchAxis.LEADING;
    return "SessionOptions.batchAxis(BatchAxis." + other + ") says otherwise";
  }
}
