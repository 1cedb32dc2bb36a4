package dev.inproc.inference.deploy;

import dev.inproc.inference.Answer;
import dev.inproc.inference.BlockedCaller;
import dev.inproc.inference.CallOptions;
import dev.inproc.inference.InferenceInterruptedException;
import dev.inproc.inference.ModelLoadException;
import dev.inproc.inference.Predictor;
import dev.inproc.inference.internal.concurrent.Durations;
import dev.inproc.inference.internal.files.FileOperations;
import dev.inproc.inference.metrics.LayerDescription;
import dev.inproc.inference.model.ModelRepository;
import dev.inproc.inference.model.ModelVersion;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.UnaryOperator;

/**
 * One name, several versions of a model, one predictor: a version is loaded beside the serving
 * version, and takes its place without a failed call. Thread-safe.
 *
 * <pre>{@code
 * try (Deployment<Transaction, Double> fraud =
 *     Deployment.<Transaction, Double>builder((version, context) -> load(version.source()))
 *         .warmUp(List.of(sample))
 *         .check((version, input, score) -> requireFinite(score))
 *         .open(ModelVersion.of("fraud", 1, first))) {
 *   fraud.predict(transaction);
 *   fraud.switchTo(ModelVersion.of("fraud", 2, second)); // calls go on meanwhile
 *   fraud.rollBack("too many alarms"); // at once: version 1 is still warm
 * }
 * }</pre>
 *
 * <p>Each version is served by a whole predictor of its own, a <em>lane</em>, which a {@link
 * LaneFactory} makes. Each answer comes from one version, and so does each list. {@link #answers}
 * tells the version of each answer. A cache belongs into the lane: around a deployment, it would
 * answer with an earlier version's answers.
 *
 * <p>A call costs one volatile read over a call of the lane. A blocking call allocates nothing. A
 * call that a switch overtakes is tried again on the new version, within the same deadline.
 *
 * <p>Of several commands at once the last one decides: a switch that is still loading is given up,
 * and its caller gets a {@link java.util.concurrent.CancellationException}.
 *
 * @param <I> a request
 * @param <O> an answer
 */
public final class Deployment<I, O> implements Predictor<I, O> {
  private static final System.Logger LOG = System.getLogger(Deployment.class.getName());

  private final String name;
  private final Router<I, O> router;
  private final VersionSwitcher<I, O> switcher;
  private final Rollouts<I, O> rollouts;
  private final Shadows<I, O> shadows;
  private final Experiments<I, O> experiments;
  private final Runnable onClose;

  Deployment(Assembly<I, O> parts) {
    name = parts.name();
    router = parts.router();
    switcher = parts.switcher();
    rollouts = parts.rollouts();
    shadows = parts.shadows();
    experiments = parts.experiments();
    onClose = parts.onClose();
  }

  /** Starts a deployment whose lanes this factory makes. */
  public static <I, O> Builder<I, O> builder(LaneFactory<I, O> factory) {
    return new Builder<>(Objects.requireNonNull(factory, "factory"));
  }

  // ---- calls ----

  @Override
  public O predict(I input, CallOptions options) {
    Objects.requireNonNull(input, "input");
    Objects.requireNonNull(options, "options");
    return router.predict(lane -> lane.calls, input, options);
  }

  @Override
  public CompletableFuture<O> submit(I input, CallOptions options) {
    Objects.requireNonNull(input, "input");
    Objects.requireNonNull(options, "options");
    return router.submit(lane -> lane.calls, input, options);
  }

  /** Answers a list, all of it with one version. A list that a switch overtakes is run anew. */
  @Override
  public List<O> predictAll(List<I> inputs, CallOptions options) {
    Objects.requireNonNull(options, "options");
    return router.predictAll(lane -> lane.calls, inputs, options);
  }

  /**
   * Returns a view whose answers tell their version, such as {@code "fraud@3"}. A list through it
   * is of one version.
   */
  @Override
  public Predictor<I, Answer<O>> answers() {
    return new DeploymentAnswers<>(this, router);
  }

  // ---- commands ----

  /** {@link #switchTo(ModelVersion, String)} without a reason. */
  public boolean switchTo(ModelVersion version) {
    return switchTo(version, "");
  }

