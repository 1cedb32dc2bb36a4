package dev.inproc.inference.engine;

import dev.inproc.inference.internal.concurrent.Timer;
import dev.inproc.inference.internal.cost.CostModel;
import dev.inproc.inference.metrics.HistogramRecorder;
import dev.inproc.inference.spi.NativeModel;
import dev.inproc.inference.spi.Statefulness;
import dev.inproc.inference.tensor.Signature;
import dev.inproc.inference.tensor.TensorSpec;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The replicas of one model, with their options, layout, learned cost and findings. Thread-safe.
 */
final class ReplicaSet {
  final String name;
  final List<Replica> all;
  final SessionOptions options;
  final Layout layout;
  final Timer timer;
  final CostModel costs = new CostModel();
  final LongAdder engineRuns = new LongAdder(); // for calls; the probe's are not counted
  final HistogramRecorder runNanos = new HistogramRecorder(); // of calls' runs that were timed
  final AtomicLong recordedRuns = new AtomicLong(); // while the Flight Recorder wants runs
  final boolean sentinels = Sentinels.areOn();
  final @Nullable String deviceReason;
  private final boolean isStatePossible;
  private volatile Integrity integrity =
      Integrity.unchecked(Integrity.Status.UNFINISHED, "not yet");
  private final AtomicBoolean clashNoted = new AtomicBoolean();

  /**
   * Creates a set.
   *
   * @param axis LEADING or NONE
   * @param deviceReason why this device was chosen, where it was
   */
  ReplicaSet(
      String name,
      List<Replica> replicas,
      SessionOptions options,
      BatchAxis axis,
      Timer timer,
      @Nullable String deviceReason) {
    this.deviceReason = deviceReason;
    this.name = name;
    all = List.copyOf(replicas);
    this.timer = timer;
    NativeModel first = first();
    layout = new Layout(stated(first, options.statedShapes()), axis, first.unusedInputs());
    this.options = OptionalPads.resolved(options, layout);
    isStatePossible = statefulness().compareTo(Statefulness.POSSIBLE) >= 0;
  }

  /** The same replicas under another batch axis. */
  ReplicaSet under(BatchAxis axis) {
    return new ReplicaSet(name, all, options, axis, timer, deviceReason);
  }

  /** The native model of the first replica; it stands for all in what they have in common. */
  NativeModel first() {
    return all.get(0).model();
  }

  int size() {
    return all.size();
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

  /** Where the replicas run, in words. */
  String devices() {
    return String.join(", ", all.stream().map(each -> each.device() + "").toList());
  }

  /** What findings hold for: devices, processor, engine. */
  String setting() {
    return devices() + ", " + CpuFeatures.describe() + ", " + first().runtime();
  }

  Integrity integrity() {
    return integrity;
  }

  void found(Integrity finding) {
    integrity = finding;
  }

  /** The most that the graph of any replica tells. */
  Statefulness statefulness() {
    return all.stream()
        .map(replica -> replica.model().statefulness())
        .max(Comparator.naturalOrder())
        .orElse(Statefulness.POSSIBLE);
  }

  /** Whether a run may change what later runs answer, as far as the graph tells. */
  boolean isStatePossible() {
    return isStatePossible;
  }

  /**
   * Whether an answer may depend on the runs before it. True also as long as that is not known;
   * false if the user ignores state.
   */
  boolean mayKeepState() {
    Integrity now = integrity;
    boolean unknown = now.status() == Integrity.Status.UNFINISHED && isStatePossible;
    return (now.keepsState() || unknown) && !options.integrity().isStateIgnored();
  }

  /** Logs once that one name had two sizes in an example that the engine could run. */
  void noteClash(Supplier<InputCheck.Clash> clash) {
    if (clashNoted.compareAndSet(false, true)) {
      InputCheck.Clash first = clash.get();
      SessionLog.LOG.log(
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
}
