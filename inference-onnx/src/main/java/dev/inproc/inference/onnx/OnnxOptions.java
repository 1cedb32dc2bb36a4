package dev.inproc.inference.onnx;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** What concerns ONNX Runtime alone. Immutable. */
public final class OnnxOptions {
  /** The defaults of every option. */
  public static final OnnxOptions DEFAULT = builder().build();

  /** How much ONNX Runtime rewrites a graph when it loads it. */
  public enum Optimization {
    /** Not at all. */
    NONE,
    /** What never changes a result: constants folded, dead nodes dropped. */
    BASIC,
    /** And nodes fused, which may change the last bits. */
    EXTENDED,
    /** And memory laid out for this processor; the default. */
    ALL
  }

  private final Optimization optimization;
  private final @Nullable Path optimizedModelCache;
  private final @Nullable Boolean spinning;
  private final int sharedThreads;
  private final List<Path> loraAdapters;
  private final List<Path> customOperators;
  private final Map<String, String> sessionConfig;
  private final boolean nativeLog;
  private final boolean trustModels;

  private OnnxOptions(Builder builder) {
    optimization = builder.optimization;
    optimizedModelCache = builder.optimizedModelCache;
    spinning = builder.spinning;
    sharedThreads = builder.sharedThreads;
    loraAdapters = List.copyOf(builder.loraAdapters);
    customOperators = List.copyOf(builder.customOperators);
    sessionConfig = Map.copyOf(builder.sessionConfig);
    nativeLog = builder.nativeLog;
    trustModels = builder.trustModels;
  }

  /** Starts from the defaults. */
  public static Builder builder() {
    return new Builder();
  }

  /** Returns how much graphs are rewritten. */
  public Optimization optimization() {
    return optimization;
  }

  /** Returns the directory of optimized graphs, or null for none. */
  public @Nullable Path optimizedModelCache() {
    return optimizedModelCache;
  }

  /** Returns whether idle engine threads spin, or null for the default, which is no. */
  public @Nullable Boolean spinning() {
    return spinning;
  }

  /** Returns the size of the engine pool that models share, or 0 if each model has its own. */
  public int sharedThreads() {
    return sharedThreads;
  }

  /** Returns the LoRA adapters that every run uses. */
  public List<Path> loraAdapters() {
    return loraAdapters;
  }

  /** Returns the libraries of custom operators. */
  public List<Path> customOperators() {
    return customOperators;
  }

  /** Returns ONNX Runtime's own session configuration entries. */
  public Map<String, String> sessionConfig() {
    return sessionConfig;
  }

  /** Returns whether ONNX Runtime writes warnings and errors to standard error. */
  public boolean nativeLog() {
    return nativeLog;
  }

  /** Returns whether models are loaded without a check of their structure. */
  public boolean trustModels() {
    return trustModels;
  }

  private List<@Nullable Object> state() {
    return Arrays.asList(
        optimization,
        optimizedModelCache,
        spinning,
        sharedThreads,
        loraAdapters,
        customOperators,
        sessionConfig,
        nativeLog,
        trustModels);
  }