  /**
   * Has a version served, blocking: it is loaded, warmed up through its lane and checked while the
   * present version serves. Both are in memory then. A version that served until lately is still
   * warm, and serves at once. The process loads one version at a time, in the order of the calls.
   *
   * <p>A call that begins after this returned is answered by the version, unless another command
   * came. The version before is kept warm for a time; then it answers its last calls, and a thread
   * of the library frees it. So two versions are in memory for that time, and three while a further
   * one is loaded: the memory must suffice.
   *
   * @param reason why, for the label's history
   * @return false if the version serves already
   * @throws ModelLoadException if the version is refused: it cannot be loaded, fails in the
   *     warm-up, or is not accepted. What served before serves on
   * @throws java.util.concurrent.CancellationException if another command overruled this one
   * @throws InferenceInterruptedException if the calling thread was interrupted. What served before
   *     serves on, unless another caller waits for the same version
   * @throws IllegalStateException if the factory or the check of this deployment calls this
   * @throws IllegalArgumentException if the version is of another model
   */
  public boolean switchTo(ModelVersion version, String reason) {
    Objects.requireNonNull(version, "version");
    Objects.requireNonNull(reason, "reason");
    ClassLoader loader = Thread.currentThread().getContextClassLoader();
    Candidate candidate = switcher.begin(new Candidate(version, reason, false, loader));
    boolean hasSwitched = await(candidate);
    try {
      BlockedCaller.await(candidate.durable.copy());
    } catch (InferenceInterruptedException e) {
      return hasSwitched; // it serves, and the interrupt status is set
    } catch (RuntimeException e) { // it serves all the same
      LOG.log(Level.WARNING, name + ": cannot write that " + version + " serves", e);
    }
    return hasSwitched;
  }

  /** Waits for what a command comes to; an interrupt gives it up, unless it has taken effect. */
  private boolean await(Candidate candidate) {
    try {
      return BlockedCaller.await(candidate.outcome.copy());
    } catch (InferenceInterruptedException e) {
      if (switcher.leave(candidate)) {
        throw e;
      }
      return candidate.outcome.join(); // and the interrupt status is set
    }
  }

  /**
   * Has a version prove itself on a growing share of the calls, blocking until it takes the first:
   * it is loaded, warmed up and checked as by {@link #switchTo}, and a control lane of the version
   * that serves is made beside. From then on the rollout goes by itself, to the end or back.
   *
   * <p>The chance that the triggers roll an identical version back is {@link RolloutPlan#alpha} at
   * most, over the rollout's salt and the coins of calls without a key, whatever the traffic.
   *
   * <p>A deployment that follows its repository without a label switches to each newer version at
   * once, so nothing is left to roll out: let it follow a label, which the promotion moves.
   *
   * @throws ModelLoadException if the version is refused, or its shadow does not pass the plan's
   *     gate
   * @throws java.util.concurrent.CancellationException if another command overruled this one
   * @throws InferenceInterruptedException if the calling thread was interrupted; nothing changes
   * @throws IllegalStateException if a rollout is under way, here or in another process of the same
   *     repository and label, or the factory or the check of this deployment calls this
   * @throws IllegalArgumentException if the version serves already, or is of another model
   */
  public Rollout rollOut(RolloutPlan<I, O> plan) {
    String refusal = plan.refusal();
    if (refusal != null) {
      throw new ModelLoadException(plan.version().toString(), refusal, null);
    }
    ClassLoader loader = Thread.currentThread().getContextClassLoader();
    Candidate candidate = new Candidate(plan.version(), "rollout", false, loader);
    RolloutRequest<I, O> request = new RolloutRequest<>(plan);
    switcher.begin(candidate, request);
    var unused = await(candidate);
    return Rollout.of(rollouts, Objects.requireNonNull(request.started));
  }

  /** Returns the rollout that is under way. */
  public Optional<Rollout> rollout() {
    return rollouts.current().map(active -> Rollout.of(rollouts, active));
  }

  /**
   * Compares versions on shares of the keys, blocking until the versions that do not serve are
   * loaded, warmed up and checked as by {@link #switchTo}. From then on a call with an affinity key
   * is answered by the arm of its key; a call without one by the version that serves.
   *
   * <p>{@link #switchTo} and {@link #rollBack} end the experiment, as does closing this.
   *
   * @throws ModelLoadException if a version is refused: nothing changes
   * @throws java.util.concurrent.CancellationException if another command overruled this one
   * @throws InferenceInterruptedException if the calling thread was interrupted; nothing changes
   * @throws IllegalStateException if a rollout or an experiment is under way, or the factory or the
   *     check of this deployment calls this
   * @throws IllegalArgumentException if a version is of another model
   */
  public Experiment experiment(ExperimentPlan plan) {
    ExperimentRequest<I, O> request = new ExperimentRequest<>(Objects.requireNonNull(plan, "plan"));
    ClassLoader loader = Thread.currentThread().getContextClassLoader();
    Candidate candidate = switcher.begin(request, loader);
    var unused = await(candidate);
    return Experiment.of(experiments, Objects.requireNonNull(request.started));
  }

