package dev.inproc.inference.engine;

import dev.inproc.inference.tensor.Tensors;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The options of loading and running a model that all engines share. An engine has options of its
 * own. Immutable.
 *
 * <pre>{@code
 * SessionOptions options = SessionOptions.builder()
 *     .parallelism(2)
 *     .pad("input_ids", 0).pad("attention_mask", 0)
 *     .build();
 * }</pre>
 */
public final class SessionOptions {
  /** The defaults of every option. */
  public static final SessionOptions DEFAULT = builder().build();

  private static final int DEFAULT_MAX_BATCH = 256;
  private static final int DEFAULT_MAX_QUEUED = 10_000;
  private static final long DEFAULT_MAX_RUN_BYTES = 512L << 20;
  private static final long DEFAULT_MAX_IDLE_BYTES = 64L << 20;

  private final int parallelism;
  private final int intraOpThreads;
  private final List<Device> devices;
  private final BatchAxis batchAxis;
  private final int maxBatchSize;
  private final int maxQueued;
  private final long maxRunBytes;
  private final long maxIdleBytes;
  private final long maxModelBytes;
  private final Map<String, Double> padValues;
  private final Map<String, Double> optionalPadValues; // of inputs that the model may lack
  private final Map<String, StatedShape> inputShapes;
  private final List<Integer> warmUpSizes;
  private final @Nullable Tensors warmUpExample;
  private final IntegrityOptions integrity;
  private final ServingRuntime runtime;

  private SessionOptions(Builder builder) {
    parallelism = builder.parallelism;
    intraOpThreads = builder.intraOpThreads;
    devices = List.copyOf(builder.devices);
    batchAxis = builder.batchAxis;
    maxBatchSize = builder.maxBatchSize;
    maxQueued = builder.maxQueued;
    maxRunBytes = builder.maxRunBytes;
    maxIdleBytes = builder.maxIdleBytes;
    maxModelBytes = builder.maxModelBytes;
    padValues = Map.copyOf(builder.padValues);
    optionalPadValues = Map.copyOf(builder.optionalPadValues);
    inputShapes = Map.copyOf(builder.inputShapes);
    warmUpSizes = List.copyOf(builder.warmUpSizes);
    warmUpExample = builder.warmUpExample;
    integrity = builder.integrity;
    runtime = builder.runtime;
  }

  /** Starts from the defaults. */
  public static Builder builder() {
    return new Builder();
  }

  /** Returns how many engine runs are expected at once. */
  public int parallelism() {
    return parallelism;
  }

  /** Returns the threads that one run may use, 0 for the engine's default by parallelism. */
  public int intraOpThreads() {
    return intraOpThreads;
  }

  /** Returns the devices, each of which gets a replica of the model. */
  public List<Device> devices() {
    return devices;
  }

  /** Returns whether the model has a batch axis, or that its signature tells. */
  public BatchAxis batchAxis() {
    return batchAxis;
  }

  /** Returns the most examples in one engine run. */
  public int maxBatchSize() {
    return maxBatchSize;
  }

  /** Returns the most calls that may wait. */
  public int maxQueued() {
    return maxQueued;
  }

  /** Returns the most bytes that the inputs and foreseeable outputs of one run may have. */
  public long maxRunBytes() {
    return maxRunBytes;
  }

  /** Returns the native bytes kept for the next runs. */
  public long maxIdleBytes() {
    return maxIdleBytes;
  }

  /** Returns the most bytes that the model's files may have together. */
  public long maxModelBytes() {
    return maxModelBytes;
  }

  /** Returns the value that pads each padded input. */
  public Map<String, Double> padValues() {
    return padValues;
  }

  /** Returns the values of {@link Builder#padIfPresent}. */
  Map<String, Double> optionalPadValues() {
    return optionalPadValues;
  }

  /** Returns the stated shapes of inputs, such as {@code [batch, 3, ?]}. */
  public Map<String, String> inputShapes() {
    Map<String, String> all = new TreeMap<>();
    inputShapes.forEach((input, shape) -> all.put(input, shape.toString()));
    return Collections.unmodifiableMap(all);
  }

  Map<String, StatedShape> statedShapes() {
    return inputShapes;
  }

  /** Returns the batch sizes that are run once at load. */
  public List<Integer> warmUpSizes() {
    return warmUpSizes;
  }

