package dev.inproc.inference.testing;

import dev.inproc.inference.EngineException;
import dev.inproc.inference.engine.Device;
import dev.inproc.inference.engine.Replica;
import dev.inproc.inference.spi.BindingSpec;
import dev.inproc.inference.spi.IoBinding;
import dev.inproc.inference.spi.NativeModel;
import dev.inproc.inference.tensor.Signature;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Another model, some of whose runs go wrong: those that the script names, and, by seeded chance,
 * as many of the rest as the test says. Counts what it did, and notes breaches of the contract of
 * {@link NativeModel} and {@link IoBinding} itself, whatever model it wraps. Thread-safe.
 *
 * <pre>{@code
 * FaultModel model = new FaultModel(LedgerModel.scalars(), seed);
 * model.next(Fault.THROW, Fault.NAN);        // the next two runs
 * model.chance(Fault.SHORT_ROWS, 0.01);      // then every hundredth
 * }</pre>
 */
public final class FaultModel implements NativeModel {
  private final NativeModel wrapped;
  private final Random random;
  private final @Nullable ManualTimer clock;
  private final long slowNanos;
  private final Gate hanging = new Gate();
  private final Queue<Fault> script = new ConcurrentLinkedQueue<>();
  private final Map<Fault, Double> chances = new EnumMap<>(Fault.class); // guarded by random
  private final Map<Fault, AtomicInteger> counts = new EnumMap<>(Fault.class);
  private final Queue<String> violations = new ConcurrentLinkedQueue<>();
  private final AtomicInteger runs = new AtomicInteger();
  private final AtomicInteger openBindings = new AtomicInteger();
  private final AtomicInteger closes = new AtomicInteger();

  /** Wraps a model without a clock: {@link Fault#SLOW} is not to be had. */
  public FaultModel(NativeModel wrapped, long seed) {
    this(wrapped, seed, null, 0);
  }

  /** Wraps a model whose slow runs take so long on this clock. */
  public FaultModel(NativeModel wrapped, long seed, @Nullable ManualTimer clock, long slowNanos) {
    this.wrapped = wrapped;
    this.clock = clock;
    this.slowNanos = slowNanos;
    random = new Random(seed);
    for (Fault fault : Fault.values()) {
      counts.put(fault, new AtomicInteger());
    }
  }

  // ---- the script ----

  /** Makes the next runs go wrong like this, one after the other. */
  public void next(Fault... faults) {
    for (Fault fault : faults) {
      checkPossible(fault);
      script.add(fault);
    }
  }

  /** Makes this share of the runs that the script does not name go wrong like this. */
  public void chance(Fault fault, double probability) {
    checkPossible(fault);
    synchronized (random) {
      chances.put(fault, probability);
      double sum = chances.values().stream().mapToDouble(Double::doubleValue).sum();
      if (probability < 0 || sum > 1) {
        throw new IllegalArgumentException("Probabilities add up to " + sum);
      }
    }
  }

  private void checkPossible(Fault fault) {
    if (fault == Fault.SLOW && clock == null) {
      throw new IllegalStateException("A slow run needs a clock");
    }
  }

  /** Lets go of all runs that hang, and of those that will. */
  public void release() {
    hanging.open();
  }

  /** Waits until so many runs have hung, ever. */
  public void awaitHanging(int runs) {
    hanging.awaitEntered(runs);
  }

  // ---- the record ----

  /** Returns how many runs have started. */
  public int runs() {
    return runs.get();
  }

  /** Returns how many runs went wrong like this. */
  public int count(Fault fault) {
    return counts.get(fault).get();
  }

  /** Returns how many bindings are open. */
  public int openBindings() {
    return openBindings.get();
  }

  /** Returns how often the model was closed. */
  public int closes() {
    return closes.get();
  }

  /** Returns every breach of contract so far; a test expects none. */
  public List<String> violations() {
    return List.copyOf(violations);
  }

  // ---- the model ----

  @Override
  public Signature signature() {
    return wrapped.signature();
  }

  /** Returns this model, on the CPU. */
  public Replica replica() {
    return new Replica(this, Device.cpu());
  }

  @Override
  public Map<String, String> metadata() {
    return wrapped.metadata();
  }

  @Override
  public IoBinding open(BindingSpec spec) {
    if (closes.get() > 0) {
      breach("a binding was opened after the model was closed");
    }
    IoBinding binding = wrapped.open(spec);
    openBindings.incrementAndGet();
    return new FaultBinding(this, binding, spec);
  }

  @Override
  public void close() {
    if (closes.incrementAndGet() > 1) {
      breach("the model was closed twice");
    }
    if (openBindings.get() > 0) {
      breach("the model was closed before its " + openBindings + " bindings");
    }
    wrapped.close();
  }

  // ---- for the bindings ----

  void breach(String what) {
    violations.add(what);
  }

  void closed() {
    openBindings.decrementAndGet();
  }

  /** Tells what happens to a run that starts now. */
  @Nullable Fault begin() {
    runs.incrementAndGet();
    if (closes.get() > 0) {
      breach("a run after the model was closed");
    }
    Fault fault = script.poll();
    if (fault == null) {
      fault = draw();
    }
    if (fault != null) {
      counts.get(fault).incrementAndGet();
    }
    return fault;
  }

  private @Nullable Fault draw() {
    synchronized (random) {
      if (chances.isEmpty()) {
        return null;
      }
      double drawn = random.nextDouble();
      for (Map.Entry<Fault, Double> each : chances.entrySet()) {
        drawn -= each.getValue();
        if (drawn < 0) {
          return each.getKey();
        }
      }
      return null;
    }
  }

  /** What a run does before the wrapped one. */
  void suffer(Fault fault, FaultBinding binding) {
    switch (fault) {
      case THROW -> throw new EngineException("a fault was injected", null);
      case HANG -> hanging.pass(binding::isTerminated);
      case HANG_DEAF -> hanging.pass(() -> false);
      case SLOW -> {
        Gate time = new Gate();
        binding.waitsAt(time);
        ManualTimer timer = clock;
        if (timer != null) {
          timer.schedule(time::open, slowNanos);
        }
        time.pass(binding::isTerminated);
      }
      case SHORT_ROWS, NAN -> {} // in what is read afterwards
    }
  }

  void shake() {
    hanging.shake();
  }
}
