package dev.inproc.inference.deploy;

import dev.inproc.inference.internal.concurrent.Durations;
import dev.inproc.inference.model.ModelVersion;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.function.BiPredicate;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * How a version runs beside the one that serves. Immutable: {@code with...} methods return changed
 * copies.
 *
 * <pre>{@code
 * ShadowPlan<Transaction, float[]> plan =
 *     ShadowPlan.<Transaction, float[]>of(ModelVersion.of("fraud", 4, source)).withShare(0.1);
 * }</pre>
 *
 * <p><b>What is copied, and when.</b> A caller may change its request after it has its answer, and
 * a version may write into its request. So both the request and the answer are copied for the
 * shadow on the caller's path: a blocking call's after the answer is there, a submitted call's
 * request before {@code submit} returns and its answer before the future completes. Arrays are
 * cloned, to any depth; lists, sets, maps and optionals of the JDK become unmodifiable copies of
 * their elements' copies; immutable values of the JDK, tensors, enums, and records of such are
 * passed as they are. Any other class needs {@link #withInputCopier} or {@link #withAnswerCopier}.
 * The copiers are the only code of the application that runs on a caller's path.
 *
 * @param <I> a request
 * @param <O> an answer
 */
public final class ShadowPlan<I, O> {
  private static final int DEFAULT_QUEUE = 256;
  private static final double DEFAULT_PROCESSORS = 0.1;
  private static final Duration DEFAULT_TIMEOUT = Duration.ofSeconds(10);

  private final ModelVersion version;
  private final double share;
  private final double processorShare;
  private final int threads;
  private final int queue;
  private final Duration timeout;
  private final @Nullable UnaryOperator<I> inputCopier;
  private final @Nullable UnaryOperator<O> answerCopier;
  private final @Nullable Function<? super O, float[]> vector;
  private final double tolerance;
  private final @Nullable BiPredicate<? super O, ? super O> agreement;
  private final @Nullable ShadowRecorder<? super I, ? super O> recorder;

  private ShadowPlan(Builder<I, O> builder) {
    version = builder.version;
    share = builder.share;
    processorShare = builder.processorShare;
    threads = builder.threads;
    queue = builder.queue;
    timeout = builder.timeout;
    inputCopier = builder.inputCopier;
    answerCopier = builder.answerCopier;
    vector = builder.vector;
    tolerance = builder.tolerance;
    agreement = builder.agreement;
    recorder = builder.recorder;
  }

  /** The plan before it is final. */
  private static final class Builder<I, O> {
    private final ModelVersion version;
    private double share = 1;
    private double processorShare = DEFAULT_PROCESSORS;
    private int threads;
    private int queue = DEFAULT_QUEUE;
    private Duration timeout = DEFAULT_TIMEOUT;
    private @Nullable UnaryOperator<I> inputCopier;
    private @Nullable UnaryOperator<O> answerCopier;
    private @Nullable Function<? super O, float[]> vector;
    private double tolerance = Double.NaN;
    private @Nullable BiPredicate<? super O, ? super O> agreement;
    private @Nullable ShadowRecorder<? super I, ? super O> recorder;

    private Builder(ModelVersion version) {
      this.version = version;
    }

    private Builder(ShadowPlan<I, O> plan) {
      version = plan.version;
      share = plan.share;
      processorShare = plan.processorShare;
      threads = plan.threads;
      queue = plan.queue;
      timeout = plan.timeout;
      inputCopier = plan.inputCopier;
      answerCopier = plan.answerCopier;
      vector = plan.vector;
      tolerance = plan.tolerance;
      agreement = plan.agreement;
      recorder = plan.recorder;
    }
  }

  private ShadowPlan<I, O> with(Consumer<Builder<I, O>> change) {
    Builder<I, O> builder = new Builder<>(this);
    change.accept(builder);
    return new ShadowPlan<>(builder);
  }

  /**
   * Returns a plan that runs this version on a copy of each call, within a tenth of the processors.
   */
  public static <I, O> ShadowPlan<I, O> of(ModelVersion version) {
    return new ShadowPlan<>(new Builder<>(Objects.requireNonNull(version, "version")));
  }

  /** Returns this plan with the share of calls that are copied, drawn by chance. Default: 1. */
  public ShadowPlan<I, O> withShare(double ofCalls) {
    checkShare(ofCalls);
    return with(builder -> builder.share = ofCalls);
  }

  /**
   * Returns this plan with the share of all processors' time that the shadow may take. Default:
   * 0.1.
   *
   * <p>How many processors an engine occupies cannot be seen. So a run is charged as if it occupied
   * all of them, or as many as {@link #withThreads} says, for as long as it takes: after a run of 2
   * ms, at a share of 0.1, no other begins for 18 ms. A run that sleeps is charged as well.
   */
  public ShadowPlan<I, O> withProcessorShare(double ofProcessors) {
    checkShare(ofProcessors);
    return with(builder -> builder.processorShare = ofProcessors);
  }

  /**
   * Returns this plan with the most threads that a run of this version occupies, which is what
   * {@code intraOpThreads} of its session says. Default: as many as there are processors.
   */
  public ShadowPlan<I, O> withThreads(int most) {
    if (most < 1) {
      throw new IllegalArgumentException("Expected 1 thread or more, got " + most);
    }
    return with(builder -> builder.threads = most);
  }

  /** Returns this plan with how many copies may wait; others are dropped. Default: 256. */
  public ShadowPlan<I, O> withQueue(int capacity) {
    if (capacity < 1) {
      throw new IllegalArgumentException("Expected a capacity of 1 or more, got " + capacity);
    }
    return with(builder -> builder.queue = capacity);
  }

  /**
   * Returns this plan with the timeout of a run of the shadow. Default: 10 seconds. A caller's
   * timeout does not concern the shadow.
   */
  public ShadowPlan<I, O> withTimeout(Duration ofRun) {
    if (Durations.of(ofRun) == 0) {
      throw new IllegalArgumentException("Expected a time of more than 0, got " + ofRun);
    }
    return with(builder -> builder.timeout = ofRun);
  }

  /**
   * Returns this plan with what copies a request, on the caller's path: it must be quick and must
   * not block. What it throws is counted, and reaches no caller. A function that returns its
   * argument promises that neither the caller nor a version changes requests.
   */
  public ShadowPlan<I, O> withInputCopier(UnaryOperator<I> copier) {
    Objects.requireNonNull(copier, "copier");
    return with(builder -> builder.inputCopier = copier);
  }

  /** Returns this plan with what copies an answer, under the same terms. */
  public ShadowPlan<I, O> withAnswerCopier(UnaryOperator<O> copier) {
    Objects.requireNonNull(copier, "copier");
    return with(builder -> builder.answerCopier = copier);
  }

  /**
   * Returns this plan with what is compared of an answer; it runs on the shadow's thread. Default:
   * a number, the numbers of an array, all FP32 values of tensors in a row. Other answers have no
   * vector.
   */
  public ShadowPlan<I, O> withVector(Function<? super O, float[]> vectorOf) {
    Objects.requireNonNull(vectorOf, "vectorOf");
    return with(builder -> builder.vector = vectorOf);
  }

  /**
   * Returns this plan with how far each value of two vectors may differ for the answers to agree.
   * Default: vectors of two or more values agree if their largest value is at the same place, a
   * single value and answers without a vector if they are equal.
   */
  public ShadowPlan<I, O> withTolerance(double difference) {
    if (!(difference >= 0)) {
      throw new IllegalArgumentException("Expected a tolerance of 0 or more, got " + difference);
    }
    return with(builder -> builder.tolerance = difference);
  }

  /**
   * Returns this plan with what decides whether two answers agree, the one of the version that
   * serves and the shadow's; it runs on the shadow's thread. It goes before {@link #withTolerance}.
   */
  public ShadowPlan<I, O> withAgreement(BiPredicate<? super O, ? super O> areAlike) {
    Objects.requireNonNull(areAlike, "areAlike");
    return with(builder -> builder.agreement = areAlike);
  }

  /** Returns this plan with what gets each pair of answers, after the comparison. */
  public ShadowPlan<I, O> withRecorder(ShadowRecorder<? super I, ? super O> recorderOfPairs) {
    Objects.requireNonNull(recorderOfPairs, "recorder");
    return with(builder -> builder.recorder = recorderOfPairs);
  }

  private static void checkShare(double share) {
    if (!(share > 0 && share <= 1)) {
      throw new IllegalArgumentException("Expected a share above 0 and up to 1, got " + share);
    }
  }

  /** Returns the version that runs beside. */
  public ModelVersion version() {
    return version;
  }

  double share() {
    return share;
  }

  /**
   * Returns the share of the time in which a run may be under way.
   *
   * @param processors how many there are
   */
  double dutyCycle(int processors) {
    int occupied = threads == 0 ? processors : Math.min(threads, processors);
    return Math.min(1, processorShare * processors / occupied);
  }

  /** Returns the share of the processors that a run is charged with. */
  double charge(int processors) {
    return threads == 0 ? 1 : Math.min(1, (double) threads / processors);
  }

  int queue() {
    return queue;
  }

  Duration timeout() {
    return timeout;
  }

  @SuppressWarnings("unchecked") // a copy is of the same type
  I copyInput(I input) {
    return Objects.requireNonNull(
        inputCopier == null
            ? (I) ShadowCopies.copy(input, "withInputCopier")
            : inputCopier.apply(input),
        "the copier of requests returned null");
  }

  @SuppressWarnings("unchecked")
  O copyAnswer(O answer) {
    return Objects.requireNonNull(
        answerCopier == null
            ? (O) ShadowCopies.copy(answer, "withAnswerCopier")
            : answerCopier.apply(answer),
        "the copier of answers returned null");
  }

  /** Throws what keeps a request or an answer from being copied. */
  void checkCopies(I input, O answer) {
    Object unused = copyInput(input);
    unused = copyAnswer(answer);
  }

  /** Returns what is compared of an answer; null for an answer without a vector. */
  float @Nullable [] vector(O answer) {
    return vector == null ? AnswerVectors.of(answer) : vector.apply(answer);
  }

  /** Returns the tolerance, or NaN. */
  double tolerance() {
    return tolerance;
  }

  @Nullable BiPredicate<? super O, ? super O> agreement() {
    return agreement;
  }

  @Nullable ShadowRecorder<? super I, ? super O> recorder() {
    return recorder;
  }

  private List<@Nullable Object> state() {
    return Arrays.asList(
        version,
        share,
        processorShare,
        threads,
        queue,
        timeout,
        inputCopier,
        answerCopier,
        vector,
        tolerance,
        agreement,
        recorder);
  }

  /** Equal plans run a version alike; functions are equal as their class says. */
  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof ShadowPlan<?, ?> that && state().equals(that.state());
  }

  @Override
  public int hashCode() {
    return state().hashCode();
  }

  @Override
  public String toString() {
    return "ShadowPlan["
        + version
        + ", share="
        + share
        + ", processorShare="
        + processorShare
        + ", threads="
        + (threads == 0 ? "all" : threads)
        + ", queue="
        + queue
        + ", timeout="
        + timeout
        + ", inputCopier="
        + inputCopier
        + ", answerCopier="
        + answerCopier
        + ", vector="
        + vector
        + ", tolerance="
        + tolerance
        + ", agreement="
        + agreement
        + ", recorder="
        + recorder
        + "]";
  }
}
