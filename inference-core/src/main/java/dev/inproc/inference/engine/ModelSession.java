package dev.inproc.inference.engine;

import dev.inproc.inference.Batch;
import dev.inproc.inference.BatchTraits;
import dev.inproc.inference.BlockedCaller;
import dev.inproc.inference.CallOptions;
import dev.inproc.inference.InvalidInputException;
import dev.inproc.inference.internal.concurrent.ServingThreads;
import dev.inproc.inference.metrics.LayerDescription;
import dev.inproc.inference.tensor.DataType;
import dev.inproc.inference.tensor.Signature;
import dev.inproc.inference.tensor.TensorSpec;
import dev.inproc.inference.tensor.Tensors;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/** The session of every engine: a view of a loaded model, with its choice of outputs. */
final class ModelSession implements Session {
  private final LoadedModel model;
  private final ReplicaSet replicas;
  private final Layout layout;
  private final Runner runner;
  private final BatchExecution batches;
  private final Signature signature;
  private final TensorSpec[] stringInputs;
  private final BatchTraits<Tensors> traits = new Traits();

  ModelSession(LoadedModel model, List<Integer> outputs) {
    this.model = model;
    replicas = model.replicas;
    layout = replicas.layout;
    runner = model.runner(outputs);
    batches = new BatchExecution(model, runner);
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
    CallOptions armed = model.arm(options);
    long[] sizes = check(input);
    return model.call((stop, queued) -> runner.one(input, sizes, stop, queued), armed);
  }

  @Override
  public CompletableFuture<Tensors> submit(Tensors input, CallOptions options) {
    BlockedCaller.checkSubmit(options);
    CallOptions armed = model.arm(options);
    long[] sizes;
    try {
      sizes = check(input);
    } catch (InvalidInputException e) {
      return CompletableFuture.failedFuture(e);
    }
    return model.submit((stop, queued) -> runner.one(input, sizes, stop, queued), armed);
  }

  @Override
  public List<Tensors> predictAll(List<Tensors> inputs, CallOptions options) {
    CallOptions armed = model.arm(options);
    Tensors[] all =
        inputs.toArray(new Tensors[0]); // a private copy: the caller may change the list
    long[][] sizes = checkAll(all);
    return model.call(batches.ofList(all, sizes), armed);
  }

  @Override
  public Tensors runRaw(Tensors inputs) {
    InputCheck.Raw raw;
    try {
      raw = InputCheck.raw(layout, inputs, replicas.options.maxRunBytes());
    } catch (InvalidInputException e) {
      throw hinting(e);
    }
    checkStrings(inputs);
    return model.call(
        (stop, queued) -> runner.raw(inputs, raw.rows(), raw.sizes(), stop, queued),
        CallOptions.DEFAULT);
  }

  private long[] check(Tensors input) {
    Objects.requireNonNull(input, "input");
    long[] sizes;
    try {
      sizes = InputCheck.example(layout, input, replicas.options.maxRunBytes());
    } catch (InvalidInputException e) {
      throw hinting(e);
    }
    checkStrings(input);
    return sizes;
  }

  /** Checked for each call: text that the engine cannot pass must not fail a whole batch. */
  private void checkStrings(Tensors inputs) {
    for (TensorSpec spec : stringInputs) {
      replicas.first().checkStrings(spec, inputs.get(spec.name()));
    }
  }

  /** Adds to the message that the batch axis is a guess, if it is. */
  private InvalidInputException hinting(InvalidInputException e) {
    String hint = replicas.integrity().axisHint();
    return hint == null
        ? e
        : new InvalidInputException(e.tensor(), e.expected() + hint, e.actual());
  }

  private long[][] checkAll(Tensors[] inputs) {
    long[][] sizes = new long[inputs.length][];
    for (int i = 0; i < sizes.length; i++) {
      try {
        boolean like = i > 0 && InputCheck.areAlike(layout, inputs[i - 1], inputs[i]);
        sizes[i] = like ? sizes[i - 1] : check(inputs[i]);
      } catch (InvalidInputException e) {
        throw e.atIndex(i);
      }
    }
    return sizes;
  }

  // ---- batches ----

  @Override
  public BatchTraits<Tensors> traits() {
    return traits;
  }

  @Override
  public void run(Batch<Tensors, Tensors> batch) {
    batches.run(batch);
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
      // Called for every call of a model whose examples run one by one.
      return replicas.integrity().allowsBatching() ? most() : 1;
    }

    private int most() {
      return layout.isBatched() ? runner.mostRows(layout.newSizes(0)) : 1;
    }

    @Override
    public int potentialBatchSize() {
      boolean open = replicas.integrity().status() == Integrity.Status.UNFINISHED;
      return open ? most() : maxBatchSize();
    }
  }

  // ---- describing ----

  @Override
  public <T> Optional<T> find(Class<T> control) {
    if (control == ServingThreads.class) {
      return Optional.of(control.cast(model.threads()));
    }
    return control.isInstance(this) ? Optional.of(control.cast(this)) : Optional.empty();
  }

  @Override
  public LayerDescription describe() {
    return new LayerDescription("session", replicas.name, model.figures(), List.of());
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
    return replicas.all.stream().map(Replica::device).toList();
  }

  @Override
  public Integrity integrity() {
    return replicas.integrity();
  }

  @Override
  public boolean keepsState() {
    return replicas.mayKeepState();
  }

  @Override
  public long engineRuns() {
    return replicas.engineRuns.sum();
  }

  @Override
  public Map<String, String> metadata() {
    return replicas.first().metadata();
  }

  @Override
  public Session outputs(String... names) {
    if (names.length == 0) {
      throw new IllegalArgumentException("Name at least one output of " + layout.raw());
    }
    List<TensorSpec> all = layout.raw().outputs();
    List<Integer> chosen = new ArrayList<>();
    for (String name : names) {
      String unreadable = replicas.first().unreadableOutputs().get(name);
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
    model.close();
  }

  @Override
  public boolean close(Duration timeout) {
    return model.close(timeout);
  }

  LoadedModel model() {
    return model;
  }

  Runner runner() {
    return runner;
  }

  @Override
  public String toString() {
    return replicas.name;
  }
}
