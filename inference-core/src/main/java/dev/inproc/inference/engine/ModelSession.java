package dev.inproc.inference.engine;

import dev.inproc.inference.Batch;
import dev.inproc.inference.BatchTraits;
import dev.inproc.inference.CallOptions;
import dev.inproc.inference.Cancellation;
import dev.inproc.inference.DeadlineExceededException;
import dev.inproc.inference.InvalidInputException;
import dev.inproc.inference.PredictorClosedException;
import dev.inproc.inference.concurrent.Nanos;
import dev.inproc.inference.concurrent.Threads;
import dev.inproc.inference.concurrent.Timer;
import dev.inproc.inference.concurrent.Waiting;
import dev.inproc.inference.concurrent.Workers;
import dev.inproc.inference.tensor.Signature;
import dev.inproc.inference.tensor.TensorSpec;
import dev.inproc.inference.tensor.Tensors;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
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
  private final Signature signature;
  private final BatchTraits<Tensors> traits = new Traits();

  private ModelSession(LoadedModel model, List<Integer> outputs) {
    this.model = model;
    layout = model.layout;
    runner = new Runner(model, outputs);
    model.add(runner);
    Signature all = layout.example();
    signature = new Signature(all.inputs(), outputs.stream().map(all.outputs()::get).toList());
  }

  static Session create(String name, List<? extends NativeModel> copies, SessionOptions options) {
    return create(name, copies, options, Timer.system(), Workers.shared());
  }

  static Session create(
      String name,
      List<? extends NativeModel> copies,
      SessionOptions options,
      Timer timer,
      Workers workers) {
    ModelSession session = open(name, copies, options, timer, workers);
    boolean warm = false;
    try {
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

  // ---- answering ----

  @Override
  public Tensors predict(Tensors input, CallOptions options) {
    if (needsWorker(options)) {
      return Waiting.await(enqueue(input, options, true));
    }
    long[] sizes = check(input);
    enter();
    try {
      return options.hasTimeout()
          ? withDeadline(options, stop -> runner.one(input, sizes, stop))
          : runner.one(input, sizes, null);
    } finally {
      model.lifetime.release();
    }
  }

  @Override
  public CompletableFuture<Tensors> submit(Tensors input, CallOptions options) {
    Objects.requireNonNull(options, "options");
    try {
      return enqueue(input, options, false);
    } catch (InvalidInputException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  @Override
  public List<Tensors> predictAll(List<Tensors> inputs, CallOptions options) {
    CallOptions armed = options.arm(model.timer.nanoTime());
    List<Tensors> all = List.copyOf(inputs);
    List<long[]> sizes = checkAll(all);
    if (needsWorker(armed)) {
      return Waiting.await(admit(stop -> runAll(all, sizes, stop), armed, true));
    }
    enter();
    try {
      return armed.hasTimeout()
          ? withDeadline(armed, stop -> runAll(all, sizes, stop))
          : runAll(all, sizes, null);
    } finally {
      model.lifetime.release();
    }
  }

  /**
   * A call with a timeout must be able to return while the engine runs on; a virtual thread must
   * not carry native code. But a callback on our own worker must not wait for that worker.
   */
  private boolean needsWorker(CallOptions options) {
    return (options.hasTimeout() || Threads.currentIsVirtual()) && !Workers.isTurning(model.lane);
  }

  private interface Work<T> {
    T run(@Nullable Cancellation stop);
  }

  /** Runs on this thread and stops the engine at the deadline, as soon as it can be stopped. */
  private <T> T withDeadline(CallOptions options, Work<T> work) {
    long now = model.timer.nanoTime();
    CallOptions armed = options.arm(now);
    Duration timeout = Objects.requireNonNull(armed.timeout());
    Cancellation stop = new Cancellation();
    Timer.Scheduled alarm =
        model.timer.schedule(stop::cancel, Math.max(0, armed.remainingNanos(now)));
    try {
      return work.run(stop);
    } catch (RuntimeException e) {
      throw stop.isCancelled() ? new DeadlineExceededException(timeout) : e;
    } finally {
      alarm.cancel();
    }
  }

  private CompletableFuture<Tensors> enqueue(Tensors input, CallOptions options, boolean blocking) {
    CallOptions armed = options.arm(model.timer.nanoTime());
    long[] sizes = check(input);
    return admit(stop -> runner.one(input, sizes, stop), armed, blocking);
  }

  private <O> CompletableFuture<O> admit(Work<O> work, CallOptions options, boolean blocking) {
    // A blocked caller may be the executor's only thread: its answer must not wait there.
    boolean handOver = !blocking || options.executor() == null;
    WorkCall<O> call = new WorkCall<>(work, handOver ? options : options.withExecutor(null));
    if (!model.lifetime.acquire()) {
      call.refuse(new PredictorClosedException(model.name));
      return call;
    }
    if (options.hasTimeout()) {
      if (options.remainingNanos(model.timer.nanoTime()) <= 0) {
        model.lifetime.release();
        call.refuse(call.expired());
        return call;
      }
      call.startTimeout(model.timer, model.workers, blocking);
    }
    Throwable refusal = offer(call);
    if (refusal != null) {
      model.lifetime.release();
      call.refuse(refusal);
    }
    return call;
  }

  private @Nullable Throwable offer(WorkCall<?> call) {
    try {
      return model.lane.offer(call);
    } catch (Throwable t) {
      return t; // no thread to be had
    }
  }

  private void enter() {
    if (!model.lifetime.acquire()) {
      throw new PredictorClosedException(model.name);
    }
  }

  private long[] check(Tensors input) {
    Objects.requireNonNull(input, "input");
    return InputCheck.example(layout, input, model.options.maxRunBytes());
  }

  private List<long[]> checkAll(List<Tensors> inputs) {
    List<long[]> sizes = new ArrayList<>(inputs.size());
    for (int i = 0; i < inputs.size(); i++) {
      try {
        sizes.add(check(inputs.get(i)));
      } catch (InvalidInputException e) {
        throw e.atIndex(i);
      }
    }
    return sizes;
  }

  private List<Tensors> runAll(
      List<Tensors> inputs, List<long[]> sizes, @Nullable Cancellation stop) {
    Tensors[] answers = new Tensors[inputs.size()];
    for (RunPlan.Group group : plan(sizes)) {
      Tensors[] some = runGroup(group, inputs, sizes, stop);
      for (int i = 0; i < some.length; i++) {
        answers[group.members()[i]] = some[i];
      }
    }
    return List.of(answers);
  }

  private List<RunPlan.Group> plan(List<long[]> sizes) {
    return sizes.isEmpty() ? List.of() : runner.plan(sizes);
  }

  private Tensors[] runGroup(
      RunPlan.Group group, List<Tensors> inputs, List<long[]> sizes, @Nullable Cancellation stop) {
    int[] members = group.members();
    Tensors[] examples = new Tensors[members.length];
    long[][] own = new long[members.length][];
    for (int i = 0; i < members.length; i++) {
      examples[i] = inputs.get(members[i]);
      own[i] = sizes.get(members[i]);
    }
    return runner.run(examples, own, group.sizes(), stop);
  }

  /** Work for a worker, and the future of its outcome. */
  private final class WorkCall<O> extends Lane.Entry<Work<O>, O> {
    WorkCall(Work<O> work, CallOptions options) {
      super(model.lane, work, options);
    }

    @Override
    void execute() {
      if (!isDone()) {
        answer(input().run(whenGone()));
      }
    }

    @Override
    void left() {
      model.lifetime.release();
    }
  }

  // ---- batches ----

  @Override
  public BatchTraits<Tensors> traits() {
    return traits;
  }

  @Override
  public void run(Batch<Tensors, Tensors> batch) {
    List<Integer> live = new ArrayList<>(batch.size());
    List<Tensors> inputs = new ArrayList<>(batch.size());
    List<long[]> sizes = new ArrayList<>(batch.size());
    for (int i = 0; i < batch.size(); i++) {
      if (!batch.isGone(i)) {
        live.add(i);
        inputs.add(batch.input(i));
        sizes.add(layout.sizesOf(batch.input(i)));
      }
    }
    for (RunPlan.Group group : plan(sizes)) {
      int[] indexes = IntStream.of(group.members()).map(live::get).toArray();
      Tensors[] answers;
      try {
        answers = runBatched(batch, indexes, group, inputs, sizes);
      } catch (Throwable t) {
        for (int index : indexes) {
          batch.fail(index, t);
        }
        continue;
      }
      // Outside the model's lifetime: a callback may close this session.
      for (int i = 0; i < indexes.length; i++) {
        batch.complete(indexes[i], answers[i]);
      }
    }
  }

  private Tensors[] runBatched(
      Batch<Tensors, Tensors> batch,
      int[] indexes,
      RunPlan.Group group,
      List<Tensors> inputs,
      List<long[]> sizes) {
    enter();
    try {
      return runGroup(group, inputs, sizes, batch.watch(indexes));
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
      return runner.maxRows(layout.newSizes());
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
    return new ModelSession(model, chosen);
  }

  @Override
  public Tensors runRaw(Tensors inputs) {
    InputCheck.Raw raw = InputCheck.raw(layout, inputs);
    if (needsWorker(CallOptions.DEFAULT)) {
      Work<Tensors> work = stop -> runner.raw(inputs, raw.rows(), raw.sizes(), stop);
      return Waiting.await(admit(work, CallOptions.DEFAULT, true));
    }
    enter();
    try {
      return runner.raw(inputs, raw.rows(), raw.sizes(), null);
    } finally {
      model.lifetime.release();
    }
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
    // On our own worker the wait would be for ourselves: the last to leave frees.
    return model.lifetime.awaitFreed(Workers.isTurning(model.lane) ? 0 : nanos);
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
