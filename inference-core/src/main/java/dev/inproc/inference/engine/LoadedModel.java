package dev.inproc.inference.engine;

import dev.inproc.inference.internal.concurrent.Durations;
import dev.inproc.inference.internal.concurrent.RefCountedResource;
import dev.inproc.inference.internal.concurrent.ServingThreads;
import dev.inproc.inference.internal.concurrent.Timer;
import dev.inproc.inference.internal.concurrent.Workers;
import dev.inproc.inference.internal.cost.CostModel;
import dev.inproc.inference.spi.NativeModel;
import dev.inproc.inference.spi.Statefulness;
import dev.inproc.inference.tensor.Signature;
import dev.inproc.inference.tensor.TensorSpec;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** What all views of a model share: its replicas, its queue, its lifetime. */
final class LoadedModel {
  private static final Logger LOG = System.getLogger(Session.class.getName());

  final String name;
  final List<Replica> replicas;
  final SessionOptions options;
  final Layout layout;
  final CostModel costs = new CostModel();
  final ServingThreads threads;
  final Timer timer;
  final Workers workers;
  final CallQueue queue;
  final RefCountedResource lifetime;
  private final boolean isStatePossible;
  private volatile Integrity integrity =
      Integrity.unchecked(Integrity.Status.UNFINISHED, "not yet");
  private volatile @Nullable BackgroundProbe background;
  private final AtomicBoolean clashNoted = new AtomicBoolean();
  final LongAdder engineRuns = new LongAdder(); // for calls; the probe's are not counted
  final boolean sentinels = Sentinels.areOn();
  // By outputs: a view made anew for every call must find its frames again.
  private final Map<List<Integer>, Runner> runners = new ConcurrentHashMap<>();

  /**
   * Creates it.
   *
   * @param axis LEADING or NONE
   */
  LoadedModel(
      String name,
      List<Replica> replicas,
      SessionOptions options,
      BatchAxis axis,
      ServingThreads threads) {
    this.name = name;
    this.replicas = List.copyOf(replicas);
    this.options = options;
    this.threads = threads;
    timer = threads.timer();
    workers = threads.workers();
    NativeModel first = firstReplica();
    layout = new Layout(stated(first, options.statedShapes()), axis, first.unusedInputs());
    queue =
        new CallQueue(
            workers, options.parallelism() * replicas.size(), options.maxQueued(), costs::meanNanos);
    lifetime = new RefCountedResource(this::free, task -> workers.turn(this, task));
    isStatePossible = statefulness().compareTo(Statefulness.POSSIBLE) >= 0;
    options.runtime().modelOpened(); // until it is freed
  }

  /** The native model that stands for all where they are alike. */
  NativeModel firstReplica() {
    return replicas.get(0).model();
  }

  /** The model's signature with the shapes that the user states. */
  static Signature stated(NativeModel model, Map<String, StatedShape> shapes) {
    Signature own = model.signature();
    List<TensorSpec> inputs = new ArrayList<>();
    for (TensorSpec input : own.inputs()) {
      StatedShape shape = shapes.get(input.name());
      inputs.add(shape == null ? input : shape.of(input));
    }
    requireInputs(model, shapes.keySet());
    return new Signature(inputs, own.outputs());
  }

  /**
   * Checks names that options give.
   *
   * @throws IllegalArgumentException if the model has no such input
   */
  static void requireInputs(NativeModel model, Set<String> names) {
    for (String name : names) {
      if (!model.unusedInputs().contains(name)) {
        model.signature().input(name);
      }
    }
  }

  /** Says once that one name had two sizes in an example that the engine could run. */
  void noteClash(Supplier<InputCheck.Clash> clash) {
    if (clashNoted.compareAndSet(false, true)) {
      InputCheck.Clash first = clash.get();
      LOG.log(
          Level.WARNING,
          "{0}: input {1} came as {2}, not with {3} as in the inputs before; the engine ran it all"
              + " the same. The model gives one name to sizes that differ: such examples run one by"
              + " one. SessionOptions.inputShape can give them names of their own",
          name,
          first.spec(),
          first.tensor(),
          first.expected());
    }
  }

  /** Returns the runner of these outputs, whose frames are freed before the model. */
  Runner runner(List<Integer> outputs) {
    return runners.computeIfAbsent(outputs, wanted -> new Runner(this, wanted));
  }

  Integrity integrity() {
    return integrity;
  }

  void found(Integrity finding) {
    integrity = finding;
  }

  /** The same replicas under another batch axis; this is not to be used any more. */
  LoadedModel under(BatchAxis axis) {
    List<Runnable> steps = runnerCloses();
    steps.add(options.runtime()::modelFreed); // in place of this model
    CloseAll.all(steps);
    return new LoadedModel(name, replicas, options, axis, threads);
  }

  /** What the graph of any replica tells. */
  Statefulness statefulness() {
    return replicas.stream()
        .map(replica -> replica.model().statefulness())
        .max(Comparator.naturalOrder())
        .orElse(Statefulness.POSSIBLE);
  }

  /**
   * Whether an answer may depend on the runs before it, also as long as that is not known; what a
   * user has chosen to ignore apart.
   */
  boolean mayKeepState() {
    Integrity now = integrity;
    boolean unknown = now.status() == Integrity.Status.UNFINISHED && isStatePossible;
    return (now.keepsState() || unknown) && !options.integrity().isStateIgnored();
  }

  /** A probe that goes on while this is served, and ends when this is closed. */
  void accompany(BackgroundProbe probe) {
    background = probe;
  }

  /** Takes no more users; what is native is freed when the last has left. */
  void close() {
    BackgroundProbe probe = background;
    if (probe != null) {
      probe.stop(); // first: it must not take the end of the model for a finding
    }
    lifetime.close();
  }

  /** Closes a model that nobody uses, and waits until it is freed. */
  void discard() {
    close();
    var unused = lifetime.awaitFreed(Durations.FOREVER);
  }

  void awaitProbe(long nanos) {
    BackgroundProbe probe = background;
    if (probe != null) {
      probe.awaitFreed(nanos);
    }
  }

  void terminateRuns() {
    runners.values().forEach(Runner::terminateAll);
  }

  private void free() {
    List<Runnable> steps = runnerCloses();
    replicas.forEach(replica -> steps.add(replica.model()::close));
    steps.add(options.runtime()::modelFreed);
    CloseAll.all(steps);
  }

  private List<Runnable> runnerCloses() {
    List<Runnable> steps = new ArrayList<>();
    runners.values().forEach(runner -> steps.add(runner::close));
    return steps;
  }

  long nativeBytes() {
    return runners.values().stream().mapToLong(Runner::nativeBytes).sum();
  }
}
