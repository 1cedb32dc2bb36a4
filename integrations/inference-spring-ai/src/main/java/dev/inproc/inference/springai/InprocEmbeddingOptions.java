package dev.inproc.inference.springai;

import dev.inproc.inference.CallOptions;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.springframework.ai.embedding.EmbeddingOptions;

/**
 * Spring AI's options of one request, with the role of its texts and our options of a call. What is
 * not given is the model's. Immutable.
 *
 * <pre>{@code
 * var options = InprocEmbeddingOptions.builder()
 *     .role(TextRole.PASSAGE)
 *     .callOptions(CallOptions.timeout(Duration.ofSeconds(2)))
 *     .build();
 * EmbeddingResponse response = model.call(new EmbeddingRequest(texts, options));
 * }</pre>
 */
public final class InprocEmbeddingOptions implements EmbeddingOptions {
  private final @Nullable String model;
  private final @Nullable Integer dimensions;
  private final @Nullable TextRole role;
  private final @Nullable CallOptions callOptions;

  private InprocEmbeddingOptions(Builder builder) {
    model = builder.model;
    dimensions = builder.dimensions;
    role = builder.role;
    callOptions = builder.callOptions;
  }

  /** Returns a builder with nothing given. */
  public static Builder builder() {
    return new Builder();
  }

  /** Returns the name that the model must have, or null. */
  @Override
  public @Nullable String getModel() {
    return model;
  }

  /** Returns the dimensions that the model must have, or null. */
  @Override
  public @Nullable Integer getDimensions() {
    return dimensions;
  }

  /** Returns the role of the request's texts, or null. */
  public @Nullable TextRole getRole() {
    return role;
  }

  /** Returns the options of the call, or null. */
  public @Nullable CallOptions getCallOptions() {
    return callOptions;
  }

  @Override
  public String toString() {
    return "InprocEmbeddingOptions[model="
        + model
        + ", dimensions="
        + dimensions
        + ", role="
        + role
        + ", callOptions="
        + callOptions
        + "]";
  }

  /** Collects options. Not thread-safe. */
  public static final class Builder implements EmbeddingOptions.Builder {
    private @Nullable String model;
    private @Nullable Integer dimensions;
    private @Nullable TextRole role;
    private @Nullable CallOptions callOptions;

    private Builder() {}

    /** A request for a model of another name is refused. */
    @Override
    public Builder model(@Nullable String name) {
      model = name;
      return this;
    }

    /** A request for other dimensions than the model's is refused. */
    @Override
    public Builder dimensions(@Nullable Integer count) {
      dimensions = count;
      return this;
    }

    /** The role of the request's texts. A document is a passage, whatever is given here. */
    public Builder role(TextRole newRole) {
      role = Objects.requireNonNull(newRole, "role");
      return this;
    }

    /** The timeout, priority, cache scope and more of this request. */
    public Builder callOptions(CallOptions options) {
      callOptions = Objects.requireNonNull(options, "callOptions");
      return this;
    }

    @Override
    public InprocEmbeddingOptions build() {
      return new InprocEmbeddingOptions(this);
    }
  }
}