  /** Returns the experiment that is under way. */
  public Optional<Experiment> experiment() {
    return experiments.current().map(active -> Experiment.of(experiments, active));
  }

  /**
   * Goes back: gives up a version that is on its way, if there is one; else ends the rollout or the
   * experiment that is under way; else serves the version that served before, if it is still warm,
   * and frees the present one without keeping it.
   *
   * <p>It returns after the switch in memory. A call that begins after that never gets an answer of
   * the version that was given up.
   *
   * @param reason why, for events and the label's history
   * @return whether there was something to go back from, and when the decision is on disk
   */
  public Rollback rollBack(String reason) {
    Objects.requireNonNull(reason, "reason");
    VersionSwitcher.Undone undone = switcher.rollBack(reason);
    return new Rollback(undone.isDone(), undone.durable().minimalCompletionStage());
  }

  /**
   * Loads a version beside the serving version, blocking, and runs it on copies of the calls that
   * are answered from now on. It answers no caller: a shadow that fails, hangs or is slow changes
   * no reply and delays none, but by the copying that {@link ShadowPlan} describes and by what its
   * share of the processors takes. The lane is loaded, warmed up and checked as by {@link
   * #switchTo}, and is in memory until the shadow is closed. A deployment has one shadow at a time.
   *
   * <p>Each call, and each input of a list, is a copy of its own, which the shadow runs alone, with
   * low priority, with the caller's affinity key, cache scope and request id, and without its
   * timeout. Calls that fail are not copied. If another version begins to serve, the comparison
   * begins anew.
   *
   * @throws ModelLoadException if the version is refused: it cannot be loaded, fails in the
   *     warm-up, is not accepted, or its requests or answers cannot be copied
   * @throws InferenceInterruptedException if the calling thread was interrupted
   * @throws IllegalStateException if there is a shadow already, or one is being loaded
   * @throws IllegalArgumentException if the version is of another model
   */
  public Shadow shadow(ShadowPlan<I, O> plan) {
    return shadows.open(Objects.requireNonNull(plan, "plan"));
  }

  /** Returns the version that serves. */
  public ModelVersion version() {
    return router.table().stable().version;
  }

  /** Returns what this deployment is and has done. */
  public DeploymentMetrics metrics() {
    return shadows.addTo(switcher.metrics());
  }

  // ---- closing ----

  /**
   * Closes as {@link Predictor#close()} says, all versions in memory. A version that is on its way
   * is given up, and this waits for the factory to return. The factory itself may close its
   * deployment; that does not wait. For a run of the shadow this waits ten seconds at most.
   */
  @Override
  public void close() {
    onClose.run();
    shadows.beginClose(RunningShadow.CLOSE_TIME);
    try {
      switcher.close();
    } finally {
      shadows.awaitClosed();
    }
  }

  @Override
  public boolean close(Duration timeout) {
    Objects.requireNonNull(timeout, "timeout");
    onClose.run();
    long end = System.nanoTime() + Durations.of(timeout);
    shadows.beginClose(timeout);
    boolean isAll = switcher.close(timeout);
    return shadows.awaitClosed(end - System.nanoTime()) && isAll;
  }

  // ---- what it is ----

  @Override
  public boolean keepsState() {
    return router.table().stable().calls.keepsState();
  }

  /**
   * Returns this deployment if it is of the type, else what is found in the version that serves.
   */
  @Override
  public <T> Optional<T> find(Class<T> control) {
    return control.isInstance(this)
        ? Optional.of(control.cast(this))
        : router.table().stable().calls.find(control);
  }

  @Override
  public LayerDescription describe() {
    return Descriptions.of(
        metrics(),
        rollout().map(Rollout::metrics).orElse(null),
        experiments.current().map(ActiveExperiment::phase).orElse(null),
        router.table().stable().calls.describe());
  }

  @Override
  public String toString() {
    return "deployed(" + router.table().stable() + ")";
  }