  /** Returns the example that warm-up repeats, or null if it generates one. */
  public @Nullable Tensors warmUpExample() {
    return warmUpExample;
  }

  /** Returns how the model is probed for answers that depend on batch-mates. */
  public IntegrityOptions integrity() {
    return integrity;
  }

  /** Returns the threads and the clock that the model uses. */
  public ServingRuntime runtime() {
    return runtime;
  }

  /** Returns a builder that starts from these options. */
  public Builder toBuilder() {
    Builder builder = new Builder();
    builder.parallelism = parallelism;
    builder.intraOpThreads = intraOpThreads;
    builder.devices = devices;
    builder.batchAxis = batchAxis;
    builder.maxBatchSize = maxBatchSize;
    builder.maxQueued = maxQueued;
    builder.maxRunBytes = maxRunBytes;
    builder.maxIdleBytes = maxIdleBytes;
    builder.padValues.putAll(padValues);
    builder.optionalPadValues.putAll(optionalPadValues);
    builder.inputShapes.putAll(inputShapes);
    builder.warmUpSizes = warmUpSizes;
    builder.warmUpExample = warmUpExample;
    builder.integrity = integrity;
    builder.runtime = runtime;
    builder.maxModelBytes = maxModelBytes;
    return builder;
  }

  /** Collects options. Not thread-safe. */
  public static final class Builder {
    private int parallelism = 1;
    private int intraOpThreads;
    private List<Device> devices = List.of(Device.cpu());
    private BatchAxis batchAxis = BatchAxis.AUTO;
    private int maxBatchSize = DEFAULT_MAX_BATCH;
    private int maxQueued = DEFAULT_MAX_QUEUED;
    private long maxRunBytes = DEFAULT_MAX_RUN_BYTES;
    private long maxIdleBytes = DEFAULT_MAX_IDLE_BYTES;
    private long maxModelBytes = Long.MAX_VALUE;
    private final Map<String, Double> padValues = new LinkedHashMap<>();
    private final Map<String, Double> optionalPadValues = new LinkedHashMap<>();
    private final Map<String, StatedShape> inputShapes = new LinkedHashMap<>();
    private List<Integer> warmUpSizes = List.of();
    private @Nullable Tensors warmUpExample;
    private IntegrityOptions integrity = IntegrityOptions.DEFAULT;
    private ServingRuntime runtime = ServingRuntime.shared();

    private Builder() {}

    /**
     * Sets how many engine runs are expected at once: {@code submit} uses this many workers, and
     * divides the processors among them. Default 1. Calls of {@code predict} run beside the
     * workers.
     */
    public Builder parallelism(int runs) {
      parallelism = positive(runs, "parallelism");
      return this;
    }

    /** Sets the threads that one run may use. Default: the processors divided by parallelism. */
    public Builder intraOpThreads(int threads) {
      intraOpThreads = positive(threads, "intraOpThreads");
      return this;
    }

    /**
     * Sets what to run on. Each gets a replica of the model, and a run goes to the least busy one.
     *
     * @param all the devices, or {@link Device#auto} alone
     */
    public Builder devices(Device... all) {
      if (all.length == 0) {
        throw new IllegalArgumentException("At least one device is needed");
      }
      List<Device> given = List.of(all);
      if (given.size() > 1 && given.stream().anyMatch(Device::isAuto)) {
        throw new IllegalArgumentException("Expected Device.auto alone, got " + given);
      }
      devices = given;
      return this;
    }

    /** Says whether the model has a batch axis. Default: its signature tells. */
    public Builder batchAxis(BatchAxis axis) {
      batchAxis = Objects.requireNonNull(axis, "axis");
      return this;
    }

    /** Sets the most examples in one engine run; more are split. Default 256. */
    public Builder maxBatchSize(int examples) {
      maxBatchSize = positive(examples, "maxBatchSize");
      return this;
    }

    /** Sets the most calls that may wait for a worker. Default 10,000. */
    public Builder maxQueued(int calls) {
      maxQueued = positive(calls, "maxQueued");
      return this;
    }

    /**
     * Sets the most bytes that the inputs and foreseeable outputs of one run may have. A larger
     * batch is split, a larger example is refused. Default 512 MiB, at most 2 GiB - 1.
     */
    public Builder maxRunBytes(long bytes) {
      if (bytes < 1 || bytes > Integer.MAX_VALUE) {
        throw new IllegalArgumentException(
            "maxRunBytes must be from 1 to " + Integer.MAX_VALUE + ", got " + bytes);
      }
      maxRunBytes = bytes;
      return this;
    }

