package dev.inproc.inference.engine;

import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What was found out at load about whether an answer depends on the examples that it is run
 * together with. Immutable.
 *
 * <p>It is the outcome of a measurement, not a proof: it holds for the inputs, batch sizes, machine
 * and settings that were probed, all of which it names. A deviation is the largest absolute
 * difference between a value of an answer and the same value when the example is run alone, divided
 * by the largest absolute value of that output over the examples probed. Text that differs, and NaN
 * or a shape on one side alone, deviate infinitely.
 */
public final class Integrity {
  private final @Nullable String unchecked;
  private final List<Finding> findings;
  private final double tolerance;
  private final String setting;
  private final boolean complete;
  private final boolean batching;
  private final boolean padding;

  /**
   * The largest deviation of one kind of comparison.
   *
   * @param mates what the example was run with
   * @param batchSize the number of examples in the run
   * @param output the output that deviated most, or any if none did
   * @param deviation relative to the output's largest value
   */
  public record Finding(Mates mates, int batchSize, String output, double deviation) {}

  private Integrity(
      @Nullable String unchecked,
      List<Finding> findings,
      double tolerance,
      String setting,
      boolean complete) {
    this.unchecked = unchecked;
    this.findings = List.copyOf(findings);
    this.tolerance = tolerance;
    this.setting = setting;
    this.complete = complete;
    // Asked for every batch, so worked out here.
    batching = findings.stream().allMatch(f -> f.mates == Mates.LONGER || isTolerable(f));
    padding = findings.stream().allMatch(this::isTolerable);
  }

  static Integrity unchecked(String reason) {
    return new Integrity(Objects.requireNonNull(reason), List.of(), 0, "", false);
  }

  static Integrity of(List<Finding> findings, double tolerance, String setting, boolean complete) {
    return new Integrity(null, findings, tolerance, setting, complete);
  }

  /** Returns whether anything was compared. */
  public boolean isChecked() {
    return unchecked == null;
  }

  /** Returns whether all that was planned was compared; if not, time was up. */
  public boolean isComplete() {
    return complete;
  }

  /** Returns the largest deviation of each kind of comparison and batch size that was run. */
  public List<Finding> findings() {
    return findings;
  }

  /** Returns the deviation up to which answers count as the same. */
  public double tolerance() {
    return tolerance;
  }

  /**
   * Returns whether examples may share a run: nothing that was compared, padding apart, deviates by
   * more than the tolerance. True where nothing was checked.
   */
  public boolean allowsBatching() {
    return batching;
  }

  /** Returns whether examples may be padded to share a run; never where they may not share one. */
  public boolean allowsPadding() {
    return padding;
  }

  private boolean isTolerable(Finding finding) {
    return finding.deviation <= tolerance;
  }

  /** Returns the finding with the largest deviation, if anything was checked. */
  public Optional<Finding> worst() {
    return findings.stream().max(Comparator.comparingDouble(Finding::deviation));
  }

  /** Returns in words what was found, what it holds for, and what follows from it. */
  @Override
  public String toString() {
    if (unchecked != null) {
      return "not checked whether answers depend on batch-mates: " + unchecked;
    }
    String probed = " at batch sizes " + sizes() + ", " + comparisons() + ", on " + setting;
    String cut = complete ? "" : ", until time was up";
    if (padding) {
      return "no deviation above "
          + number(tolerance)
          + " found (largest "
          + worst().map(worst -> number(worst.deviation)).orElse("none")
          + ")"
          + probed
          + cut;
    }
    Finding worst = worst().orElseThrow();
    return "answers depend on batch-mates: output \""
        + worst.output
        + "\" of an example run "
        + worst.mates.words()
        + " in a batch of "
        + worst.batchSize
        + " moved by "
        + (Double.isInfinite(worst.deviation)
            ? "more than any number"
            : number(worst.deviation) + " times its largest value")
        + ", the tolerance is "
        + number(tolerance)
        + (batching ? "; so examples are not padded" : "; so examples are run one by one")
        + ", unless IntegrityOptions.withTolerance accepts it; compared"
        + probed
        + cut;
  }

  private SortedSet<Integer> sizes() {
    return new TreeSet<>(findings.stream().map(Finding::batchSize).toList());
  }

  private String comparisons() {
    SortedSet<Mates> mates = new TreeSet<>(findings.stream().map(Finding::mates).toList());
    return mates.stream().map(Mates::words).collect(Collectors.joining(", "));
  }

  private static String number(double value) {
    return String.format(Locale.ROOT, "%.1e", value).replace("e+00", "");
  }
}
