package dev.inproc.inference.engine;

import dev.inproc.inference.tensor.Tensors;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * How a model is probed at load for answers that depend on batch-mates. Immutable: {@code with...}
 * methods return changed copies.
 *
 * <p>The probe runs an example alone and then in batches of several sizes: beside ordinary
 * examples, outliers and NaN, and padded where padding is allowed. A model whose answers move by
 * more than the tolerance is served one example at a time, or without padding if only padding moves
 * them. A model whose probe could not run, or has not finished, is served one example at a time
 * too.
 *
 * <pre>{@code
 * SessionOptions.builder().integrity(IntegrityOptions.DEFAULT.withTolerance(0.2)); // accepted deviation
 * }</pre>
 */
public final class IntegrityOptions {
  /** Generated inputs, 2 seconds, a tolerance of 0.001, no findings kept. */
  public static final IntegrityOptions DEFAULT =
      new IntegrityOptions(true, List.of(), Duration.ofSeconds(2), 1e-3, null, false);

  private final boolean enabled;
  private final List<Tensors> inputs;
  private final Duration timeLimit;
  private final double tolerance;
  private final @Nullable Path findings;
  private final boolean stateIgnored;

  private IntegrityOptions(
      boolean enabled,
      List<Tensors> inputs,
      Duration timeLimit,
      double tolerance,
      @Nullable Path findings,
      boolean stateIgnored) {
    this.enabled = enabled;
    this.inputs = inputs;
    this.timeLimit = timeLimit;
    this.tolerance = tolerance;
    this.findings = findings;
    this.stateIgnored = stateIgnored;
  }

  /**
   * No probe: examples share runs unchecked. Only a model whose graph says that it keeps state is
   * still served one example at a time, unless {@link #withStateIgnored} says otherwise.
   */
  public static IntegrityOptions skip() {
    return new IntegrityOptions(false, List.of(), Duration.ZERO, 0, null, false);
  }

  /**
   * Returns these options with inputs to probe with: examples without a batch axis. The probe
   * compares the answers of the first one most. Typical and extreme examples find the most. By
   * default the probe uses the warm-up example, or generates inputs: normal noise, small integers,
   * ones for masks.
   */
  public IntegrityOptions withInputs(Tensors... examples) {
    return new IntegrityOptions(
        enabled, List.of(examples), timeLimit, tolerance, findings, stateIgnored);
  }

  /**
   * Returns these options with a limit to the time that the probe delays loading. At the limit the
   * current run is stopped, as soon as the engine can stop it. An unfinished probe goes on in the
   * background; examples run one by one until it ends.
   */
  public IntegrityOptions withTimeLimit(Duration limit) {
    Objects.requireNonNull(limit, "limit");
    if (limit.isNegative() || limit.isZero()) {
      throw new IllegalArgumentException("The time limit must be above zero, got " + limit);
    }
    return new IntegrityOptions(enabled, inputs, limit, tolerance, findings, stateIgnored);
  }

  /**
   * Returns these options with the largest deviation that counts as the same answer, relative to an
   * output's largest value; see {@link Integrity}. A larger value accepts more. Rounding of FP32
   * models stays below 0.0001; FP16 needs about 0.01.
   */
  public IntegrityOptions withTolerance(double largest) {
    if (!(largest >= 0)) {
      throw new IllegalArgumentException("The tolerance must be at least 0, got " + largest);
    }
    return new IntegrityOptions(enabled, inputs, timeLimit, largest, findings, stateIgnored);
  }

  /**
   * Returns these options with a directory of findings, so that later loads of the very same model
   * with the same settings on the same kind of machine need not probe. It is created if it is
   * missing. A finding is keyed by the model's digest, the version of the engine, the devices, the
   * processor's features and the options that shape the comparisons, so models and processes may
   * share a directory; it may be the directory of optimized graphs too. For an ONNX model that has
   * external data, or may have it since the model is trusted, findings are kept only if {@link
   * ModelSource#withSha256} gives its digest.
   *
   * <p>Each load of a model that would be probed then computes the digest, unless the source gives
   * it. A process that can write to the directory decides which models run examples together:
   * protect the directory as you protect the models. On Unix, a directory that belongs to another
   * user (root excepted) or that all users may write to is not used, and a warning is logged.
   * Default: none; nothing is written, and no digest is computed.
   */
  public IntegrityOptions withFindings(Path directory) {
    Objects.requireNonNull(directory, "directory");
    return new IntegrityOptions(enabled, inputs, timeLimit, tolerance, directory, stateIgnored);
  }

  /**
   * Returns these options with or without serving a model that keeps state, such as a counter or a
   * running mean, as one that keeps none: its calls share runs, unprobed, and caches keep its
   * answers. Default: such a model is run one example at a time, and no cache keeps its answers.
   */
  public IntegrityOptions withStateIgnored(boolean ignore) {
    return new IntegrityOptions(enabled, inputs, timeLimit, tolerance, findings, ignore);
  }

  /** Returns whether there is a probe at all. */
  public boolean isEnabled() {
    return enabled;
  }

  /** Returns the inputs to probe with, empty if the probe chooses them. */
  public List<Tensors> inputs() {
    return inputs;
  }

  /** Returns the limit to the time that the probe delays loading. */
  public Duration timeLimit() {
    return timeLimit;
  }

  /** Returns the largest deviation that counts as the same answer. */
  public double tolerance() {
    return tolerance;
  }

  /** Returns the directory of findings, or null for none. */
  public @Nullable Path findings() {
    return findings;
  }

  /** Returns whether a model that keeps state is served as one that keeps none. */
  public boolean isStateIgnored() {
    return stateIgnored;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof IntegrityOptions that
        && enabled == that.enabled
        && Objects.equals(findings, that.findings)
        && stateIgnored == that.stateIgnored
        && tolerance == that.tolerance
        && timeLimit.equals(that.timeLimit)
        && inputs.equals(that.inputs);
  }

  @Override
  public int hashCode() {
    return Objects.hash(enabled, inputs, timeLimit, tolerance, findings, stateIgnored);
  }

  @Override
  public String toString() {
    return "IntegrityOptions[enabled="
        + enabled
        + ", inputs="
        + inputs.size()
        + ", timeLimit="
        + timeLimit
        + ", tolerance="
        + tolerance
        + ", findings="
        + findings
        + ", stateIgnored="
        + stateIgnored
        + "]";
  }
}
