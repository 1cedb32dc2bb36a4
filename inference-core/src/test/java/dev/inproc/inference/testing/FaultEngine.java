package dev.inproc.inference.testing;

import dev.inproc.inference.engine.Engine;
import dev.inproc.inference.engine.ModelSource;
import dev.inproc.inference.engine.Replica;
import dev.inproc.inference.engine.Session;
import dev.inproc.inference.engine.SessionOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/**
 * An engine whose every load gives a fresh {@link FaultModel} per device, whatever the source; or
 * throws, if a test says so. Thread-safe.
 */
public final class FaultEngine implements Engine {
  private final Supplier<FaultModel> models;
  private final List<FaultModel> loaded = new ArrayList<>();
  private final List<RuntimeException> failures = new ArrayList<>();

  /** Creates an engine over a maker of models. */
  public FaultEngine(Supplier<FaultModel> models) {
    this.models = models;
  }

  /** Makes the next load throw this. Several queue up. */
  public synchronized void failNextLoad(RuntimeException failure) {
    failures.add(failure);
  }

  /** Returns every model loaded so far, in order. */
  public synchronized List<FaultModel> loaded() {
    return List.copyOf(loaded);
  }

  @Override
  public String name() {
    return "fault";
  }

  @Override
  public Session load(ModelSource source, SessionOptions options) {
    List<FaultModel> fresh = new ArrayList<>();
    synchronized (this) {
      if (!failures.isEmpty()) {
        throw failures.remove(0);
      }
      options.devices().forEach(device -> fresh.add(models.get()));
      loaded.addAll(fresh);
    }
    List<Replica> replicas = fresh.stream().map(FaultModel::replica).toList();
    return Session.of("fault:" + source.name(), source, replicas, options);
  }
}
