package dev.inproc.inference.langchain4j;

import dev.inproc.inference.CallOptions;
import dev.inproc.inference.Predictor;
import dev.inproc.inference.text.EmbeddedText;
import dev.inproc.inference.text.TextEmbedder;
import dev.langchain4j.data.embedding.Embedding;
import dev.langchain4j.model.embedding.response.EmbeddingResponse;
import dev.langchain4j.model.output.TokenUsage;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/**
 * The predictors of one embedding model, one for each input type, and what their answers hold.
 *
 * @param plain for texts without an input type
 * @param queries adds the prefix of queries
 * @param documents adds the prefix of passages
 * @param vector of an answer
 * @param tokens of an answer; null if not known
 * @param dimensions the length of each vector
 */
record EmbeddingViews<O>(
    Predictor<String, O> plain,
    Predictor<String, O> queries,
    Predictor<String, O> documents,
    Function<O, float[]> vector,
    @Nullable ToIntFunction<O> tokens,
    int dimensions) {

  static EmbeddingViews<EmbeddedText> of(TextEmbedder embedder) {
    return new EmbeddingViews<>(
        embedder.counted(),
        embedder.queries().counted(),
        embedder.passages().counted(),
        EmbeddedText::vector,
        EmbeddedText::tokens,
        embedder.dimensions());
  }

  static EmbeddingViews<float[]> of(Predictor<String, float[]> predictor, int dimensions) {
    if (dimensions < 1) {
      throw new IllegalArgumentException("dimensions must be at least 1, got " + dimensions);
    }
    return new EmbeddingViews<>(
        predictor, predictor, predictor, vector -> vector, null, dimensions);
  }

  EmbeddingViews<O> borrowed() {
    return new EmbeddingViews<>(
        plain.borrowed(), queries.borrowed(), documents.borrowed(), vector, tokens, dimensions);
  }

  List<Predictor<String, O>> all() {
    return List.of(plain, queries, documents);
  }

  ModelCalls<String, O, EmbeddingResponse> calls(
      Predictor<String, O> view, CallOptions options, String modelName) {
    return new ModelCalls<>(view, options, answers -> response(answers, modelName));
  }

  private EmbeddingResponse response(List<O> answers, String modelName) {
    List<Embedding> embeddings = new ArrayList<>(answers.size());
    int sum = 0;
    for (O answer : answers) {
      float[] values = vector.apply(answer);
      if (values.length != dimensions) {
        throw new IllegalStateException(
            "Expected vectors of " + dimensions + " values, the predictor gave " + values.length);
      }
      embeddings.add(new Embedding(values));
      sum += tokens == null ? 0 : tokens.applyAsInt(answer);
    }
    return EmbeddingResponse.builder()
        .embeddings(embeddings)
        .modelName(modelName)
        .tokenUsage(tokens == null ? null : new TokenUsage(sum))
        .build();
  }
}
