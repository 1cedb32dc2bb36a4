package dev.inproc.inference.engine;

import dev.inproc.inference.concurrent.Lifetime;
import dev.inproc.inference.concurrent.Timer;
import dev.inproc.inference.concurrent.Workers;
import dev.inproc.inference.cost.CostModel;
import dev.inproc.inference.tensor.Signature;
import dev.inproc.inference.tensor.TensorSpec;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;

/** What all views of a model share: its native copies, its lane, its lifetime. */
final class LoadedModel {
  private static final Logger LOG = System.getLogger(Session.class.getName());

  final String name;
  final List<? extends NativeModel> copies;
  final SessionOptions options;
  final Layout layout;
  final CostModel costs = new CostModel();
  final Timer timer;
  final Workers workers;
  final Lane lane;
  final Lifetime lifetime;
  private final AtomicBoolean clashNoted = new AtomicBoolean();
  final boolean sentinels = Sentinels.areOn();
  private volatile Integrity integrity = Integrity.unchecked("not yet");
  // By outputs: a view made anew for every call must find its frames again.
  private final Map<List<Integer>, Runner> runners = new ConcurrentHashMap<>();

  LoadedModel(
      String name,
      List<? extends NativeModel> copies,
      SessionOptions options,
      Timer timer,
      Workers workers) {
    this.name = name;
    this.copies = List.copyOf(copies);
    this.options = options;
    this.timer = timer;
    this.workers = workers;
    NativeModel first = copies.get(0);
    layout =
        new Layout(
            stated(first, options.statedShapes()), options.batchAxis(), first.unusedInputs());
    lane =
        new Lane(
            workers, options.parallelism() * copies.size(), options.maxQueued(), costs::meanNanos);
    lifetime = new Lifetime(this::free);
  }

  /** The model's signature with the shapes that the user states. */
  private static Signature stated(NativeModel model, Map<String, StatedShape> shapes) {
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

  void terminateRuns() {
    runners.values().forEach(Runner::terminateAll);
  }

  private void free() {
    List<Runnable> steps = new ArrayList<>();
    runners.values().forEach(runner -> steps.add(runner::close));
    copies.forEach(copy -> steps.add(copy::close));
    Steps.all(steps);
  }

  long nativeBytes() {
    return runners.values().stream().mapToLong(Runner::nativeBytes).sum();
  }
}
