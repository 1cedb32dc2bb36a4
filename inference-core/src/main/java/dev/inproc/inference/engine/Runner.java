package dev.inproc.inference.engine;

import dev.inproc.inference.Cancellation;
import dev.inproc.inference.EngineException;
import dev.inproc.inference.InvalidInputException;
import dev.inproc.inference.engine.BindingPool.PooledBinding;
import dev.inproc.inference.internal.calls.Queued;
import dev.inproc.inference.spi.IoBinding;
import dev.inproc.inference.tensor.TensorSpec;
import dev.inproc.inference.tensor.Tensors;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Runs examples for one choice of outputs: takes a binding of their shapes from a pool, fills it,
 * runs it, cuts the answers and gives the binding back. Callers keep the model open meanwhile.
 */
final class Runner implements RunPlan.Costs {
  // Timing and recording cost 0.1 µs, a run of a tiny model 3 µs: one short run in 16 is timed.
  private static final long SAMPLE_MASK = 15;
  private static final long ALWAYS_ABOVE_NANOS = 20_000;

  private final ReplicaSet replicas;
  private final Layout layout;
  private final List<Integer> outputs;
  private final Collation collation;
  private final BindingPool[] pools;
  private final AtomicInteger[] busy;
  private final AtomicInteger turn = new AtomicInteger();
  private final boolean padding;
  private final double fixedRowBytes; // where no dimension is dynamic

  Runner(ReplicaSet replicas, List<Integer> outputs) {
    this.replicas = replicas;
    layout = replicas.layout;
    this.outputs = outputs;
    collation = new Collation(layout, outputs, replicas.options.padValues());
    pools = new BindingPool[replicas.size()];
    busy = new AtomicInteger[pools.length];
    for (int i = 0; i < pools.length; i++) {
      pools[i] =
          new BindingPool(
              replicas.all.get(i).model(), layout, outputs, replicas.options.maxIdleBytes());
      busy[i] = new AtomicInteger();
    }
    padding = allowsPadding();
    fixedRowBytes = layout.variables() == 0 ? computeRowBytes(layout.newSizes(0)) : 0;
  }

  ReplicaSet replicas() {
    return replicas;
  }

  private boolean allowsPadding() {
    var pads = replicas.options.padValues();
    if (pads.isEmpty() || !layout.isBatched() || layout.variables() == 0) {
      return false;
    }
    for (int input = 0; input < layout.inputs(); input++) {
      TensorSpec spec = layout.example().inputs().get(input);
      for (int axis = 0; axis < spec.rank(); axis++) {
        if (layout.inputVariable(input, axis) != Layout.FIXED && !pads.containsKey(spec.name())) {
          return false;
        }
      }
    }
    for (int output : outputs) {
      if (layout.isSized(output) && !layout.isForeseeable(output)) {
        return false;
      }
    }
    return true;
  }

  /** Whether the options and the signature let examples of different sizes run together. */
  boolean canPad() {
    return padding;
  }

  /** Whether examples of different sizes may run together. */
  boolean pads() {
    return padding && replicas.integrity().allowsPadding();
  }

  /**
   * Whether one run holds all examples, without a plan: their sizes are equal and they are few
   * enough.
   */
  boolean isOneRun(long[][] sizes) {
    return sizes.length > 0
        && RunPlan.areAlike(Arrays.asList(sizes))
        && sizes.length <= maxRows(sizes[0]);
  }

  List<RunPlan.Group> plan(List<long[]> sizes) {
    return RunPlan.of(sizes, pads(), this);
  }

  /** Runs one example. */
  Tensors one(
      Tensors example, long[] sizes, @Nullable Cancellation cancellation, @Nullable Queued queued) {
    return run(new Tensors[] {example}, new long[][] {sizes}, sizes, cancellation, queued)[0];
  }

  /**
   * Runs examples together.
   *
   * @param padded the sizes that they are padded to; an example with equal sizes is not cut
   * @param cancellation stops the run when it fires
   * @param queued what the examples waited in, for a recording
   */
  Tensors[] run(
      Tensors[] examples,
      long[][] sizes,
      long[] padded,
      @Nullable Cancellation cancellation,
      @Nullable Queued queued) {
    int replica = leastBusy();
    RunRecording recording = null;
    if (RunRecording.isOn()) {
      int rows = Math.max(examples.length, layout.fixedBatch());
      double share = padding(padded, sizes);
      recording =
          RunRecording.of(
              replicas,
              replica,
              examples.length,
              rows,
              share,
              rowBytes(padded),
              cancellation,
              queued);
    }
    return runOn(replica, examples, sizes, padded, cancellation, replicas.engineRuns, recording);
  }

