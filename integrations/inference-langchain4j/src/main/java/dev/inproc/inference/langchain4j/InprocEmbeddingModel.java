package dev.inproc.inference.langchain4j;

import dev.inproc.inference.CallOptions;
import dev.inproc.inference.Predictor;
import dev.inproc.inference.metrics.LayerDescription;
import dev.inproc.inference.text.TextEmbedder;
import dev.inproc.inference.text.TextModel;
import dev.inproc.inference.text.TextOptions;
import dev.langchain4j.model.embedding.EmbeddingModel;
import dev.langchain4j.model.embedding.listener.EmbeddingModelListener;
import dev.langchain4j.model.embedding.request.EmbeddingInput;
import dev.langchain4j.model.embedding.request.EmbeddingInputType;
import dev.langchain4j.model.embedding.request.EmbeddingParameter;
import dev.langchain4j.model.embedding.request.EmbeddingRequest;
import dev.langchain4j.model.embedding.request.EmbeddingRequestParameters;
import dev.langchain4j.model.embedding.response.EmbeddingResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * LangChain4j's embedding model over a {@link TextEmbedder}, or over any predictor from texts to
 * vectors. Any number of threads may share one; their calls run together in batches.
 *
 * <pre>{@code
 * try (InprocEmbeddingModel model = InprocEmbeddingModel.from(Path.of("models/all-minilm-l6-v2"))) {
 *   Embedding embedding = model.embed("how do I reset my password?").content();
 * }
 * }</pre>
 *
 * <p>A list is one call, whatever its length. {@link #embedAsync} blocks no thread, and cancelling
 * its future withdraws the texts.
 *
 * <p>The model owns the embedder and closes it, unless the {@linkplain Builder#borrowed() builder
 * says otherwise}. Calls after {@link #close()} fail.
 *
 * <p>Of the parameters of a request, {@code inputType} is supported if the embedder {@linkplain
 * TextEmbedder#hasPrefixes() has prefixes}: a {@code QUERY} gets the prefix of queries, a {@code
 * DOCUMENT} that of passages. A text without an input type gets no prefix. LangChain4j refuses a
 * request with any other parameter, such as {@code dimensions}.
 *
 * <p>A call fails with an exception of LangChain4j, whose cause is this library's own:
 *
 * <ul>
 *   <li>{@link dev.langchain4j.exception.TimeoutException} for a {@link
 *       dev.inproc.inference.DeadlineExceededException}
 *   <li>{@link dev.langchain4j.exception.RateLimitException} for an {@link
 *       dev.inproc.inference.OverloadedException}
 *   <li>{@link dev.langchain4j.exception.InternalServerException} for an {@link
 *       dev.inproc.inference.EngineException}
 *   <li>{@link dev.langchain4j.exception.InvalidRequestException} for an {@link
 *       dev.inproc.inference.InvalidInputException}
 *   <li>{@link dev.langchain4j.exception.NonRetriableException} for any other {@link
 *       dev.inproc.inference.InferenceException}, such as that of a closed model
 * </ul>
 *
 * <p>LangChain4j's retries repeat the first three alone.
 */
public final class InprocEmbeddingModel implements EmbeddingModel, AutoCloseable {
  private final Predictor<String, ?> embedder;
  private final List<? extends Predictor<String, ?>> toClose;
  private final ModelCalls<String, ?, EmbeddingResponse> plain;
  private final ModelCalls<String, ?, EmbeddingResponse> queries;
  private final ModelCalls<String, ?, EmbeddingResponse> documents;
  private final String modelName;
  private final int dimension;
  private final boolean hasPrefixes;
  private final List<EmbeddingModelListener> listeners;
  private final EmbeddingRequestParameters defaults;

  private <O> InprocEmbeddingModel(Builder builder, EmbeddingViews<O> views) {
    embedder = builder.embedder;
    toClose = builder.borrowed ? views.all() : List.of(embedder);
    modelName = builder.modelName;
    plain = views.calls(views.plain(), builder.options, modelName);
    queries = views.calls(views.queries(), builder.options, modelName);
    documents = views.calls(views.documents(), builder.options, modelName);
    dimension = views.dimensions();
    hasPrefixes = builder.hasPrefixes;
    listeners = List.copyOf(builder.listeners);
    defaults = EmbeddingRequestParameters.builder().inputType(builder.inputType).build();
  }

  /**
   * Loads the model in a directory: {@code model.onnx}, {@code tokenizer.json} and what else {@link
   * TextModel#directory} reads.
   */
  public static InprocEmbeddingModel from(Path directory) {
    return of(TextEmbedder.load(TextModel.directory(directory)));
  }

  /** Loads the model in a directory with these options. */
  public static InprocEmbeddingModel from(Path directory, TextOptions options) {
    return of(TextEmbedder.load(TextModel.directory(directory), options));
  }

  /** Returns a model that owns an embedder. */
  public static InprocEmbeddingModel of(TextEmbedder embedder) {
    return builder(embedder).build();
  }

  /** Returns a builder of a model over an embedder. */
  public static Builder builder(TextEmbedder embedder) {
    Objects.requireNonNull(embedder, "embedder");
    return new Builder(
        embedder, EmbeddingViews.of(embedder), embedder.name(), embedder.hasPrefixes());
  }

  /**
   * Returns a builder of a model over any predictor, such as a deployment. Its responses have no
   * token usage.
   *
   * @param dimensions the length of each vector
   */
  public static Builder builder(Predictor<String, float[]> predictor, int dimensions) {
    Objects.requireNonNull(predictor, "predictor");
    return new Builder(predictor, EmbeddingViews.of(predictor, dimensions), "inproc", false);
  }

  @Override
  public EmbeddingResponse doEmbed(EmbeddingRequest request) {
    return calls(request).call(texts(request));
  }

  /** Blocks no thread. Tokenizes the first texts on the calling thread. */
  @Override
  public CompletableFuture<EmbeddingResponse> doEmbedAsync(EmbeddingRequest request) {
    return calls(request).submit(texts(request));
  }

  private ModelCalls<String, ?, EmbeddingResponse> calls(EmbeddingRequest request) {
    EmbeddingInputType type = request.inputType();
    if (type == null) {
      return plain;
    }
    return switch (type) {
      case QUERY -> queries;
      case DOCUMENT -> documents;
    };
  }

  private static List<String> texts(EmbeddingRequest request) {
    return request.inputs().stream().map(EmbeddingInput::text).toList();
  }

  /** {@code inputType} if the embedder has prefixes. */
  @Override
  public Set<EmbeddingParameter<?>> supportedParameters() {
    return hasPrefixes ? Set.of(EmbeddingRequestParameters.INPUT_TYPE) : Set.of();
  }

  @Override
  public EmbeddingRequestParameters defaultRequestParameters() {
    return defaults;
  }

  @Override
  public List<EmbeddingModelListener> listeners() {
    return listeners;
  }

  @Override
  public int dimension() {
    return dimension;
  }

  @Override
  public String modelName() {
    return modelName;
  }

  /** Returns what the embedder is and what its layers count. */
  public LayerDescription describe() {
    return embedder.describe();
  }

  /**
   * Closes the embedder, if this model owns it: waits until accepted calls have been answered, then
   * frees the model. Idempotent.
   */
  @Override
  public void close() {
    toClose.forEach(Predictor::close);
  }

  /**
   * Closes as {@link #close()} does, within a time.
   *
   * @return whether everything has been released
   * @see Predictor#close(Duration)
   */
  public boolean close(Duration timeout) {
    boolean released = true;
    for (Predictor<String, ?> each : toClose) {
      released &= each.close(timeout);
    }
    return released;
  }

  @Override
  public String toString() {
    return "InprocEmbeddingModel(" + embedder + ")";
  }

  /** Sets up an {@link InprocEmbeddingModel}. Not thread-safe. */
  public static final class Builder {
    private final Predictor<String, ?> embedder;
    private final EmbeddingViews<?> views;
    private final boolean hasPrefixes;
    private String modelName;
    private boolean borrowed;
    private CallOptions options = CallOptions.DEFAULT;
    private @Nullable EmbeddingInputType inputType;
    private final List<EmbeddingModelListener> listeners = new ArrayList<>();

    private Builder(
        Predictor<String, ?> embedder, EmbeddingViews<?> views, String name, boolean hasPrefixes) {
      this.embedder = embedder;
      this.views = views;
      this.hasPrefixes = hasPrefixes;
      modelName = name;
    }

    /** Sets the name in responses, else the embedder's. */
    public Builder modelName(String name) {
      modelName = Objects.requireNonNull(name, "modelName");
      return this;
    }

    /**
     * Has the model borrow the embedder: closing the model refuses its later calls, and leaves the
     * embedder open.
     */
    public Builder borrowed() {
      borrowed = true;
      return this;
    }

    /**
     * Sets the options of each call, such as a timeout, which is for a whole list. An asynchronous
     * call cannot wait for room: it fails where {@link CallOptions.Overload#WAIT} has a blocking
     * call wait.
     */
    public Builder callOptions(CallOptions callOptions) {
      options = Objects.requireNonNull(callOptions, "callOptions");
      return this;
    }

    /**
     * Sets the input type of requests that have none, and of {@code embed(String)} and {@code
     * embedAll}.
     *
     * @throws IllegalArgumentException if the embedder has no prefixes
     */
    public Builder inputType(EmbeddingInputType type) {
      Objects.requireNonNull(type, "inputType");
      if (!hasPrefixes) {
        throw new IllegalArgumentException(
            "inputType "
                + type
                + " has no meaning for "
                + embedder
                + ": it has no prefixes; set queryPrefix and passagePrefix of TextOptions");
      }
      inputType = type;
      return this;
    }

    /** Adds listeners, which each call notifies. */
    public Builder listeners(EmbeddingModelListener... more) {
      return listeners(List.of(more));
    }

    /** Adds listeners, which each call notifies. */
    public Builder listeners(List<EmbeddingModelListener> more) {
      listeners.addAll(more);
      return this;
    }

    /** Returns the model. */
    public InprocEmbeddingModel build() {
      EmbeddingViews<?> own = borrowed ? views.borrowed() : views;
      return new InprocEmbeddingModel(this, own);
    }
  }
}