  /** Equal options have models loaded alike. */
  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof OnnxOptions that && state().equals(that.state());
  }

  @Override
  public int hashCode() {
    return state().hashCode();
  }

  @Override
  public String toString() {
    return "OnnxOptions[optimization="
        + optimization
        + ", optimizedModelCache="
        + optimizedModelCache
        + ", spinning="
        + spinning
        + ", sharedThreads="
        + sharedThreads
        + ", loraAdapters="
        + loraAdapters
        + ", customOperators="
        + customOperators
        + ", sessionConfig="
        + new TreeMap<>(sessionConfig)
        + ", nativeLog="
        + nativeLog
        + ", trustModels="
        + trustModels
        + "]";
  }

  /** Collects options. Not thread-safe. */
  public static final class Builder {
    private Optimization optimization = Optimization.ALL;
    private @Nullable Path optimizedModelCache;
    private @Nullable Boolean spinning;
    private int sharedThreads;
    private final List<Path> loraAdapters = new ArrayList<>();
    private final List<Path> customOperators = new ArrayList<>();
    private final Map<String, String> sessionConfig = new LinkedHashMap<>();
    private boolean nativeLog;
    private boolean trustModels;

    private Builder() {}

    /** Sets how much graphs are rewritten at load. Default: all that ONNX Runtime knows. */
    public Builder optimization(Optimization level) {
      optimization = Objects.requireNonNull(level, "level");
      return this;
    }

    /**
     * Keeps optimized graphs in a directory, so that later loads skip the work. An entry is keyed
     * by the model's digest, the version of ONNX Runtime, the device, the processor architecture
     * and the options. A model with external data has none. A user that can write to the directory
     * decides what is loaded: protect it as you protect the models. On Unix, a directory that
     * belongs to another user (but root) or that every user may write to is not used, with a
     * warning. Default: none.
     *
     * <p>Measure before you use it: each load computes the model's digest, and what is saved is the
     * rewriting alone. It pays a little for small models that ONNX Runtime rewrites much, such as
     * dynamic INT8 ones, and makes a model of 90 MB of FP32 weights load slower; docs/guide.md has
     * the figures.
     */
    public Builder optimizedModelCache(Path directory) {
      optimizedModelCache = Objects.requireNonNull(directory, "directory");
      return this;
    }

    /**
     * Says whether the engine's idle threads spin for work before they sleep. Default: no, unlike
     * ONNX Runtime's own; docs/threads.md has the figures.
     */
    public Builder spinning(boolean spin) {
      spinning = spin;
      return this;
    }

    /**
     * Has models share one engine pool of so many threads, instead of a pool for each. For a
     * process with many models, of which few are busy: an idle model then costs no thread. The
     * process has one such pool, and it must exist before ONNX Runtime's first use: load the first
     * model of the process with this option. Its size and {@link #spinning} are the ones of that
     * first load; later ones join it, and {@code intraOpThreads} has no effect on them. Where ONNX
     * Runtime was in use before, each model has a pool of its own, and a warning says so. Default:
     * a pool for each model.
     *
     * @throws IllegalArgumentException if the number is not positive
     */
    public Builder sharedThreads(int threads) {
      if (threads < 1) {
        throw new IllegalArgumentException("sharedThreads is " + threads + ", must be positive");
      }
      sharedThreads = threads;
      return this;
    }

    /** Adds a LoRA adapter, in ONNX Runtime's own format, that every run uses. */
    public Builder loraAdapter(Path file) {
      loraAdapters.add(Objects.requireNonNull(file, "file"));
      return this;
    }

    /** Adds a native library of custom operators. It is code: load only what you trust. */
    public Builder customOperators(Path library) {
      customOperators.add(Objects.requireNonNull(library, "library"));
      return this;
    }

    /**
     * Sets one of ONNX Runtime's session configuration entries, such as the ones in its C header.
     *
     * @throws IllegalArgumentException for the one that says where external data lies: that is the
     *     model's own directory
     */
    public Builder sessionConfig(String key, String value) {
      if (key.equals(OnnxLoader.EXTERNAL_DIRECTORY)) {
        throw new IllegalArgumentException(key + " is the model's own directory");
      }
      sessionConfig.put(Objects.requireNonNull(key, "key"), Objects.requireNonNull(value, "value"));
      return this;
    }

    /**
     * Lets ONNX Runtime write its warnings and errors to standard error. Default off: errors are in
     * the exceptions, and a line for each failing run is an easy way to fill a disk.
     */
    public Builder nativeLog(boolean write) {
      nativeLog = write;
      return this;
    }

    /**
     * Loads models without a check of their structure and of where their external data lies, as
     * code is loaded. For what the check refuses though it is yours: files in ORT format, EPContext
     * nodes, hard links, more files or deeper graphs than it allows, and stores that link a model's
     * files together from directories of their own. ONNX Runtime follows no link out of a model's
     * directory, so external data behind such links is brought together for the load in a private
     * temporary directory, by hard links or, on another file system, as copies. Optimized graphs
     * are not kept then, and external data counts towards {@code maxModelBytes} only where it is
     * brought together. A model with a digest is checked all the same, but its links may lead
     * anywhere. Default: no.
     */
    public Builder trustModels(boolean trust) {
      trustModels = trust;
      return this;
    }

    /** Returns the options. */
    public OnnxOptions build() {
      return new OnnxOptions(this);
    }
  }
}