  /**
   * Runs examples together on one of the model's replicas, for the probe; the run is not counted.
   */
  Tensors[] runOn(
      int replica,
      Tensors[] examples,
      long[][] sizes,
      long[] padded,
      @Nullable Cancellation cancellation) {
    return runOn(replica, examples, sizes, padded, cancellation, null, null);
  }

  private Tensors[] runOn(
      int replica,
      Tensors[] examples,
      long[][] sizes,
      long[] padded,
      @Nullable Cancellation cancellation,
      @Nullable LongAdder counter,
      @Nullable RunRecording recording) {
    int rows = Math.max(examples.length, layout.fixedBatch());
    checkBytes(padded, rows);
    return inBinding(
        replica,
        rows,
        padded,
        pooled -> {
          collation.fill(pooled.binding(), rows, padded, examples, sizes);
          execute(pooled, rows, padded, examples[0], cancellation, counter, recording);
          return collation.cut(pooled.binding(), rows, padded, sizes);
        });
  }

  private <T> T inBinding(int replica, int rows, long[] padded, Function<PooledBinding, T> work) {
    BindingPool pool = pools[replica];
    busy[replica].getAndIncrement();
    try {
      PooledBinding pooled = pool.take(rows, padded);
      try {
        return replicas.sentinels
            ? Sentinels.twice(replicas.name, pooled, work)
            : work.apply(pooled);
      } finally {
        recycle(pool, pooled);
      }
    } finally {
      busy[replica].getAndDecrement();
    }
  }

  private static void recycle(BindingPool pool, PooledBinding pooled) {
    boolean cleared = false;
    try {
      pooled.binding().clear();
      cleared = true;
    } finally {
      if (cleared) {
        pool.giveBack(pooled);
      } else {
        pool.discard(pooled);
      }
    }
  }

  /** Runs a filled binding. If one name has two sizes in it, the engine decides. */
  private void execute(
      PooledBinding pooled,
      int rows,
      long[] padded,
      Tensors first,
      @Nullable Cancellation cancellation,
      @Nullable LongAdder counter,
      @Nullable RunRecording recording) {
    if (!layout.isIrregular(padded)) {
      execute(pooled, rows, padded, cancellation, counter, recording);
      return;
    }
    boolean whole = rows == Layout.WHOLE;
    try {
      execute(pooled, 1, padded, cancellation, counter, recording);
    } catch (EngineException e) {
      boolean stopped = cancellation != null && cancellation.isCancelled();
      throw stopped ? e : InputCheck.clash(layout, first, whole).refused(e);
    }
    replicas.noteClash(() -> InputCheck.clash(layout, first, whole));
  }

  private void execute(
      PooledBinding pooled,
      int rows,
      long[] padded,
      @Nullable Cancellation cancellation,
      @Nullable LongAdder counter,
      @Nullable RunRecording recording) {
    IoBinding binding = pooled.binding();
    if (cancellation != null && !cancellation.arm(binding::terminate)) {
      throw new EngineException("Not run: every caller had gone", null);
    }
    long before = pooled.beginRun();
    try {
      if (counter != null) {
        counter.increment();
      }
      // The first run of a binding allocates memory that later runs reuse, so it is not timed.
      if (before > 0 && ((before & SAMPLE_MASK) == 1 || isWorthTiming())) {
        long start = replicas.timer.nanoTime();
        run(binding, recording);
        long nanos = replicas.timer.nanoTime() - start;
        replicas.costs.record(rows, volume(padded), nanos);
        if (counter != null) {
          replicas.runNanos.record(nanos);
        }
      } else {
        run(binding, recording);
      }
    } finally {
      pooled.endRun();
      if (cancellation != null) {
        cancellation.disarm();
      }
    }
  }

  private static void run(IoBinding binding, @Nullable RunRecording recording) {
    if (recording == null) {
      binding.run();
    } else {
      recording.run(binding);
    }
  }

  private boolean isWorthTiming() {
    boolean learning = layout.variables() > 0 && !replicas.costs.isKnown();
    return learning || replicas.costs.meanNanos() > ALWAYS_ABOVE_NANOS;
  }

  private int leastBusy() {
    if (busy.length == 1) {
      return 0;
    }
    // Ties rotate, so that a lone caller, or warm-up, uses every device.
    int least = Math.floorMod(turn.getAndIncrement(), busy.length);
    for (int i = 0; i < busy.length; i++) {
      if (busy[i].get() < busy[least].get()) {
        least = i;
      }
    }
    return least;
  }

