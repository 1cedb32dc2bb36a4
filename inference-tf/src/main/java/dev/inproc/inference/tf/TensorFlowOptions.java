package dev.inproc.inference.tf;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** What concerns TensorFlow alone. Immutable. */
public final class TensorFlowOptions {
  /** The defaults of every option. */
  public static final TensorFlowOptions DEFAULT = builder().build();

  private static final long DEFAULT_MAX_GRAPH_BYTES = 256L << 20;

  private final String signature;
  private final Set<String> tags;
  private final boolean xla;
  private final boolean trusted;
  private final List<Path> operatorLibraries;
  private final long maxGraphBytes;
  private final boolean servingWarmUp;

  private TensorFlowOptions(Builder builder) {
    signature = builder.signature;
    tags = builder.tags;
    xla = builder.xla;
    trusted = builder.trusted;
    operatorLibraries = List.copyOf(builder.operatorLibraries);
    maxGraphBytes = builder.maxGraphBytes;
    servingWarmUp = builder.servingWarmUp;
  }

  /** Starts from the defaults. */
  public static Builder builder() {
    return new Builder();
  }

  /** Returns the key of the signature that is served. */
  public String signature() {
    return signature;
  }

  /** Returns the tags of the graph that is loaded. */
  public Set<String> tags() {
    return tags;
  }

  /** Returns whether XLA compiles what it can. */
  public boolean xla() {
    return xla;
  }

  /** Returns whether the model's operators are left unchecked. */
  public boolean trusted() {
    return trusted;
  }

  /** Returns the libraries of operators that are loaded. */
  public List<Path> operatorLibraries() {
    return operatorLibraries;
  }

  /** Returns the most bytes that {@code saved_model.pb} may have. */
  public long maxGraphBytes() {
    return maxGraphBytes;
  }

  /** Returns whether warm-up requests that come with the model are run at load. */
  public boolean servingWarmUp() {
    return servingWarmUp;
  }

  private List<Object> state() {
    return List.of(signature, tags, xla, trusted, operatorLibraries, maxGraphBytes, servingWarmUp);
  }

  /** Equal options have models loaded alike. */
  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof TensorFlowOptions that && state().equals(that.state());
  }

  @Override
  public int hashCode() {
    return state().hashCode();
  }

  @Override
  public String toString() {
    return "TensorFlowOptions[signature="
        + signature
        + ", tags="
        + new TreeSet<>(tags)
        + ", xla="
        + xla
        + ", trusted="
        + trusted
        + ", operatorLibraries="
        + operatorLibraries
        + ", maxGraphBytes="
        + maxGraphBytes
        + ", servingWarmUp="
        + servingWarmUp
        + "]";
  }

  /** Collects options. Not thread-safe. */
  public static final class Builder {
    private String signature = "serving_default";
    private Set<String> tags = Set.of("serve");
    private boolean xla;
    private boolean trusted;
    private final List<Path> operatorLibraries = new ArrayList<>();
    private long maxGraphBytes = DEFAULT_MAX_GRAPH_BYTES;
    private boolean servingWarmUp = true;

    private Builder() {}

    /** Sets the key of the signature to serve. Default {@code serving_default}. */
    public Builder signature(String key) {
      signature = Objects.requireNonNull(key, "key");
      return this;
    }

    /** Sets the tags of the graph to load, all of them. Default {@code serve}. */
    public Builder tags(String... all) {
      tags = Set.of(all);
      return this;
    }

    /**
     * Lets XLA compile what it can, which takes seconds for every new shape. On the CPU TensorFlow
     * also wants the environment variable {@code TF_XLA_FLAGS=--tf_xla_cpu_global_jit}. Default no.
     */
    public Builder xla(boolean compile) {
      xla = compile;
      return this;
    }

    /**
     * Says that this model is trusted as code is. A SavedModel is a program: without this,
     * operators that touch files, sockets or host code, and operators not known to be harmless, are
     * refused before TensorFlow sees the model. Files may then be behind links, as in a cache of
     * downloads. Operators that TensorFlow itself lacks come with {@link #operatorLibrary}. Default
     * no.
     */
    public Builder trusted(boolean trust) {
      trusted = trust;
      return this;
    }

    /**
     * Adds a native library of operators, such as TensorFlow Text's, built for the version of
     * TensorFlow that runs. It is code, and loading it runs it: name only what you trust. Its
     * operators are trusted with it, so a model may use them without {@link #trusted}; all others
     * are checked as ever. Where an operator of the library touches files, a model that you do not
     * trust can do so by it. TensorFlow loads a library once and keeps it, with its operators,
     * until the process ends.
     */
    public Builder operatorLibrary(Path library) {
      operatorLibraries.add(Objects.requireNonNull(library, "library"));
      return this;
    }

    /** Sets the most bytes that {@code saved_model.pb} may have. Default 256 MiB, to 2 GiB - 1. */
    public Builder maxGraphBytes(long bytes) {
      if (bytes < 1 || bytes > Integer.MAX_VALUE) {
        throw new IllegalArgumentException(
            "maxGraphBytes must be from 1 to " + Integer.MAX_VALUE + ", got " + bytes);
      }
      maxGraphBytes = bytes;
      return this;
    }

    /**
     * Says whether requests in {@code assets.extra/tf_serving_warmup_requests} are run at load.
     * Whatever is wrong with them is logged and harms nothing. Default yes.
     */
    public Builder servingWarmUp(boolean run) {
      servingWarmUp = run;
      return this;
    }

    /** Returns the options. */
    public TensorFlowOptions build() {
      return new TensorFlowOptions(this);
    }
  }
}
