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
 * What the probe at load found: whether an answer depends on the other examples in its run, or on
 * the runs before. Immutable.
 *
 * <p>It is a measurement, not a proof: it holds for the probed inputs, batch sizes, machine and
 * settings, and its text names them. A deviation is the largest absolute difference between a value
 * of an answer and the same value when the example is run alone, divided by the largest absolute
 * value of that output over the examples probed. Different texts, different shapes, and NaN on one
 * side only are an infinite deviation.
 */
public final class Integrity {
  /** The progress of the probe. */
  enum Status {
    /** All planned comparisons were made. */
    CHECKED,
    /** The time limit passed; the probe goes on, or has given up. */
    UNFINISHED,
    /** The model accepted none of the inputs of the probe. */
    REFUSED,
    /** The user switched the probe off. */
    SKIPPED,
    /** Examples run one by one whatever a probe would find. */
    NEEDLESS
  }

  private final Status status;
  private final String reason; // empty if CHECKED
  private final List<Finding> findings;
  private final double tolerance;
  private final String setting;
  private final Nature nature;
  private final boolean stateIgnored;
  private final @Nullable String axis;
  private final @Nullable String axisHint;
  private final boolean batching;
  private final boolean padding;

  /**
   * The largest deviation of one kind of comparison.
   *
   * @param companions what the example was run with
   * @param batchSize the number of examples in the run
   * @param output the output that deviated most, or any if none did; empty if the run failed
   * @param deviation relative to the output's largest value
   */
  public record Finding(
      ProbeCompanions companions, int batchSize, String output, double deviation) {}

  private Integrity(
      Status status,
      String reason,
      List<Finding> findings,
      double tolerance,
      String setting,
      Nature nature,
      boolean stateIgnored,
      @Nullable String axis,
      @Nullable String axisHint) {
    this.status = status;
    this.reason = reason;
    this.findings = List.copyOf(findings);
    this.tolerance = tolerance;
    this.setting = setting;
    this.nature = nature;
    this.stateIgnored = stateIgnored;
    this.axis = axis;
    this.axisHint = axisHint;
    // Computed once, since every batch asks.
    boolean unseen = status == Status.SKIPPED || status == Status.NEEDLESS;
    boolean known = status == Status.CHECKED || unseen;
    boolean alike =
        findings.stream().allMatch(f -> f.companions == ProbeCompanions.LONGER || isTolerable(f));
    batching = keepsState() ? stateIgnored : known && alike;
    padding = batching && (keepsState() || findings.stream().allMatch(this::isTolerable));
  }

  static Integrity unchecked(Status status, String reason) {
    return new Integrity(
        status, Objects.requireNonNull(reason), List.of(), 0, "", Nature.PLAIN, false, null, null);
  }

  static Integrity of(List<Finding> findings, double tolerance, String setting) {
    return new Integrity(
        Status.CHECKED, "", findings, tolerance, setting, Nature.PLAIN, false, null, null);
  }

  /** Returns these findings as the findings of a probe that did not finish. */
  Integrity unfinished(String why) {
    return new Integrity(
        Status.UNFINISHED, why, findings, tolerance, setting, nature, stateIgnored, axis, axisHint);
  }

  /** Returns these findings for a model of this nature. */
  Integrity with(Nature newNature, boolean ignored) {
    return new Integrity(
        status, reason, findings, tolerance, setting, newNature, ignored, axis, axisHint);
  }

  /**
   * Returns these findings with the decision about the batch axis.
   *
   * @param decision in words
   * @param hint for messages about inputs, null if the decision is no guess
   */
  Integrity withAxis(@Nullable String decision, @Nullable String hint) {
    return new Integrity(
        status, reason, findings, tolerance, setting, nature, stateIgnored, decision, hint);
  }

  Status status() {
    return status;
  }

  Nature nature() {
    return nature;
  }

  /** The hint about the batch axis in messages about inputs, or null. */
  @Nullable String axisHint() {
    return axisHint;
  }

  @Nullable String axis() {
    return axis;
  }

  /** Returns whether anything was compared. */
  public boolean isChecked() {
    return status == Status.CHECKED || !findings.isEmpty();
  }

  /** Returns whether all planned comparisons were made. */
  public boolean isComplete() {
    return status == Status.CHECKED;
  }

  /**
   * Returns whether the model keeps state: an answer depends on the runs before it, as with a
   * counter or a running mean. True also if an example's answers differ and the probe could not
   * tell whether the model is random.
   */
  public boolean keepsState() {
    return nature == Nature.STATE || nature == Nature.UNTOLD;
  }

