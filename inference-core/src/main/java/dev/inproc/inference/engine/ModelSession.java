package dev.inproc.inference.engine;

import dev.inproc.inference.Batch;
import dev.inproc.inference.BatchTraits;
import dev.inproc.inference.BlockedCaller;
import dev.inproc.inference.CallOptions;
import dev.inproc.inference.Cancellation;
import dev.inproc.inference.InvalidInputException;
import dev.inproc.inference.PredictorClosedException;
import dev.inproc.inference.internal.concurrent.BoundedClose;
import dev.inproc.inference.internal.concurrent.CallbackExecutor;
import dev.inproc.inference.internal.concurrent.Durations;
import dev.inproc.inference.internal.concurrent.ServingThreads;
import dev.inproc.inference.internal.concurrent.Workers;
import dev.inproc.inference.tensor.DataType;
import dev.inproc.inference.tensor.Signature;
import dev.inproc.inference.tensor.TensorSpec;
import dev.inproc.inference.tensor.Tensors;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** The session of every engine: one view, with its choice of outputs, of a loaded model. */
final class ModelSession implements Session {
  private static final Logger LOG = System.getLogger(Session.class.getName());

  private final LoadedModel model;
  private final Layout layout;
  private final Runner runner;
  private final CallExecutor executor;
  private final Signature signature;
  private final TensorSpec[] stringInputs;
  private final BatchTraits<Tensors> traits = new Traits();

  ModelSession(LoadedModel model, List<Integer> outputs) {
    this.model = model;
    layout = model.layout;
    runner = model.runner(outputs);
    executor = new CallExecutor(model);
    Signature all = layout.example();
    signature = new Signature(all.inputs(), outputs.stream().map(all.outputs()::get).toList());
    stringInputs =
        all.inputs().stream()
            .filter(input -> input.type() == DataType.STRING)
            .toArray(TensorSpec[]::new);
  }

  // ---- answering ----

  @Override
  public Tensors predict(Tensors input, CallOptions options) {
    CallOptions armed = executor.arm(options);
    long[] sizes = check(input);
    return executor.call(stop -> runner.one(input, sizes, stop), armed);
  }

  @Override
  public CompletableFuture<Tensors> submit(Tensors input, CallOptions options) {
    BlockedCaller.checkSubmit(options);
    CallOptions armed = executor.arm(options);
    long[] sizes;
    try {
      sizes = check(input);
    } catch (InvalidInputException e) {
      return CompletableFuture.failedFuture(e);
    }
    return executor.submit(stop -> runner.one(input, sizes, stop), armed);
  }

  @Override
  public List<Tensors> predictAll(List<Tensors> inputs, CallOptions options) {
    CallOptions armed = executor.arm(options);
    Tensors[] all = inputs.toArray(new Tensors[0]); // a copy that nobody sees
    long[][] sizes = checkAll(all);
    return executor.call(new ListWork(all, sizes), armed);
  }

  @Override
  public Tensors runRaw(Tensors inputs) {
    InputCheck.Raw raw;
    try {
      raw = InputCheck.raw(layout, inputs, model.options.maxRunBytes());
    } catch (InvalidInputException e) {
      throw hinting(e);
    }
    checkStrings(inputs);
    return executor.call(
        stop -> runner.raw(inputs, raw.rows(), raw.sizes(), stop), CallOptions.DEFAULT);
  }

  private long[] check(Tensors input) {
    Objects.requireNonNull(input, "input");
    long[] sizes;
    try {
      sizes = InputCheck.example(layout, input, model.options.maxRunBytes());
    } catch (InvalidInputException e) {
      throw hinting(e);
    }
    checkStrings(input);
    return sizes;
  }

  /** Text that the engine cannot pass on must fail its own call, not those it would run with. */
  private void checkStrings(Tensors inputs) {
    for (TensorSpec spec : stringInputs) {
      model.firstReplica().checkStrings(spec, inputs.get(spec.name()));
    }
  }

  /** Where it is a guess what one example is, the message says so. */
  private InvalidInputException hinting(InvalidInputException e) {
    String hint = model.integrity().axisHint();
    return hint == null
        ? e
        : new InvalidInputException(e.tensor(), e.expected() + hint, e.actual());
  }