  /** Collects what a deployment is made of. Not thread-safe. */
  public static final class Builder<I, O> {
    private final LaneFactory<I, O> factory;
    private List<I> warmUpInputs = List.of();
    private List<Integer> sizes = List.of();
    private AcceptanceCheck<? super I, ? super O> check = (version, input, answer) -> {};
    private Duration keepWarm = Duration.ofMinutes(10);
    private boolean follows;
    private UnaryOperator<RolloutPlan<I, O>> rollouts = plan -> plan;
    private FileOperations operations = new FileOperations();

    private Builder(LaneFactory<I, O> factory) {
      this.factory = factory;
    }

    /**
     * Sets inputs that each version answers before it serves, through its whole lane but for
     * caches, until the time of two runs differs by less than a fifth. A version that fails at one
     * is refused. Default: none.
     */
    public Builder<I, O> warmUp(List<? extends I> inputs) {
      warmUpInputs = List.copyOf(inputs);
      return this;
    }

    /**
     * Sets the batch sizes of the warm-up, which are to be the sizes that calls come in. Default:
     * the sizes in the version's manifest, else 1.
     */
    public Builder<I, O> warmUpBatchSizes(List<Integer> batchSizes) {
      for (int size : batchSizes) {
        if (size < 1) {
          throw new IllegalArgumentException("Expected batch sizes of 1 or more, got " + size);
        }
      }
      sizes = List.copyOf(batchSizes);
      return this;
    }

    /** Sets what decides whether a version may serve. It sees each warm-up input's answer. */
    public Builder<I, O> check(AcceptanceCheck<? super I, ? super O> acceptance) {
      check = Objects.requireNonNull(acceptance, "acceptance");
      return this;
    }

    /**
     * Sets how long the version that served before stays in memory, so that the deployment can go
     * back at once. Default: 10 minutes.
     */
    public Builder<I, O> keepWarm(Duration time) {
      if (time.isNegative()) {
        throw new IllegalArgumentException("Expected a time of 0 or more, got " + time);
      }
      keepWarm = time;
      return this;
    }

    /**
     * Has the deployment follow its repository: it switches by itself to the version that the label
     * is moved to, or without a label to each newer version. A version that is refused is not tried
     * again, but after a failure that may pass, of a disk or of memory. Default: it stays.
     */
    public Builder<I, O> follow() {
      follows = true;
      return this;
    }

    /**
     * Sets what completes the plan of a rollout that another process or an earlier start began,
     * once this deployment takes part in it. The repository keeps such a plan without its
     * functions: the score and the rules. What else this changes is ignored. Default: no functions;
     * a rollout with {@link RolloutPlan#withStableFor} is not taken part in then.
     */
    public Builder<I, O> rollouts(UnaryOperator<RolloutPlan<I, O>> completion) {
      rollouts = Objects.requireNonNull(completion, "completion");
      return this;
    }

    /** For tests. */
    Builder<I, O> files(FileOperations newOperations) {
      operations = newOperations;
      return this;
    }

    private RolloutSettings<I, O> ofRollouts() {
      return new RolloutSettings<>(rollouts, operations);
    }

    private DeploymentSettings<I, O> settings() {
      return new DeploymentSettings<>(warmUpInputs, sizes, check, Durations.of(keepWarm));
    }

    /**
     * Loads this version, blocking, and serves it. The deployment has the model's name.
     *
     * @throws ModelLoadException if the version is refused, as by {@link Deployment#switchTo}
     */
    public Deployment<I, O> open(ModelVersion version) {
      return new Deployment<>(Assembly.of(version, factory, settings()));
    }

    /**
     * Loads the newest version that a repository has of a model, blocking, and serves it. If that
     * is refused, the one before it is loaded.
     *
     * @throws ModelLoadException if there is no complete version, or each is refused
     */
    public Deployment<I, O> open(ModelRepository repository, String model) {
      return new Deployment<>(
          Assembly.of(repository, model, null, follows, factory, settings(), ofRollouts()));
    }

    /**
     * Loads the version that a label of a repository names, blocking, and serves it. The label
     * moves with the commands of this deployment, to a version that serves already.
     *
     * @throws ModelLoadException if the label names no complete version, or that is refused
     */
    public Deployment<I, O> open(ModelRepository repository, String model, String label) {
      Objects.requireNonNull(label, "label");
      return new Deployment<>(
          Assembly.of(repository, model, label, follows, factory, settings(), ofRollouts()));
    }
  }
}
