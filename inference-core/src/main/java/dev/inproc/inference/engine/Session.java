package dev.inproc.inference.engine;

import dev.inproc.inference.BatchPredictor;
import dev.inproc.inference.tensor.Signature;
import dev.inproc.inference.tensor.Tensors;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A loaded model, as a predictor of tensors: one example in, without a batch axis, and one out. Any
 * number of threads may share it.
 *
 * <p>Inputs are checked against the signature on the caller's thread, before native code sees them.
 * Batches ({@link #predictAll}, {@link #run}) are planned here: examples of equal shapes run
 * together; where {@link SessionOptions.Builder#pad padding} is allowed, the grouping with the
 * least learned cost is run. {@code predict} without a timeout runs on the calling thread.
 */
public interface Session extends BatchPredictor<Tensors, Tensors> {
  /** Returns what one example's call holds and its answer: no batch axis, only outputs wanted. */
  Signature signature();

  /**
   * Returns the model's own signature: with the batch axis, and with all outputs that the engine
   * can read.
   */
  Signature rawSignature();

  /** Returns the devices that it really runs on, in the order of the options. */
  List<Device> devices();

  /** Returns the device that it really runs on, the first if there are several. */
  default Device device() {
    return devices().get(0);
  }

  /**
   * Returns what the probe at load found: whether answers depend on the other examples in a run,
   * and so whether examples run together. Its text says it in words.
   */
  Integrity integrity();

  /**
   * Returns how often the engine has run this model for calls so far, through this session and its
   * views: a batch in one run counts once, a run that failed counts too, warming up counts, the
   * integrity probe does not. Compared with the number of calls it tells how many calls shared a
   * run.
   */
  long engineRuns();

  /** Returns the model file's own description: producer, version, custom entries. */
  Map<String, String> metadata();

  /**
   * Returns a view of this model that computes these outputs alone, which may cost less. Closing
   * the view closes the model, but for a view of a {@link #borrowed} session.
   *
   * @throws IllegalArgumentException if the model has no such output, if the engine cannot read it
   *     (the message says why), or if none is named
   */
  Session outputs(String... names);

  /** {@inheritDoc} The view is a session: it can be batched, and its outputs can be chosen. */
  @Override
  default Session borrowed() {
    return new BorrowedSession(this, BatchPredictor.super.borrowed());
  }

  /**
   * Runs data that is batched already, in one engine run, on the calling thread: tensors as the
   * {@link #rawSignature} says, in and out.
   */
  Tensors runRaw(Tensors inputs);

  /**
   * Closes as {@link #close()} does, but waits no longer than this. Then runs are terminated, which
   * may take a quarter of a second more, and callers fail with {@link
   * dev.inproc.inference.PredictorClosedException}. A run that does not stop keeps its native
   * memory, since freeing it would crash the JVM; the memory is freed when the run ends. A caller
   * inside such a run is not released.
   *
   * @return whether everything has been released
   */
  @Override
  boolean close(Duration timeout);

  /**
   * Makes a session of a model that an engine loads. For authors of engines.
   *
   * @param name what messages call the model, such as {@code onnx:minilm}
   * @param source where it came from, whose digest is the key of {@link
   *     IntegrityOptions#withFindings findings}; null if the digest does not cover all of its files
   * @param loader loads the model, once for each of {@link SessionOptions#devices} of the options
   *     that it gets, which differ from those given here where a device is to be chosen. It is
   *     called again, before this returns, where a fresh load is needed: for a model that keeps
   *     state, which a probe or a warm-up would change. What it returned is owned by the session,
   *     even if this fails
   * @param options how it is loaded and run
   * @throws IllegalArgumentException if the options do not fit the model
   */
  static Session load(
      String name,
      @Nullable ModelSource source,
      Function<SessionOptions, ? extends List<Replica>> loader,
      SessionOptions options) {
    DeviceChoice choice = DeviceChoice.of(name, loader, options);
    return new SessionLoader(
            name,
            source,
            () -> loader.apply(choice.options()),
            true,
            choice.options(),
            options.runtime().threads(),
            choice.reason())
        .load();
  }

  /**
   * Makes a session of replicas that cannot be loaded anew; {@link #load} is better. Where the
   * replicas keep state, the probe at load leaves its trace in them.
   *
   * @param name what messages call the model, such as {@code onnx:minilm}
   * @param source where it came from, whose digest is the key of {@link
   *     IntegrityOptions#withFindings findings}; null if the digest does not cover all of its files
   * @param replicas the model, once for each device; owned by the session from now on, even if this
   *     fails
   * @throws IllegalArgumentException if the options do not fit the model
   */
  static Session of(
      String name, @Nullable ModelSource source, List<Replica> replicas, SessionOptions options) {
    return new SessionLoader(
            name, source, () -> replicas, false, options, options.runtime().threads())
        .load();
  }
}