  private long[][] checkAll(Tensors[] inputs) {
    long[][] sizes = new long[inputs.length][];
    for (int i = 0; i < sizes.length; i++) {
      try {
        sizes[i] = check(inputs[i]);
      } catch (InvalidInputException e) {
        throw e.atIndex(i);
      }
    }
    return sizes;
  }

  /** A list, one engine run after the other; other calls may go between. */
  private final class ListWork implements CallExecutor.Work<List<Tensors>> {
    private final Tensors[] inputs;
    private final long[][] sizes;
    private final Tensors[] answers;
    private @Nullable Iterator<RunPlan.Group> groups;

    ListWork(Tensors[] inputs, long[][] sizes) {
      this.inputs = inputs;
      this.sizes = sizes;
      answers = new Tensors[inputs.length];
    }

    @Override
    public @Nullable List<Tensors> run(@Nullable Cancellation stop) {
      if (groups == null) {
        if (runner.isOneRun(sizes)) {
          int index = inputs.length == 1 ? 0 : -1;
          return answers(runOfList(index, inputs, sizes, sizes[0], stop));
        }
        groups = plan(sizes).iterator();
      }
      if (groups.hasNext()) {
        Part part = part(groups.next(), inputs, sizes);
        int index = part.indexes.length == 1 ? part.indexes[0] : -1;
        Tensors[] some = runOfList(index, part.inputs, part.sizes, part.padded, stop);
        for (int i = 0; i < some.length; i++) {
          answers[part.indexes[i]] = some[i];
        }
      }
      return groups.hasNext() ? null : answers(answers);
    }

    private List<Tensors> answers(Tensors[] all) {
      return Collections.unmodifiableList(Arrays.asList(all));
    }
  }

  private List<RunPlan.Group> plan(long[][] sizes) {
    return sizes.length == 0 ? List.of() : runner.plan(Arrays.asList(sizes));
  }

  /** What runs together, and where each example stands among all. */
  private record Part(int[] indexes, Tensors[] inputs, long[][] sizes, long[] padded) {}

  private static Part part(RunPlan.Group group, Tensors[] inputs, long[][] sizes) {
    int[] members = group.members();
    Tensors[] examples = new Tensors[members.length];
    long[][] own = new long[members.length][];
    for (int i = 0; i < members.length; i++) {
      examples[i] = inputs[members[i]];
      own[i] = sizes[members[i]];
    }
    return new Part(members, examples, own, group.sizes());
  }

  private Tensors[] run(Part part, @Nullable Cancellation stop) {
    return runner.run(part.inputs, part.sizes, part.padded, stop);
  }

  /** Only a lone example is refused as late as this; the index is its own. */
  private Tensors[] runOfList(
      int index, Tensors[] inputs, long[][] sizes, long[] padded, @Nullable Cancellation stop) {
    try {
      return runner.run(inputs, sizes, padded, stop);
    } catch (InvalidInputException e) {
      throw index < 0 ? e : e.atIndex(index);
    }
  }

  // ---- batches ----

  @Override
  public BatchTraits<Tensors> traits() {
    return traits;
  }

  @Override
  public void run(Batch<Tensors, Tensors> batch) {
    int[] live = live(batch);
    Tensors[] inputs = new Tensors[live.length];
    long[][] sizes = new long[live.length][];
    for (int i = 0; i < live.length; i++) {
      inputs[i] = batch.input(live[i]);
      sizes[i] = layout.sizesOf(inputs[i]);
    }
    if (runner.isOneRun(sizes)) {
      run(batch, live, new Part(live, inputs, sizes, sizes[0]));
      return;
    }
    for (RunPlan.Group group : plan(sizes)) {
      Part part = part(group, inputs, sizes);
      int[] indexes = new int[part.indexes.length];
      for (int i = 0; i < indexes.length; i++) {
        indexes[i] = live[part.indexes[i]];
      }
      run(batch, indexes, part);
    }
  }

  private static int[] live(Batch<?, ?> batch) {
    int[] live = new int[batch.size()];
    int count = 0;
    for (int i = 0; i < live.length; i++) {
      if (!batch.isGone(i)) {
        live[count++] = i;
      }
    }
    return count == live.length ? live : Arrays.copyOf(live, count);
  }

  private void run(Batch<Tensors, Tensors> batch, int[] indexes, Part part) {
    Tensors[] answers;
    try {
      answers = runWatched(batch, indexes, part);
    } catch (Throwable t) {
      for (int index : indexes) {
        batch.fail(index, t);
      }
      return;
    }
    batch.ran(indexes.length, runner.padding(part.padded, part.sizes));
    // Outside the model's lifetime: a callback may close this session.
    for (int i = 0; i < indexes.length; i++) {
      batch.complete(indexes[i], answers[i]);
    }
  }

