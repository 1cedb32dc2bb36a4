package dev.inproc.inference.springai;

import dev.inproc.inference.CallOptions;
import dev.inproc.inference.Predictor;
import dev.inproc.inference.text.TextEmbedder;
import dev.inproc.inference.text.TextModel;
import io.micrometer.observation.ObservationRegistry;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.springframework.ai.document.Document;
import org.springframework.ai.document.MetadataMode;
import org.springframework.ai.embedding.BatchingStrategy;
import org.springframework.ai.embedding.Embedding;
import org.springframework.ai.embedding.EmbeddingModel;
import org.springframework.ai.embedding.EmbeddingOptions;
import org.springframework.ai.embedding.EmbeddingRequest;
import org.springframework.ai.embedding.EmbeddingResponse;
import org.springframework.ai.embedding.EmbeddingResponseMetadata;
import org.springframework.ai.embedding.observation.DefaultEmbeddingModelObservationConvention;
import org.springframework.ai.embedding.observation.EmbeddingModelObservationContext;
import org.springframework.ai.embedding.observation.EmbeddingModelObservationConvention;
import org.springframework.ai.embedding.observation.EmbeddingModelObservationDocumentation;
import org.springframework.ai.observation.conventions.AiProvider;

/**
 * Spring AI's embedding model over a {@link TextEmbedder}. Immutable; any number of threads may
 * share one, and their calls run in common batches.
 *
 * <pre>{@code
 * EmbeddingModel model = InprocEmbeddingModel.builder(TextEmbedder.load(files))
 *     .observationRegistry(registry)
 *     .build();
 * }</pre>
 *
 * <p><b>Roles.</b> A model with prefixes embeds a query and a passage differently. A {@link
 * Document} is a passage in every method. A string is a query in every method, {@link #call}
 * included, as a vector store embeds its query with {@code embed(String)}; {@link Builder#textRole}
 * changes that for all calls, and {@link InprocEmbeddingOptions} for one.
 *
 * <p><b>Answers.</b> A response has one embedding a text, in order, with indices from 0, the
 * model's name, and the tokens that the model read, special tokens included.
 *
 * <p><b>Errors.</b> {@link IllegalArgumentException} for options that the model cannot meet
 * (another model's name, other dimensions) and for documents without text. A call fails otherwise
 * as a {@link Predictor}'s does.
 *
 * <p><b>Observation.</b> Each request is one observation by Spring AI's conventions, with the
 * provider {@code onnx}; so is each batch of a {@link BatchingStrategy}.
 */
public final class InprocEmbeddingModel implements EmbeddingModel, AutoCloseable {
  private static final EmbeddingModelObservationConvention DEFAULT_CONVENTION =
      new DefaultEmbeddingModelObservationConvention();

  private final String name;
  private final int dimensions;
  private final TextEncoder queries;
  private final TextEncoder passages;
  private final List<Predictor<?, ?>> owned;
  private final TextRole textRole;
  private final MetadataMode metadataMode;
  private final CallOptions callOptions;
  private final ObservationRegistry registry;
  private final EmbeddingModelObservationConvention convention;

  private InprocEmbeddingModel(Builder builder) {
    name = builder.name;
    dimensions = builder.dimensions;
    queries = builder.queries;
    passages = builder.passages;
    owned = builder.borrowed ? List.of() : List.copyOf(builder.predictors);
    textRole = builder.textRole;
    metadataMode = builder.metadataMode;
    callOptions = builder.callOptions;
    registry = builder.registry;
    convention = builder.convention;
  }

  /**
   * Loads the model in a directory: {@code model.onnx}, {@code tokenizer.json} and what else {@link
   * TextModel#directory} reads.
   */
  public static InprocEmbeddingModel from(Path directory) {
    return of(TextEmbedder.load(TextModel.directory(directory)));
  }

  /** Returns a model that owns an embedder. */
  public static InprocEmbeddingModel of(TextEmbedder embedder) {
    return builder(embedder).build();
  }

  /** Returns a builder of a model over an embedder. */
  public static Builder builder(TextEmbedder embedder) {
    TextEmbedder queries = embedder.queries();
    TextEmbedder passages = embedder.passages();
    return new Builder(
        embedder,
        embedder.name(),
        embedder.dimensions(),
        TextEncoder.counted(queries, queries.counted()),
        TextEncoder.counted(passages, passages.counted()));
  }

  /**
   * Returns a builder of a model over any predictor, such as a deployment, or an embedder in layers
   * of the caller's. It embeds queries and passages alike, unless {@link Builder#passages} is
   * given. Responses carry no token counts, and the name {@code inproc} unless another is given.
   *
   * @param dimensions the length of each vector
   */
  public static Builder builder(Predictor<String, float[]> predictor, int dimensions) {
    if (dimensions < 1) {
      throw new IllegalArgumentException("dimensions: expected at least 1, got " + dimensions);
    }
    TextEncoder encoder = TextEncoder.uncounted(Objects.requireNonNull(predictor, "predictor"));
    return new Builder(predictor, "inproc", dimensions, encoder, encoder);
  }