  private void checkBytes(long[] padded, int rows) {
    double bytes = rowBytes(padded) * (rows == Layout.WHOLE ? 1 : rows);
    if (bytes > replicas.options.maxRunBytes()) {
      TensorSpec first = layout.example().inputs().get(0);
      throw new InvalidInputException(
          first.name(),
          "at most "
              + replicas.options.maxRunBytes()
              + " bytes of inputs and outputs in one run (SessionOptions.maxRunBytes)",
          String.format(Locale.ROOT, "%.0f", bytes) + " bytes");
    }
  }

  /** Runs inputs that are batched already. */
  Tensors raw(
      Tensors inputs,
      int rows,
      long[] sizes,
      @Nullable Cancellation cancellation,
      @Nullable Queued queued) {
    checkBytes(sizes, rows);
    int replica = leastBusy();
    int all = rows == Layout.WHOLE ? 1 : rows;
    RunRecording recording =
        RunRecording.isOn()
            ? RunRecording.of(replicas, replica, all, all, 0, rowBytes(sizes), cancellation, queued)
            : null;
    return inBinding(
        replica,
        rows,
        sizes,
        pooled -> {
          collation.fillRaw(pooled.binding(), inputs);
          execute(pooled, rows, sizes, inputs, cancellation, replicas.engineRuns, recording);
          return collation.cutRaw(pooled.binding());
        });
  }

  void terminateAll() {
    for (BindingPool pool : pools) {
      pool.terminateAll();
    }
  }

  void close() {
    for (BindingPool pool : pools) {
      pool.close();
    }
  }

  long longestRunNanos() {
    long now = replicas.timer.nanoTime();
    long longest = 0;
    for (BindingPool pool : pools) {
      longest = Math.max(longest, pool.longestRunNanos(now));
    }
    return longest;
  }

  long nativeBytes() {
    long bytes = 0;
    for (BindingPool pool : pools) {
      bytes += pool.bytes();
    }
    return bytes;
  }

  // ---- costs and limits for a plan ----

  @Override
  public int maxRows(long[] sizes) {
    return replicas.integrity().allowsBatching() ? mostRows(sizes) : 1;
  }

  /** The most rows that one run may have, whatever the probe found. */
  int mostRows(long[] sizes) {
    if (!layout.isBatched() || layout.isIrregular(sizes)) {
      return 1;
    }
    int fixed = layout.fixedBatch();
    int cap = fixed > 0 ? fixed : replicas.options.maxBatchSize();
    double fitting = replicas.options.maxRunBytes() / Math.max(1, rowBytes(sizes));
    return (int) Math.max(1, Math.min(cap, fitting));
  }

  private double rowBytes(long[] sizes) {
    return sizes.length == 0 ? fixedRowBytes : computeRowBytes(sizes);
  }

  private double computeRowBytes(long[] sizes) {
    double bytes = 0;
    for (int input = 0; input < layout.inputs(); input++) {
      TensorSpec spec = layout.example().inputs().get(input);
      bytes += product(input, spec, sizes) * Math.max(1, spec.type().byteSize());
    }
    for (int output : outputs) {
      bytes += layout.outputBytes(output, sizes);
    }
    return bytes;
  }

  /**
   * An example with a dimension of length zero must not be padded: a softmax over no elements is
   * empty, while a softmax over masked padding alone is a mean of the padding.
   */
  @Override
  public boolean mayPad(long[] sizes) {
    if (layout.isIrregular(sizes)) {
      return false;
    }
    for (long size : sizes) {
      if (size == 0) {
        return false;
      }
    }
    return true;
  }

  @Override
  public double volume(long[] sizes) {
    double volume = 0;
    for (int input = 0; input < layout.inputs(); input++) {
      volume += product(input, layout.example().inputs().get(input), sizes);
    }
    return volume;
  }

  /** The share of a run's input elements that is padding. */
  double padding(long[] padded, long[][] sizes) {
    if (layout.variables() == 0) {
      return 0;
    }
    double filled = 0;
    for (long[] each : sizes) {
      filled += volume(each);
    }
    double all = volume(padded) * sizes.length;
    return all == 0 ? 0 : 1 - filled / all;
  }

  private double product(int input, TensorSpec spec, long[] sizes) {
    if (!spec.hasRank() || layout.isIrregular(sizes)) {
      return layout.inputShape(input, sizes).elements();
    }
    double product = 1;
    for (int axis = 0; axis < spec.rank(); axis++) {
      int variable = layout.inputVariable(input, axis);
      product *= variable == Layout.FIXED ? spec.dim(axis) : sizes[variable];
    }
    return product;
  }

  @Override
  public boolean known() {
    return replicas.costs.isKnown();
  }

  @Override
  public double nanos(int rows, double volume) {
    return replicas.costs.nanos(rows, volume);
  }
}