  private Tensors[] runWatched(Batch<Tensors, Tensors> batch, int[] indexes, Part part) {
    executor.enter();
    try {
      return run(part, batch.watch(indexes));
    } finally {
      model.lifetime.release();
    }
  }

  private final class Traits implements BatchTraits<Tensors> {
    @Override
    public void check(Tensors input) {
      ModelSession.this.check(input);
    }

    @Override
    public long bytes(Tensors input) {
      long bytes = 0;
      for (int i = 0; i < input.size(); i++) {
        bytes += input.at(i).byteSize();
      }
      return bytes;
    }

    @Override
    public int maxBatchSize() {
      // Asked for every call of a model that is run one by one.
      return model.integrity().allowsBatching() ? most() : 1;
    }

    private int most() {
      return layout.isBatched() ? runner.mostRows(layout.newSizes(0)) : 1;
    }

    @Override
    public int potentialBatchSize() {
      boolean open = model.integrity().status() == Integrity.Status.UNFINISHED;
      return open ? most() : maxBatchSize();
    }
  }

  // ---- describing ----

  @Override
  public <T> Optional<T> find(Class<T> control) {
    if (control == ServingThreads.class) {
      return Optional.of(control.cast(model.threads));
    }
    return control.isInstance(this) ? Optional.of(control.cast(this)) : Optional.empty();
  }

  @Override
  public Signature signature() {
    return signature;
  }

  @Override
  public Signature rawSignature() {
    return layout.raw();
  }

  @Override
  public List<Device> devices() {
    return model.replicas.stream().map(Replica::device).toList();
  }

  @Override
  public Integrity integrity() {
    return model.integrity();
  }

  @Override
  public boolean keepsState() {
    return model.mayKeepState();
  }

  @Override
  public long engineRuns() {
    return model.engineRuns.sum();
  }

  @Override
  public Map<String, String> metadata() {
    return model.firstReplica().metadata();
  }

  @Override
  public Session outputs(String... names) {
    if (names.length == 0) {
      throw new IllegalArgumentException("Name at least one output of " + layout.raw());
    }
    List<TensorSpec> all = layout.raw().outputs();
    List<Integer> chosen = new ArrayList<>();
    for (String name : names) {
      String unreadable = model.firstReplica().unreadableOutputs().get(name);
      if (unreadable != null) {
        throw new IllegalArgumentException("Output \"" + name + "\" cannot be read: " + unreadable);
      }
      int index = all.indexOf(layout.raw().output(name));
      if (chosen.contains(index)) {
        throw new IllegalArgumentException("Output \"" + name + "\" is named twice");
      }
      chosen.add(index);
    }
    return new ModelSession(model, List.copyOf(chosen));
  }

  // ---- closing ----

  @Override
  public void close() {
    close(Durations.FOREVER);
  }

  @Override
  public boolean close(Duration timeout) {
    if (close(Durations.of(timeout))) {
      return true;
    }
    if (mustNotWait()) {
      return false; // the time has not passed: those accepted are still to be answered
    }
    model.queue.abandon(new PredictorClosedException(model.name));
    model.terminateRuns();
    if (close(BoundedClose.GRACE_NANOS)) {
      return true;
    }
    LOG.log(
        Level.WARNING,
        "{0}: a run did not stop within {1} and {2} more; its native memory stays allocated"
            + " until it ends",
        model.name,
        timeout,
        Duration.ofNanos(BoundedClose.GRACE_NANOS));
    return false;
  }

  private boolean close(long nanos) {
    model.close();
    long wait = mustNotWait() ? 0 : nanos;
    boolean freed = model.lifetime.awaitFreed(wait);
    model.awaitProbe(wait);
    return freed;
  }

  /**
   * On this model's own worker the wait would be for the worker itself. A callback that closes does
   * not wait for runs of others, which may hang. The last call to leave frees.
   */
  private boolean mustNotWait() {
    return Workers.isTurning(model.queue) || CallbackExecutor.isCallback();
  }

  LoadedModel model() {
    return model;
  }

  Runner runner() {
    return runner;
  }

  @Override
  public String toString() {
    return model.name;
  }
}