  @Override
  public EmbeddingResponse call(EmbeddingRequest request) {
    InprocEmbeddingOptions options = resolved(request.getOptions(), null);
    return observed(request.getInstructions(), options);
  }

  @Override
  public float[] embed(String text) {
    Objects.requireNonNull(text, "text");
    if (registry.isNoop()) {
      return encoder(textRole).encode(text, callOptions);
    }
    return observed(List.of(text), resolved(null, null)).getResult().getOutput();
  }

  @Override
  public float[] embed(Document document) {
    String text = getEmbeddingContent(document);
    if (registry.isNoop()) {
      return passages.encode(text, callOptions);
    }
    return observed(List.of(text), resolved(null, TextRole.PASSAGE)).getResult().getOutput();
  }

  /**
   * Embeds documents as passages, batch after batch of the strategy. The engine needs no strategy:
   * it runs texts together by their lengths, whatever their number; a strategy of one batch is
   * enough and quickest.
   *
   * @throws IllegalArgumentException if the strategy loses, adds or reorders documents, or one has
   *     no text; then nothing has been embedded
   */
  @Override
  public List<float[]> embed(
      List<Document> documents,
      @Nullable EmbeddingOptions options,
      BatchingStrategy batchingStrategy) {
    Objects.requireNonNull(documents, "documents");
    List<List<Document>> batches = batchingStrategy.batch(documents);
    int count = batches.stream().mapToInt(List::size).sum();
    if (count != documents.size()) {
      throw new IllegalArgumentException(
          "The batching strategy "
              + batchingStrategy.getClass().getName()
              + " made batches of "
              + count
              + " documents in all, expected "
              + documents.size()
              + "; Spring AI 1.1's TokenCountBatchingStrategy merges equal documents");
    }
    requireOrder(documents, batches, batchingStrategy);
    List<List<String>> texts =
        batches.stream().map(b -> b.stream().map(this::getEmbeddingContent).toList()).toList();
    InprocEmbeddingOptions asPassages = resolved(options, TextRole.PASSAGE);
    List<float[]> vectors = new ArrayList<>(count);
    for (List<String> batch : texts) {
      observed(batch, asPassages).getResults().forEach(e -> vectors.add(e.getOutput()));
    }
    return vectors;
  }

  /** Vectors are matched to documents by position, and documents to batches by their ids. */
  private static void requireOrder(
      List<Document> documents, List<List<Document>> batches, BatchingStrategy strategy) {
    int index = 0;
    for (List<Document> batch : batches) {
      for (Document document : batch) {
        String expected = documents.get(index).getId();
        if (!expected.equals(document.getId())) {
          throw new IllegalArgumentException(
              "The batching strategy "
                  + strategy.getClass().getName()
                  + " must keep the documents in the order given: expected document "
                  + expected
                  + " at position "
                  + index
                  + ", got "
                  + document.getId());
        }
        index++;
      }
    }
  }

  /**
   * Returns what is embedded of a document: its text, with metadata by the metadata mode. Spring
   * AI's default formatter puts two line breaks before a text without metadata; they are left out.
   */
  @Override
  public String getEmbeddingContent(Document document) {
    Objects.requireNonNull(document, "document");
    String text = document.getText();
    if (text == null) {
      throw new IllegalArgumentException(
          "Document " + document.getId() + " has no text: expected text, got media");
    }
    boolean textAlone =
        metadataMode == MetadataMode.NONE
            && document.getContentFormatter() == Document.DEFAULT_CONTENT_FORMATTER;
    return textAlone ? text : document.getFormattedContent(metadataMode);
  }

  /** Returns the length of each vector, without a call. */
  @Override
  public int dimensions() {
    return dimensions;
  }

  /**
   * Closes the embedder, unless it is {@linkplain Builder#borrowed borrowed}: waits until accepted
   * calls have been answered, then frees the model. Idempotent. Spring calls it when it destroys
   * the bean.
   */
  @Override
  public void close() {
    close(0);
  }

  /** Closes each from this one on, whatever another throws. */
  private void close(int from) {
    if (from < owned.size()) {
      try {
        owned.get(from).close();
      } finally {
        close(from + 1);
      }
    }
  }

  @Override
  public String toString() {
    return "InprocEmbeddingModel[" + name + ", " + dimensions + " dimensions]";
  }

  /** Options with nothing left open but the dimensions, which only a request asks for. */
  private InprocEmbeddingOptions resolved(
      @Nullable EmbeddingOptions asked, @Nullable TextRole fixedRole) {
    InprocEmbeddingOptions own = asked instanceof InprocEmbeddingOptions o ? o : null;
    TextRole askedRole = own == null ? null : own.getRole();
    CallOptions askedCall = own == null ? null : own.getCallOptions();
    String model = asked == null ? null : asked.getModel();
    return InprocEmbeddingOptions.builder()
        .model(model == null || model.isBlank() ? name : model)
        .dimensions(asked == null ? null : asked.getDimensions())
        .role(fixedRole != null ? fixedRole : askedRole != null ? askedRole : textRole)
        .callOptions(askedCall != null ? askedCall : callOptions)
        .build();
  }

