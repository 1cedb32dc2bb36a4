package dev.inproc.inference.engine;

import dev.inproc.inference.concurrent.Lifetime;
import dev.inproc.inference.concurrent.Timer;
import dev.inproc.inference.concurrent.Workers;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

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
  private final List<Runner> runners = new CopyOnWriteArrayList<>();

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

  /** Registers a view's frames, to be freed before the model. */
  void add(Runner runner) {
    runners.add(runner);
  }

  void terminateRuns() {
    runners.forEach(Runner::terminateAll);
  }

  private void free() {
    runners.forEach(Runner::close);
    copies.forEach(NativeModel::close);
  }

  long nativeBytes() {
    return runners.stream().mapToLong(Runner::nativeBytes).sum();
  }
}
