package dev.inproc.inference.testing;

import dev.inproc.inference.engine.Device;
import dev.inproc.inference.engine.Replica;
import dev.inproc.inference.spi.BindingSpec;
import dev.inproc.inference.spi.IoBinding;
import dev.inproc.inference.spi.NativeModel;
import dev.inproc.inference.spi.Statefulness;
import dev.inproc.inference.tensor.Shape;
import dev.inproc.inference.tensor.Signature;
import dev.inproc.inference.tensor.Tensors;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A model whose runs are a function over whole batches, in and out by name, over the same lent
 * direct memory that a real engine uses. It records its runs, can be made to fail, to block and to
 * ignore terminations, and notes every breach of the contract of {@link NativeModel} and {@link
 * IoBinding}: use after close, two threads in one binding, bindings open or running when the model
 * is closed. Thread-safe.
 */
public final class ScriptedModel implements NativeModel {
  private static final int MOST_RECORDED = 10_000;

  private final Signature signature;
  private final UnaryOperator<Tensors> function;
  private final List<Run> runs = new ArrayList<>();
  private final Queue<Throwable> failures = new ConcurrentLinkedQueue<>();
  private final Queue<RuntimeException> openFailures = new ConcurrentLinkedQueue<>();
  private final Queue<RuntimeException> closeFailures = new ConcurrentLinkedQueue<>();
  private final Queue<String> violations = new ConcurrentLinkedQueue<>();
  private final Set<ScriptedBinding> open = ConcurrentHashMap.newKeySet();
  private final AtomicInteger opened = new AtomicInteger();
  private final AtomicInteger active = new AtomicInteger();
  private final AtomicInteger mostActive = new AtomicInteger();
  private final AtomicInteger started = new AtomicInteger();
  private final AtomicInteger terminations = new AtomicInteger();
  private final AtomicInteger closes = new AtomicInteger();
  private volatile @Nullable Gate gate;
  private volatile @Nullable Runnable onTerminate;
  private volatile Runnable onRun = () -> {};
  private volatile boolean deaf;
  private volatile int unwritten;
  private volatile Device device = Device.cpu();
  private volatile Statefulness statefulness = Statefulness.POSSIBLE;

  /** What one run was given. */
  public record Run(int rows, List<Shape> shapes, List<Integer> outputs) {}

  /**
   * Creates a model.
   *
   * @param signature the raw one, batch axis included
   * @param function from all inputs of a run to at least the outputs wanted
   */
  public ScriptedModel(Signature signature, UnaryOperator<Tensors> function) {
    this.signature = signature;
    this.function = function;
  }

  // ---- the script ----

  /** Makes the next run throw this instead of answering. Several queue up. */
  public void failNext(Throwable failure) {
    failures.add(failure);
  }

  /** Does something in every run. */
  public void onRun(Runnable action) {
    onRun = action;
  }

  /** Takes back the failures that no run has thrown yet. */
  public void failNoMore() {
    failures.clear();
  }

  /** Makes runs wait from now on; they go on when the gate opens or when they are terminated. */
  public Gate block() {
    Gate made = new Gate();
    gate = made;
    return made;
  }

  /** Makes runs pass without waiting again; those at the gate stay there. */
  public void unblock() {
    gate = null;
  }

  /** Makes runs ignore terminations, as an engine does inside one long operator. */
  public void ignoreTerminations() {
    deaf = true;
  }

  /** Makes runs leave so many bytes at the end of each foretold output as they were. */
  public void leaveUnwritten(int bytes) {
    unwritten = bytes;
  }

  /** Sets what the graph tells about state. */
  public void tell(Statefulness told) {
    statefulness = told;
  }

  @Override
  public Statefulness statefulness() {
    return statefulness;
  }

  /** Makes the next opening of a binding throw this after it took its memory. */
  public void failNextOpen(RuntimeException failure) {
    openFailures.add(failure);
  }

  /** Makes the next close of a binding throw this, the binding being closed all the same. */
  public void failNextBindingClose(RuntimeException failure) {
    closeFailures.add(failure);
  }

  /** Runs something inside every {@code terminate}, before it takes effect. */
  public void onTerminate(Runnable action) {
    onTerminate = action;
  }

  /** Says which device the model claims to run on. */
  public void claim(Device claimed) {
    device = claimed;
  }

  // ---- the record ----

  /** Returns the runs so far, failed ones included; at most ten thousand. */
  public List<Run> runs() {
    synchronized (runs) {
      return List.copyOf(runs);
    }
  }

  /** Returns how many runs have started. */
  public int started() {
    return started.get();
  }

  /** Returns how many bindings were opened, ever. */
  public int opened() {
    return opened.get();
  }

  /** Returns how many bindings are open. */
  public int openBindings() {
    return open.size();
  }

  /** Returns how many runs are under way. */
  public int active() {
    return active.get();
  }

  /** Returns the most runs that were under way at once. */
  public int mostActive() {
    return mostActive.get();
  }

  /** Returns how often any binding was terminated. */
  public int terminations() {
    return terminations.get();
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
    return signature;
  }

  /** Returns this model with the device that it claims to run on. */
  public Replica replica() {
    return new Replica(this, device);
  }

  /** Returns these models, each with the device that it claims to run on. */
  public static List<Replica> replicas(List<ScriptedModel> models) {
    return models.stream().map(ScriptedModel::replica).toList();
  }

  @Override
  public Map<String, String> metadata() {
    return Map.of("producer", "script");
  }

  @Override
  public IoBinding open(BindingSpec spec) {
    if (closes.get() > 0) {
      breach("a binding was opened after the model was closed");
    }
    ScriptedBinding binding = new ScriptedBinding(this, spec);
    RuntimeException failure = openFailures.poll();
    if (failure != null) {
      throw failure;
    }
    opened.incrementAndGet();
    open.add(binding);
    return binding;
  }

  @Override
  public void close() {
    if (closes.incrementAndGet() > 1) {
      breach("the model was closed twice");
    }
    if (active.get() > 0) {
      breach("the model was closed under a run");
    }
    if (!open.isEmpty()) {
      breach("the model was closed before its " + open.size() + " bindings");
    }
  }

  // ---- for the bindings ----

  void breach(String what) {
    violations.add(what);
  }

  void closed(ScriptedBinding binding) {
    open.remove(binding);
    RuntimeException failure = closeFailures.poll();
    if (failure != null) {
      throw failure;
    }
  }

  void begin(Run run) {
    started.incrementAndGet();
    int now = active.incrementAndGet();
    mostActive.accumulateAndGet(now, Math::max);
    if (closes.get() > 0) {
      breach("a run after the model was closed");
    }
    synchronized (runs) {
      if (runs.size() < MOST_RECORDED) {
        runs.add(run);
      }
    }
  }

  void end() {
    active.decrementAndGet();
  }

  /** What a run does between reading its inputs and writing its outputs. */
  Tensors answer(Tensors inputs, ScriptedBinding binding) {
    onRun.run();
    Gate here = gate;
    if (here != null) {
      here.pass(() -> !deaf && binding.isTerminated());
    }
    Throwable failure = failures.poll();
    if (failure instanceof RuntimeException exception) {
      throw exception;
    }
    if (failure instanceof Error error) {
      throw error;
    }
    return function.apply(inputs);
  }

  int unwritten() {
    return unwritten;
  }

  boolean isDeaf() {
    return deaf;
  }

  void terminating() {
    terminations.incrementAndGet();
    Runnable action = onTerminate;
    if (action != null) {
      action.run();
    }
  }

  void terminated() {
    Gate here = gate;
    if (here != null) {
      here.shake();
    }
  }
}
