package dev.inproc.inference.langchain4j;

import dev.inproc.inference.CallOptions;
import dev.inproc.inference.Predictor;
import dev.inproc.inference.metrics.LayerDescription;
import dev.inproc.inference.text.CrossEncoder;
import dev.inproc.inference.text.ScoredPair;
import dev.inproc.inference.text.TextModel;
import dev.inproc.inference.text.TextOptions;
import dev.inproc.inference.text.TextPair;
import dev.langchain4j.data.segment.TextSegment;
import dev.langchain4j.exception.UnsupportedFeatureException;
import dev.langchain4j.model.output.Response;
import dev.langchain4j.model.output.TokenUsage;
import dev.langchain4j.model.scoring.ScoringModel;
import dev.langchain4j.model.scoring.request.ScoringRequest;
import dev.langchain4j.model.scoring.response.ScoringResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.function.ToDoubleFunction;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/**
 * LangChain4j's scoring model over a {@link CrossEncoder}, or over any predictor from pairs to
 * scores. Any number of threads may share one; their calls run together in batches. A pair is the
 * query, then the text.
 *
 * <pre>{@code
 * try (InprocScoringModel model = InprocScoringModel.from(Path.of("models/ms-marco-minilm"))) {
 *   List<Double> scores = model.scoreAll(segments, "how do I reset my password?").content();
 * }
 * }</pre>
 *
 * <p>A score is the cross-encoder's; it grows with relevance. {@link #scoreAsync} blocks no thread,
 * and cancelling its future withdraws the pairs. It refuses a request for a model of another name.
 *
 * <p>The model owns the cross-encoder and closes it, unless the {@linkplain Builder#borrowed()
 * builder says otherwise}. Calls fail as calls of {@link InprocEmbeddingModel} do.
 */
public final class InprocScoringModel implements ScoringModel, AutoCloseable {
  private final Predictor<TextPair, ?> encoder;
  private final Predictor<TextPair, ?> toClose;
  private final ModelCalls<TextPair, ?, ScoringResponse> calls;
  private final String modelName;

  private <O> InprocScoringModel(Builder builder, Scores<O> scores) {
    Predictor<TextPair, O> view = builder.borrowed ? scores.predictor.borrowed() : scores.predictor;
    encoder = builder.encoder;
    toClose = builder.borrowed ? view : encoder;
    modelName = builder.modelName;
    calls = new ModelCalls<>(view, builder.options, answers -> scores.response(answers, modelName));
  }

  /** Loads the cross-encoder in a directory, as {@link TextModel#directory} reads it. */
  public static InprocScoringModel from(Path directory) {
    return of(CrossEncoder.load(TextModel.directory(directory)));
  }

  /** Loads the cross-encoder in a directory with these options. */
  public static InprocScoringModel from(Path directory, TextOptions options) {
    return of(CrossEncoder.load(TextModel.directory(directory), options));
  }

  /** Returns a model that owns a cross-encoder. */
  public static InprocScoringModel of(CrossEncoder encoder) {
    return builder(encoder).build();
  }

  /** Returns a builder of a model over a cross-encoder. */
  public static Builder builder(CrossEncoder encoder) {
    Objects.requireNonNull(encoder, "encoder");
    return new Builder(
        encoder,
        new Scores<>(encoder.counted(), ScoredPair::score, ScoredPair::tokens),
        encoder.name());
  }

  /** Returns a builder of a model over any predictor. Its responses have no token usage. */
  public static Builder builder(Predictor<TextPair, Float> predictor) {
    Objects.requireNonNull(predictor, "predictor");
    return new Builder(predictor, new Scores<>(predictor, Float::doubleValue, null), "inproc");
  }

  /**
   * What the answers of a predictor hold.
   *
   * @param predictor of pairs
   * @param score of an answer
   * @param tokens of an answer; null if not known
   */
  private record Scores<O>(
      Predictor<TextPair, O> predictor,
      ToDoubleFunction<O> score,
      @Nullable ToIntFunction<O> tokens) {

    ScoringResponse response(List<O> answers, String modelName) {
      List<Double> scores = new ArrayList<>(answers.size());
      int sum = 0;
      for (O answer : answers) {
        scores.add(score.applyAsDouble(answer));
        sum += tokens == null ? 0 : tokens.applyAsInt(answer);
      }
      return ScoringResponse.builder()
          .scores(scores)
          .modelName(modelName)
          .tokenUsage(tokens == null ? null : new TokenUsage(sum))
          .build();
    }
  }

  @Override
  public Response<List<Double>> scoreAll(List<TextSegment> segments, String query) {
    Objects.requireNonNull(query, "query");
    ScoringResponse response =
        calls.call(segments.stream().map(each -> new TextPair(query, each.text())).toList());
    return Response.from(response.scores(), response.tokenUsage());
  }

  /** Blocks no thread. Tokenizes the first pairs on the calling thread. */
  @Override
  public CompletableFuture<ScoringResponse> doScoreAsync(ScoringRequest request) {
    String wanted = request.modelName();
    if (wanted != null && !wanted.equals(modelName)) {
      return CompletableFuture.failedFuture(
          new UnsupportedFeatureException(
              "This model is " + modelName + ", the request is for " + wanted));
    }
    return calls.submit(
        request.documents().stream().map(each -> new TextPair(request.query(), each)).toList());
  }

  /** Returns the name in responses. */
  public String modelName() {
    return modelName;
  }

  /** Returns what the cross-encoder is and what its layers count. */
  public LayerDescription describe() {
    return encoder.describe();
  }

  /**
   * Closes the cross-encoder, if this model owns it: waits until accepted calls have been answered,
   * then frees the model. Idempotent.
   */
  @Override
  public void close() {
    toClose.close();
  }

  /**
   * Closes as {@link #close()} does, within a time.
   *
   * @return whether everything has been released
   * @see Predictor#close(Duration)
   */
  public boolean close(Duration timeout) {
    return toClose.close(timeout);
  }

  @Override
  public String toString() {
    return "InprocScoringModel(" + encoder + ")";
  }

  /** Sets up an {@link InprocScoringModel}. Not thread-safe. */
  public static final class Builder {
    private final Predictor<TextPair, ?> encoder;
    private final Scores<?> scores;
    private String modelName;
    private boolean borrowed;
    private CallOptions options = CallOptions.DEFAULT;

    private Builder(Predictor<TextPair, ?> encoder, Scores<?> scores, String name) {
      this.encoder = encoder;
      this.scores = scores;
      modelName = name;
    }

    /** Sets the name in responses, else the cross-encoder's. */
    public Builder modelName(String name) {
      modelName = Objects.requireNonNull(name, "modelName");
      return this;
    }

    /**
     * Has the model borrow the cross-encoder: closing the model refuses its later calls, and leaves
     * the cross-encoder open.
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

    /** Returns the model. */
    public InprocScoringModel build() {
      return new InprocScoringModel(this, scores);
    }
  }
}
