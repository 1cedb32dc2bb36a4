package dev.inproc.inference.engine;

import dev.inproc.inference.Batch;
import dev.inproc.inference.BatchTraits;
import dev.inproc.inference.CallOptions;
import dev.inproc.inference.Cancellation;
import dev.inproc.inference.InvalidInputException;
import dev.inproc.inference.PredictorClosedException;
import dev.inproc.inference.concurrent.Nanos;
import dev.inproc.inference.concurrent.Timer;
import dev.inproc.inference.concurrent.Workers;
import dev.inproc.inference.tensor.Signature;
import dev.inproc.inference.tensor.TensorSpec;
import dev.inproc.inference.tensor.Tensors;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** The session of every engine: one view, with its choice of outputs, of a loaded model. */
final class ModelSession implements Session {
  private static final Logger LOG = System.getLogger(Session.class.getName());
  private static final long GRACE_NANOS = 1_000_000_000;

  private final LoadedModel model;
  private final Layout layout;
  private final Runner runner;
  private final Dispatcher dispatcher;
  private final Signature signature;
  private final BatchTraits<Tensors> traits = new Traits();

  private ModelSession(LoadedModel model, List<Integer> outputs) {
    this.model = model;
    layout = model.layout;
    runner = model.runner(outputs);
    dispatcher = new Dispatcher(model);
    Signature all = layout.example();
    signature = new Signature(all.inputs(), outputs.stream().map(all.outputs()::get).toList());
  }

  static Session create(
      String name,
      @Nullable ModelSource source,
      List<? extends NativeModel> copies,
      SessionOptions options) {
    return create(name, source, copies, options, Timer.system(), Workers.shared());
  }

  static Session create(
      String name,
      @Nullable ModelSource source,
      List<? extends NativeModel> copies,
      SessionOptions options,
      Timer timer,
      Workers workers) {
    ModelSession session = open(name, copies, options, timer, workers);
    boolean warm = false;
    try {
      session.probe(source);
      WarmUp.run(session, options);
      warm = true;
      return session;
    } finally {
      if (!warm) {
        session.close();
      }
    }
  }

  private static ModelSession open(
      String name,
      List<? extends NativeModel> copies,
      SessionOptions options,
      Timer timer,
      Workers workers) {
    boolean opened = false;
    try {
      LoadedModel model = new LoadedModel(name, copies, options, timer, workers);
      checkPadNames(model.layout.raw(), options);
      int outputs = model.layout.raw().outputs().size();
      ModelSession session = new ModelSession(model, IntStream.range(0, outputs).boxed().toList());
      opened = true;
      return session;
    } finally {
      if (!opened) {
        copies.forEach(NativeModel::close);
      }
    }
  }

  private static void checkPadNames(Signature raw, SessionOptions options) {
    options.padValues().keySet().forEach(raw::input);
  }

  /** Before warming up, which runs in batches if that is found to be right. */
  private void probe(@Nullable ModelSource source) {
    IntegrityFile file = source == null ? null : IntegrityFile.of(source, model);
    Integrity known =
        file == null
            ? null
            : file.read(model.options.integrity().tolerance(), IntegrityProbe.setting(model));
    Integrity integrity = known != null ? known : IntegrityProbe.run(model, runner);
    if (file != null && known == null) {
      file.write(integrity);
    }
    model.found(integrity);
    Level level = integrity.allowsPadding() ? Level.INFO : Level.WARNING;
    LOG.log(integrity.isChecked() ? level : Level.DEBUG, "{0}: {1}", model.name, integrity);
  }

  // ---- answering ----

  @Override
  public Tensors predict(Tensors input, CallOptions options) {
    CallOptions armed = dispatcher.arm(options);
    long[] sizes = check(input);
    return dispatcher.call(stop -> runner.one(input, sizes, stop), armed);
  }

  @Override
  public CompletableFuture<Tensors> submit(Tensors input, CallOptions options) {
    CallOptions armed = dispatcher.arm(options);
    long[] sizes;
    try {
      sizes = check(input);
    } catch (InvalidInputException e) {
      return CompletableFuture.failedFuture(e);
    }
    return dispatcher.submit(stop -> runner.one(input, sizes, stop), armed);
  }

  @Override
  public List<Tensors> predictAll(List<Tensors> inputs, CallOptions options) {
    CallOptions armed = dispatcher.arm(options);
    Tensors[] all = inputs.toArray(new Tensors[0]); // a copy that nobody sees
    long[][] sizes = checkAll(all);
    return dispatcher.call(stop -> runAll(all, sizes, stop), armed);
  }

  @Override
  public Tensors runRaw(Tensors inputs) {
    InputCheck.Raw raw = InputCheck.raw(layout, inputs);
    return dispatcher.call(
        stop -> runner.raw(inputs, raw.rows(), raw.sizes(), stop), CallOptions.DEFAULT);
  }

  private long[] check(Tensors input) {
    Objects.requireNonNull(input, "input");
    return InputCheck.example(layout, input, model.options.maxRunBytes());
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

  private List<Tensors> runAll(Tensors[] inputs, long[][] sizes, @Nullable Cancellation stop) {
    if (runner.isOneRun(sizes)) {
      return Collections.unmodifiableList(Arrays.asList(runner.run(inputs, sizes, sizes[0], stop)));
    }
    Tensors[] answers = new Tensors[inputs.length];
    for (RunPlan.Group group : plan(sizes)) {
      Part part = part(group, inputs, sizes);
      Tensors[] some = run(part, stop);
      for (int i = 0; i < some.length; i++) {
        answers[part.indexes[i]] = some[i];
      }
    }
    return Collections.unmodifiableList(Arrays.asList(answers));
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
    dispatcher.enter();
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
    public Object bucket(Tensors input) {
      return new Bucket(layout.sizesOf(input));
    }

    @Override
    public int maxBatchSize() {
      return runner.maxRows(layout.newSizes(0));
    }
  }

  // ---- describing ----

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
    return model.copies.stream().map(NativeModel::device).toList();
  }

  @Override
  public Integrity integrity() {
    return model.integrity();
  }

  @Override
  public long engineRuns() {
    return model.engineRuns.sum();
  }

  @Override
  public Map<String, String> metadata() {
    return model.copies.get(0).metadata();
  }

  @Override
  public Session outputs(String... names) {
    if (names.length == 0) {
      throw new IllegalArgumentException("Name at least one output of " + layout.raw());
    }
    List<TensorSpec> all = layout.raw().outputs();
    List<Integer> chosen = new ArrayList<>();
    for (String name : names) {
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
    close(Nanos.FOREVER);
  }

  @Override
  public boolean close(Duration timeout) {
    if (close(Nanos.of(timeout))) {
      return true;
    }
    if (mustNotWait()) {
      return false; // the time has not passed: those accepted are still to be answered
    }
    model.lane.abandon(new PredictorClosedException(model.name));
    model.terminateRuns();
    if (close(GRACE_NANOS)) {
      return true;
    }
    LOG.log(
        Level.WARNING,
        "{0}: a run did not stop within {1} and a second more; its native memory stays allocated"
            + " until it ends",
        model.name,
        timeout);
    return false;
  }

  private boolean close(long nanos) {
    model.lifetime.close();
    return model.lifetime.awaitFreed(mustNotWait() ? 0 : nanos);
  }

  /**
   * On our own worker the wait would be for ourselves; on a thread that gives notices it would hold
   * up other models' callers. The last call to leave frees.
   */
  private boolean mustNotWait() {
    return Workers.isTurning(model.lane) || Workers.isNoticing();
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