  /**
   * Returns whether the model is random: the same example gets different answers, which a fresh
   * load does not repeat.
   */
  public boolean isRandom() {
    return nature == Nature.RANDOM;
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
   * Returns whether examples may share a run: all planned comparisons were made, and none without
   * padding deviates by more than the tolerance. True if the probe was switched off. False if the
   * probe could not run or is not finished, and for a model that keeps state unless state is
   * ignored.
   */
  public boolean allowsBatching() {
    return batching;
  }

  /** Returns whether examples may be padded to share a run; never where they may not share one. */
  public boolean allowsPadding() {
    return padding;
  }

  /** Returns whether an example that ran alone once more got the same answer. */
  boolean isAloneTolerable() {
    return findings.stream().allMatch(f -> f.companions != ProbeCompanions.NONE || isTolerable(f));
  }

  private boolean isTolerable(Finding finding) {
    return finding.deviation <= tolerance;
  }

  /** Returns the finding with the largest deviation, if anything was checked. */
  public Optional<Finding> worst() {
    return findings.stream().max(Comparator.comparingDouble(Finding::deviation));
  }

  /** Returns in words the findings, what they hold for, and their consequences. */
  @Override
  public String toString() {
    return axis == null ? found() : found() + "; " + axis;
  }

  private String found() {
    if (keepsState()) {
      return (nature == Nature.STATE
              ? "the model keeps state: an answer depends on the runs before it"
              : "the model answers one example differently each time: it keeps state or is random")
          + (stateIgnored
              ? "; IntegrityOptions.withStateIgnored runs examples together and caches answers"
              : "; so examples are run one by one and no cache keeps answers, unless"
                  + " IntegrityOptions.withStateIgnored says otherwise");
    }
    return switch (status) {
      case CHECKED -> compared();
      case SKIPPED, NEEDLESS -> "not checked whether answers depend on batch-mates: " + reason;
      case REFUSED ->
          "not checked whether answers depend on batch-mates: "
              + reason
              + "; so examples are run one by one, until IntegrityOptions.withInputs gives examples"
              + " that the model takes";
      case UNFINISHED ->
          "not known whether answers depend on batch-mates: "
              + reason
              + "; until it has an answer, examples are run one by one"
              + (findings.isEmpty() ? "" : "; compared" + probed());
    };
  }

  private String compared() {
    if (padding) {
      return "no deviation above "
          + number(tolerance)
          + " found (largest "
          + worst().map(worst -> number(worst.deviation)).orElse("none")
          + ")"
          + probed();
    }
    Finding worst = worst().orElseThrow();
    String effect =
        (batching ? "; so examples are not padded" : "; so examples are run one by one")
            + ", unless IntegrityOptions.withTolerance accepts it; compared"
            + probed();
    if (nature == Nature.RANDOM) {
      return "the model is random: one example alone got answers " + moved(worst) + effect;
    }
    if (worst.output.isEmpty()) {
      return "an example that runs alone fails when it is run "
          + worst.companions.words()
          + " in a batch of "
          + worst.batchSize
          + (batching ? "; so examples are not padded" : "; so examples are run one by one")
          + "; compared"
          + probed();
    }
    return "answers depend on batch-mates: output \""
        + worst.output
        + "\" of an example run "
        + worst.companions.words()
        + " in a batch of "
        + worst.batchSize
        + " "
        + moved(worst)
        + effect;
  }

  private String moved(Finding worst) {
    String by =
        Double.isInfinite(worst.deviation)
            ? "more than any number"
            : number(worst.deviation) + " times its largest value";
    return (nature == Nature.RANDOM ? "that differ by " : "moved by ")
        + by
        + ", the tolerance is "
        + number(tolerance);
  }

  private String probed() {
    return " at batch sizes " + sizes() + ", " + comparisons() + ", on " + setting;
  }

  private SortedSet<Integer> sizes() {
    return new TreeSet<>(findings.stream().map(Finding::batchSize).toList());
  }

  private String comparisons() {
    SortedSet<ProbeCompanions> kinds =
        new TreeSet<>(findings.stream().map(Finding::companions).toList());
    return kinds.stream().map(ProbeCompanions::words).collect(Collectors.joining(", "));
  }

  private static String number(double value) {
    return String.format(Locale.ROOT, "%.1e", value).replace("e+00", "");
  }
}
