package dev.inproc.inference.engine;

import dev.inproc.inference.Adapter;
import dev.inproc.inference.CallOptions;
import dev.inproc.inference.ForwardingPredictor;
import dev.inproc.inference.Predictor;
import dev.inproc.inference.internal.concurrent.MappedFuture;
import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.Tensors;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Keeps a random sample of the inputs that a model has answered: for a gate that compares two
 * models, for the calibration of a quantizer, for {@link IntegrityOptions#withInputs}. Each input
 * that fits has the same chance to be kept (reservoir sampling, Algorithm R, Vitter 1985); the same
 * seed and order of answers give the same sample. Thread-safe. An input that is not kept costs one
 * atomic increment.
 *
 * <p>The number of examples and their bytes are bounded: an input larger than an example's share of
 * the bytes is counted, not kept. <b>Privacy:</b> inputs stay in this object's memory, are written
 * nowhere, and are gone after {@link #clear} or with the object. They are data of your users:
 * inform them as the law asks, and record no longer than you need.
 *
 * <pre>{@code
 * InputRecorder recorder = new InputRecorder(200, 16 << 20, 1);
 * Predictor<String, float[]> embedder = session.with(recorder).with(codec);
 * ...
 * List<Tensors> typical = recorder.examples();
 * }</pre>
 */
public final class InputRecorder implements Adapter<Tensors, Tensors, Tensors, Tensors> {
  private final int capacity;
  private final long largest;
  private final long seed;
  private final AtomicLong seen = new AtomicLong();
  private final AtomicLong tooLarge = new AtomicLong();
  private final List<Tensors> kept = new ArrayList<>(); // guarded by itself

  /**
   * Creates a recorder.
   *
   * @param examples how many inputs it keeps at most
   * @param maxBytes how many bytes these have together at most
   * @param seed the seed of the random choice
   */
  public InputRecorder(int examples, long maxBytes, long seed) {
    if (examples < 1 || maxBytes < examples) {
      throw new IllegalArgumentException(
          "A recorder needs at least one example and a byte for each, got "
              + examples
              + " examples and "
              + maxBytes
              + " bytes");
    }
    this.capacity = examples;
    this.largest = maxBytes / examples;
    this.seed = seed;
  }

  /** Returns a predictor that answers as this one does and owns it. */
  @Override
  public Predictor<Tensors, Tensors> adapt(Predictor<Tensors, Tensors> inner) {
    return new Recorded(inner);
  }

  /** Returns the sample as it is now. */
  public List<Tensors> examples() {
    synchronized (kept) {
      return List.copyOf(kept);
    }
  }

  /** Returns how many answered inputs were looked at since the start or {@link #clear}. */
  public long seen() {
    return seen.get();
  }

  /** Returns how many were larger than an example's share of the bytes, and so not looked at. */
  public long tooLarge() {
    return tooLarge.get();
  }

  /** Forgets all inputs and starts anew. */
  public void clear() {
    synchronized (kept) {
      kept.clear();
      seen.set(0);
      tooLarge.set(0);
    }
  }

  void record(Tensors input) {
    if (size(input) > largest) {
      tooLarge.incrementAndGet();
      return;
    }
    long index = seen.getAndIncrement();
    long place = index < capacity ? index : Long.remainderUnsigned(mixed(index), index + 1);
    if (place >= capacity) {
      return;
    }
    synchronized (kept) {
      if (kept.size() < capacity) {
        kept.add(input); // in any order, if several threads begin at once
      } else {
        kept.set((int) place, input);
      }
    }
  }

  private static long size(Tensors input) {
    long size = 0;
    for (int i = 0; i < input.size(); i++) {
      Tensor tensor = input.at(i);
      size += tensor.byteSize();
    }
    return size;
  }

  /** A random number for each index: the mixer of SplitMix64 (Steele et al., 2014). */
  private long mixed(long index) {
    long z = (seed + index + 1) * 0x9e3779b97f4a7c15L;
    z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
    z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
    return z ^ (z >>> 31);
  }

  private final class Recorded extends ForwardingPredictor<Tensors, Tensors> {
    Recorded(Predictor<Tensors, Tensors> inner) {
      super(inner);
    }

    @Override
    public CompletableFuture<Tensors> submit(Tensors input, CallOptions options) {
      return MappedFuture.map(
          inner().submit(input, options),
          answer -> {
            record(input);
            return answer;
          });
    }

    @Override
    public Tensors predict(Tensors input, CallOptions options) {
      Tensors answer = inner().predict(input, options);
      record(input);
      return answer;
    }

    @Override
    public List<Tensors> predictAll(List<Tensors> inputs, CallOptions options) {
      List<Tensors> copy = List.copyOf(inputs);
      List<Tensors> answers = inner().predictAll(copy, options);
      copy.forEach(InputRecorder.this::record);
      return answers;
    }

    @Override
    public String toString() {
      return "recorded(" + inner() + ")";
    }
  }
}
