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
 * <p>Probed are an example alone and then in batches of several sizes, beside ordinary examples,
 * outliers and NaN, and padded where padding is allowed. A model whose answers move by more than
 * the tolerance is served one example at a time, or without padding if that alone is at fault. So
 * is a model that was not, or not yet, found to be without fault.
 *
 * <pre>{@code
 * SessionOptions.builder().integrity(IntegrityOptions.DEFAULT.withTolerance(0.2)); // accept so much
 * }</pre>
 */
public final class IntegrityOptions {
  /** Inputs made up, 2 seconds, a tolerance of 0.001, no findings kept. */
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
   * No probe: examples are run together unseen. Only a model whose graph says that it keeps state
   * is still served one example at a time, unless {@link #withStateIgnored} says otherwise.
   */
  public static IntegrityOptions skip() {
    return new IntegrityOptions(false, List.of(), Duration.ZERO, 0, null, false);
  }

  /**
   * Returns these options with inputs of the user's: examples without a batch axis, the first being
   * the one whose answers are compared most. Typical and extreme ones find the most. Without them,
   * the warm-up example is used, or inputs are made up: normal noise, small integers, ones for
   * masks.
   */
  public IntegrityOptions withInputs(Tensors... examples) {
    return new IntegrityOptions(
        enabled, List.of(examples), timeLimit, tolerance, findings, stateIgnored);
  }

  /**
   * Returns these options with a limit to the time that the probe holds loading up. A run under way
   * is stopped, as soon as the engine can be. A probe that is not finished by then goes on in the
   * background; examples are run one by one until it has an answer.
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
   * output's largest value; see {@link Integrity}. A larger one accepts more. Rounding of FP32
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
   * with the same settings on the same kind of machine need not probe. It is made if it is not
   * there. A finding is keyed by the model's digest, the version of the engine, the devices, the
   * processor's features and the options that shape the comparisons, so models and processes may
   * share a directory; it may be that of optimized graphs. Of an ONNX model that has external data,
   * or may have since it is trusted, findings are kept if {@link ModelSource#withSha256} gives its
   * digest.
   *
   * <p>Each load of a model that would be probed then computes the digest, unless the source gives
   * it. Whoever can write to the directory decides which models run examples together: protect it
   * as you protect the models. On Unix, a directory that belongs to another user (but root) or that
   * everybody may write to is not used, with a warning. Default: none; nothing is written, and no
   * digest is computed.
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

  /** Returns the inputs given, empty if they are to be made up. */
  public List<Tensors> inputs() {
    return inputs;
  }

  /** Returns the limit to the time. */
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
}