  private EmbeddingResponse observed(List<String> texts, InprocEmbeddingOptions options) {
    EmbeddingModelObservationContext context =
        EmbeddingModelObservationContext.builder()
            .embeddingRequest(new EmbeddingRequest(texts, options))
            .provider(AiProvider.ONNX.value())
            .build();
    return EmbeddingModelObservationDocumentation.EMBEDDING_MODEL_OPERATION
        .observation(convention, DEFAULT_CONVENTION, () -> context, registry)
        .observe(
            () -> {
              EmbeddingResponse response = answer(texts, options);
              context.setResponse(response);
              return response;
            });
  }

  private EmbeddingResponse answer(List<String> texts, InprocEmbeddingOptions options) {
    requireMet(options);
    for (int i = 0; i < texts.size(); i++) {
      Objects.requireNonNull(texts.get(i), "texts[" + i + "]");
    }
    TextRole role = Objects.requireNonNull(options.getRole());
    CallOptions call = Objects.requireNonNull(options.getCallOptions());
    TextEncoder.Encoded encoded = encoder(role).encodeAll(texts, call);
    List<float[]> vectors = encoded.vectors();
    return new EmbeddingResponse(
        IntStream.range(0, vectors.size()).mapToObj(i -> new Embedding(vectors.get(i), i)).toList(),
        new EmbeddingResponseMetadata(name, encoded.usage()));
  }

  private void requireMet(InprocEmbeddingOptions options) {
    if (!name.equals(options.getModel())) {
      throw new IllegalArgumentException(
          "EmbeddingOptions.model: expected "
              + name
              + " or nothing, got "
              + options.getModel()
              + "; this bean serves one model");
    }
    Integer asked = options.getDimensions();
    if (asked != null && asked != dimensions) {
      throw new IllegalArgumentException(
          "EmbeddingOptions.dimensions: expected "
              + dimensions
              + " or nothing, got "
              + asked
              + "; the model "
              + name
              + " answers with all its dimensions");
    }
  }

  private TextEncoder encoder(TextRole role) {
    return role == TextRole.QUERY ? queries : passages;
  }

  /** Collects what a model is built of. Not thread-safe. */
  public static final class Builder {
    private final List<Predictor<?, ?>> predictors = new ArrayList<>();
    private final int dimensions;
    private final TextEncoder queries;
    private String name;
    private TextEncoder passages;
    private boolean borrowed;
    private TextRole textRole = TextRole.QUERY;
    private MetadataMode metadataMode = MetadataMode.NONE;
    private CallOptions callOptions = CallOptions.DEFAULT;
    private ObservationRegistry registry = ObservationRegistry.NOOP;
    private EmbeddingModelObservationConvention convention = DEFAULT_CONVENTION;

    private Builder(
        Predictor<?, ?> predictor,
        String name,
        int dimensions,
        TextEncoder queries,
        TextEncoder passages) {
      predictors.add(predictor);
      this.name = name;
      this.dimensions = dimensions;
      this.queries = queries;
      this.passages = passages;
    }

    /** Sets the model's name in responses and observations. Default: the embedder's. */
    public Builder modelName(String modelName) {
      name = Objects.requireNonNull(modelName, "modelName");
      return this;
    }

    /**
     * Sets another predictor for passages, whose responses carry no token counts. The model owns it
     * as it owns the first.
     */
    public Builder passages(Predictor<String, float[]> predictor) {
      passages = TextEncoder.uncounted(Objects.requireNonNull(predictor, "predictor"));
      predictors.add(predictor);
      return this;
    }

    /** Sets the role of each text that comes as a string. Default: {@link TextRole#QUERY}. */
    public Builder textRole(TextRole role) {
      textRole = Objects.requireNonNull(role, "role");
      return this;
    }

    /**
     * Sets which metadata of a document is embedded with its text. Default: {@link
     * MetadataMode#NONE}.
     */
    public Builder metadataMode(MetadataMode mode) {
      metadataMode = Objects.requireNonNull(mode, "mode");
      return this;
    }

    /** Sets the options of each call that brings none of its own, such as a timeout. */
    public Builder callOptions(CallOptions options) {
      callOptions = Objects.requireNonNull(options, "options");
      return this;
    }

    /** Sets where requests are observed. Default: nowhere. */
    public Builder observationRegistry(ObservationRegistry observationRegistry) {
      registry = Objects.requireNonNull(observationRegistry, "observationRegistry");
      return this;
    }

    /** Sets how observations are named. Default: as Spring AI names them. */
    public Builder observationConvention(
        EmbeddingModelObservationConvention observationConvention) {
      convention = Objects.requireNonNull(observationConvention, "observationConvention");
      return this;
    }

    /** Leaves what the model embeds with open when the model is closed. */
    public Builder borrowed() {
      borrowed = true;
      return this;
    }

    /** Builds the model. */
    public InprocEmbeddingModel build() {
      return new InprocEmbeddingModel(this);
    }
  }
}
