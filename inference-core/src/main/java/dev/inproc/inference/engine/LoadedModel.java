package dev.inproc.inference.engine;

import dev.inproc.inference.concurrent.Lifetime;
import dev.inproc.inference.concurrent.Timer;
import dev.inproc.inference.concurrent.Workers;
import dev.inproc.inference.cost.CostModel;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** What all views of a model share: its native copies, its lane, its lifetime. */
final class LoadedModel {
  final String name;
  final List<? extends NativeModel> copies;
  final SessionOptions options;
  final Layout layout;
  final CostModel costs = new CostModel();
  final Timer timer;
  final Workers workers;
  final Lane lane;
  final Lifetime lifetime;
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
    layout = new Layout(copies.get(0).signature(), options.batchAxis());
    lane =
        new Lane(
            workers, options.parallelism() * copies.size(), options.maxQueued(), costs::meanNanos);
    lifetime = new Lifetime(this::free);
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
    steps.add(Workers::modelFreed);
    Steps.all(steps);
  }

  long nativeBytes() {
    return runners.values().stream().mapToLong(Runner::nativeBytes).sum();
  }
}