    /**
     * Sets about how many native bytes are kept for the next runs, for each device and choice of
     * outputs; while shapes change, up to twice this number. Default 64 MiB.
     */
    public Builder maxIdleBytes(long bytes) {
      if (bytes < 0) {
        throw new IllegalArgumentException("maxIdleBytes is negative: " + bytes);
      }
      maxIdleBytes = bytes;
      return this;
    }

    /**
     * Sets the most bytes that the model's files may have together, external data included; a
     * larger model fails to load before its files are read. It bounds the reading, not what a graph
     * may compute. Default: no limit, since the files are on this machine already.
     */
    public Builder maxModelBytes(long bytes) {
      if (bytes < 1) {
        throw new IllegalArgumentException("maxModelBytes must be at least 1, got " + bytes);
      }
      maxModelBytes = bytes;
      return this;
    }

    /**
     * Allows examples of different sizes to run together, with this input padded with this value.
     * Only for models that ignore padding, by a mask for instance. Name every input with dynamic
     * dimensions, the mask with 0. By default only examples of equal shapes run together.
     */
    public Builder pad(String input, double value) {
      padValues.put(Objects.requireNonNull(input, "input"), value);
      return this;
    }

    /**
     * Allows what {@link #pad} allows, for an input that the model may lack: without such an input,
     * or where none of its dimensions is dynamic, this has no effect. For options that serve models
     * of one family, such as text models with and without {@code token_type_ids}.
     */
    public Builder padIfPresent(String input, double value) {
      optionalPadValues.put(Objects.requireNonNull(input, "input"), value);
      return this;
    }

    /**
     * States the shape of an input as a signature prints it, batch axis included: {@code "[batch,
     * 3, ?]"}, where a number is a fixed size, a name a size that is equal wherever the name
     * occurs, and a question mark any size, or the size that the model states. For inputs whose
     * shape the model leaves open: without it such an input takes tensors of any rank, and since
     * none of its dimensions is known to count examples, they run one by one. Also for dimensions
     * that the model does not name, and for names that it gives to sizes that differ. Loading fails
     * if it contradicts the model.
     *
     * @throws IllegalArgumentException if the text is not a shape
     */
    public Builder inputShape(String input, String shape) {
      inputShapes.put(
          Objects.requireNonNull(input, "input"),
          StatedShape.parse(input, Objects.requireNonNull(shape, "shape")));
      return this;
    }

    /**
     * States the shape of an input by its dimensions, -1 for a dimension that stays open and
     * unnamed.
     */
    public Builder inputShape(String input, long... dims) {
      inputShapes.put(Objects.requireNonNull(input, "input"), StatedShape.of(input, dims));
      return this;
    }

    /** Runs the model at load with each of these batch sizes, on a generated example. */
    public Builder warmUp(int... batchSizes) {
      if (batchSizes.length == 0) {
        throw new IllegalArgumentException("Name at least one batch size to warm up with");
      }
      List<Integer> sizes = new ArrayList<>();
      for (int size : batchSizes) {
        sizes.add(positive(size, "warm-up batch size"));
      }
      warmUpSizes = sizes;
      return this;
    }

    /** For a session that is only timed. */
    Builder withoutWarmUp() {
      warmUpSizes = List.of();
      return this;
    }

    /** Runs the model at load on batches of this example; loading fails if a run fails. */
    public Builder warmUp(Tensors example, int... batchSizes) {
      warmUpExample = Objects.requireNonNull(example, "example");
      return warmUp(batchSizes);
    }

    /** Sets how the model is probed at load for answers that depend on batch-mates. */
    public Builder integrity(IntegrityOptions options) {
      integrity = Objects.requireNonNull(options, "options");
      return this;
    }

    /**
     * Sets the threads and the clock that the model uses. Default: {@link ServingRuntime#shared}.
     */
    public Builder runtime(ServingRuntime threads) {
      runtime = Objects.requireNonNull(threads, "runtime");
      return this;
    }

    /** Returns the options. */
    public SessionOptions build() {
      return new SessionOptions(this);
    }

    private static int positive(int value, String name) {
      if (value < 1) {
        throw new IllegalArgumentException(name + " must be at least 1, got " + value);
      }
      return value;
    }
  }
}
