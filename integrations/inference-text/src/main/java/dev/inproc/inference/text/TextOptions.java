package dev.inproc.inference.text;

import dev.inproc.inference.Decorator;
import dev.inproc.inference.batch.Batching;
import dev.inproc.inference.engine.Engine;
import dev.inproc.inference.engine.SessionOptions;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * How a text model is loaded and used. What is not given is read from the model's files. Immutable.
 *
 * <pre>{@code
 * TextOptions options = TextOptions.builder().pooling(Pooling.CLS).maxTokens(256).build();
 * }</pre>
 */
public final class TextOptions {
  /** Everything as the model's files say. */
  public static final TextOptions DEFAULT = builder().build();

  private final @Nullable Pooling pooling;
  private final @Nullable Boolean normalized;
  private final @Nullable String queryPrefix;
  private final @Nullable String passagePrefix;
  private final int maxTokens;
  private final LongTexts longTexts;
  private final @Nullable String output;
  private final @Nullable Engine engine;
  private final @Nullable SessionOptions session;
  private final @Nullable Batching batching;
  private final @Nullable Decorator layer;

  private TextOptions(Builder builder) {
    pooling = builder.pooling;
    normalized = builder.normalized;
    queryPrefix = builder.queryPrefix;
    passagePrefix = builder.passagePrefix;
    maxTokens = builder.maxTokens;
    longTexts = builder.longTexts;
    output = builder.output;
    engine = builder.engine;
    session = builder.session;
    batching = builder.batching;
    layer = builder.layer;
  }

  /** Starts from the defaults. */
  public static Builder builder() {
    return new Builder();
  }

  /**
   * Returns how many engine runs there are at once if neither the session's options nor the
   * batching say so: two, each on half of the processors, or one where there is one processor. Runs
   * of texts are short, and two of them keep processors busier than one that is divided among all.
   */
  public static int defaultParallelism() {
    return Math.min(2, Runtime.getRuntime().availableProcessors());
  }

  /** Starts from these options. */
  public Builder toBuilder() {
    Builder builder = new Builder();
    builder.pooling = pooling;
    builder.normalized = normalized;
    builder.queryPrefix = queryPrefix;
    builder.passagePrefix = passagePrefix;
    builder.maxTokens = maxTokens;
    builder.longTexts = longTexts;
    builder.output = output;
    builder.engine = engine;
    builder.session = session;
    builder.batching = batching;
    builder.layer = layer;
    return builder;
  }

  /** Returns the pooling, or null for that of the model's files. */
  public @Nullable Pooling pooling() {
    return pooling;
  }

  /** Returns whether vectors have length one, or null for what the model's files say. */
  public @Nullable Boolean normalized() {
    return normalized;
  }

  /** Returns what stands before each query, or null for what the model's files say. */
  public @Nullable String queryPrefix() {
    return queryPrefix;
  }

  /** Returns what stands before each passage, or null for what the model's files say. */
  public @Nullable String passagePrefix() {
    return passagePrefix;
  }

  /** Returns the most tokens of one run, or 0 for what the model's files say. */
  public int maxTokens() {
    return maxTokens;
  }

  /** Returns what is done with longer texts. */
  public LongTexts longTexts() {
    return longTexts;
  }

  /** Returns the model's output that is used, or null if the model tells. */
  public @Nullable String output() {
    return output;
  }

  /** Returns the engine, or null for ONNX Runtime with its defaults. */
  public @Nullable Engine engine() {
    return engine;
  }

  /** Returns the session's options, or null for the defaults. */
  public @Nullable SessionOptions session() {
    return session;
  }

  /** Returns the batching, or null for batches of up to 32. */
  public @Nullable Batching batching() {
    return batching;
  }

  /** Returns the layer around the model, or null. */
  public @Nullable Decorator layer() {
    return layer;
  }

  /** Collects options. Not thread-safe. */
  public static final class Builder {
    private @Nullable Pooling pooling;
    private @Nullable Boolean normalized;
    private @Nullable String queryPrefix;
    private @Nullable String passagePrefix;
    private int maxTokens;
    private LongTexts longTexts = LongTexts.TRUNCATE;
    private @Nullable String output;
    private @Nullable Engine engine;
    private @Nullable SessionOptions session;
    private @Nullable Batching batching;
    private @Nullable Decorator layer;

    private Builder() {}

    /**
     * Sets the pooling. Needed where the model has no {@code 1_Pooling/config.json} and gives the
     * vectors of its tokens: a wrong pooling gives vectors that look right and are not.
     */
    public Builder pooling(Pooling newPooling) {
      pooling = Objects.requireNonNull(newPooling, "newPooling");
      return this;
    }

    /**
     * Sets whether vectors are scaled to length one, so that a dot product is a cosine. Default:
     * whether {@code modules.json} has a Normalize module; true without that file.
     */
    public Builder normalized(boolean isNormalized) {
      normalized = isNormalized;
      return this;
    }

    /** Sets what stands before each query, such as {@code "query: "}. */
    public Builder queryPrefix(String prefix) {
      queryPrefix = Objects.requireNonNull(prefix, "prefix");
      return this;
    }

    /** Sets what stands before each passage, such as {@code "passage: "}. */
    public Builder passagePrefix(String prefix) {
      passagePrefix = Objects.requireNonNull(prefix, "prefix");
      return this;
    }

    /**
     * Sets the most tokens that the model reads at once, special tokens included. Default: what the
     * model's files say, else 512. Loading fails if the model has fewer positions.
     */
    public Builder maxTokens(int tokens) {
      if (tokens < 3) {
        throw new IllegalArgumentException(
            "maxTokens must be at least 3, since special tokens count, got " + tokens);
      }
      maxTokens = tokens;
      return this;
    }

    /** Sets what is done with longer texts. Default: {@link LongTexts#TRUNCATE}. */
    public Builder longTexts(LongTexts policy) {
      longTexts = Objects.requireNonNull(policy, "policy");
      return this;
    }

    /** Sets the model's output that is used, for a model whose outputs leave that open. */
    public Builder output(String name) {
      output = Objects.requireNonNull(name, "name");
      return this;
    }

    /** Sets the engine. Default: ONNX Runtime with its defaults. */
    public Builder engine(Engine newEngine) {
      engine = Objects.requireNonNull(newEngine, "newEngine");
      return this;
    }

    /**
     * Sets the session's options. Padding is added for the inputs that the model has. Default: as
     * many engine runs at once as the batching has, or {@link #defaultParallelism}.
     */
    public Builder session(SessionOptions options) {
      session = Objects.requireNonNull(options, "options");
      return this;
    }

    /**
     * Sets the batching. Default: batches of up to 32, and as many engine runs at once as the
     * session's options have, or {@link #defaultParallelism}.
     */
    public Builder batching(Batching newBatching) {
      batching = Objects.requireNonNull(newBatching, "newBatching");
      return this;
    }

    /**
     * Sets a layer, such as a cache, around the model and inside the prefixes: it sees each text
     * with its prefix, and answers of {@code float[]}.
     */
    public Builder layer(Decorator decorator) {
      layer = Objects.requireNonNull(decorator, "decorator");
      return this;
    }

    /** Returns the options. */
    public TextOptions build() {
      return new TextOptions(this);
    }
  }
}
