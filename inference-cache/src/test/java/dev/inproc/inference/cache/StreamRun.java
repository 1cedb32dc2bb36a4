package dev.inproc.inference.cache;

import dev.inproc.inference.Answer;
import dev.inproc.inference.CallOptions;
import dev.inproc.inference.Predictor;
import dev.inproc.inference.cache.bound.Coins;
import dev.inproc.inference.cache.bound.HitAccount;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Sends a stream of requests through the similarity cache, one at a time, and counts what came of
 * them. The model and the embedder know each request's answer and vector; all else is the
 * production code, but for coins from a seed.
 */
public final class StreamRun {
  /** A request of a stream. Equal texts are equal requests. */
  public static final class Question {
    final String text;
    final String answer;
    final float[] vector;

    /** Creates one. */
    public Question(String text, String answer, float[] vector) {
      this.text = text;
      this.answer = answer;
      this.vector = vector;
    }

    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof Question that && text.equals(that.text);
    }

    @Override
    public int hashCode() {
      return text.hashCode();
    }
  }

  /**
   * What came of a run.
   *
   * @param requests how many were sent
   * @param hits answered with the answer of a similar request
   * @param wrong hits that the model would have answered otherwise
   * @param lateHits the hits of the last {@link #LATE}, at most
   * @param lateWrong the wrong ones among these
   * @param audits requests that could have been hits, for which the model ran
   * @param certifiedAtHit the hits when the cache was certified; -1 if it never was
   * @param worstExcess the largest wrong - allowance - delta * hits at any moment
   * @param worstRatioAfterCertified the largest wrong / hits after certification
   * @param violations moments after certification with wrong above delta * hits, and moments with
   *     wrong above allowance + delta * hits
   * @param embedMicros the mean time of an embedding, microseconds
   * @param lookupMicros the mean time of a look-up, microseconds
   */
  public record Result(
      long requests,
      long hits,
      long wrong,
      long lateHits,
      long lateWrong,
      long audits,
      long certifiedAtHit,
      double worstExcess,
      double worstRatioAfterCertified,
      long violations,
      double embedMicros,
      double lookupMicros) {}

  /** How many of the last hits are counted apart. */
  static final int LATE = 2_000;

  private final SimilarityCaching<Question, String> caching;
  private final SplittableRandom random;
  private long requests;
  private long hits;
  private long wrong;
  private double worstExcess = Double.NEGATIVE_INFINITY;
  private double worstRatio;
  private long violations;
  private final List<Boolean> outcomes = new ArrayList<>();

  /** Prepares a run with these settings and a seed for the coins. */
  public StreamRun(UnarySettings settings, long seed) {
    caching =
        settings.apply(
            SimilarityCaching.<Question, String>of(
                    1_000_000, new Known<>(question -> question.vector), AnswerEquivalence.equal())
                .withAnswers(String.class));
    random = new SplittableRandom(seed);
  }

  /** Changes the settings of a run. */
  public interface UnarySettings
      extends Function<SimilarityCaching<Question, String>, SimilarityCaching<Question, String>> {}

  /** Sends all. */
  public Result of(Iterable<Question> stream) {
    var questions = stream.iterator();
    return of(lastWasHit -> questions.hasNext() ? questions.next() : null);
  }

  /**
   * Sends what the source returns until it returns null.
   *
   * @param source is told whether the last request was a hit
   */
  public Result of(Function<Boolean, @Nullable Question> source) {
    Coins coins = probability -> random.nextDouble() < probability;
    var predictor =
        (SimilarityPredictor<Question, String>)
            caching.adapt(new Known<>(question -> question.answer), coins);
    try (Predictor<Question, Answer<String>> answers = predictor.answers()) {
      boolean isHit = false;
      for (Question q = source.apply(false); q != null; q = source.apply(isHit)) {
        Answer<String> answer = answers.predict(q);
        requests++;
        isHit = answer.source() == Answer.Source.SIMILARITY_CACHE;
        if (isHit) {
          count(!answer.value().equals(q.answer), predictor.account());
        }
      }
      return result(predictor);
    }
  }

  private void count(boolean isWrong, HitAccount account) {
    hits++;
    wrong += isWrong ? 1 : 0;
    outcomes.add(isWrong);
    double share = caching.maxWrongShare() * hits;
    double excess = wrong - caching.allowance() - share;
    worstExcess = Math.max(worstExcess, excess);
    boolean isCertified = account.certifiedAtHit() >= 0;
    if (isCertified) {
      worstRatio = Math.max(worstRatio, (double) wrong / hits);
    }
    if (excess > 0 || (isCertified && wrong > share)) {
      violations++;
    }
  }

  private Result result(SimilarityPredictor<Question, String> predictor) {
    SimilarityMetrics metrics = predictor.similarityMetrics();
    if (metrics.hits() != hits) {
      throw new IllegalStateException("Counted " + hits + " hits, the cache " + metrics.hits());
    }
    List<Boolean> late = outcomes.subList(Math.max(0, outcomes.size() - LATE), outcomes.size());
    return new Result(
        requests,
        hits,
        wrong,
        late.size(),
        late.stream().filter(isWrong -> isWrong).count(),
        metrics.audits(),
        metrics.certifiedAtHit(),
        worstExcess,
        worstRatio,
        violations,
        metrics.embeddingTime().mean() / 1e3,
        metrics.lookupTime().mean() / 1e3);
  }

  /** A predictor that answers from the question itself. */
  private record Known<O>(Function<Question, O> answer) implements Predictor<Question, O> {
    @Override
    public O predict(Question input, CallOptions options) {
      return answer.apply(input);
    }

    @Override
    public CompletableFuture<O> submit(Question input, CallOptions options) {
      return CompletableFuture.completedFuture(answer.apply(input));
    }

    @Override
    public List<O> predictAll(List<Question> inputs, CallOptions options) {
      return inputs.stream().map(answer).toList();
    }

    @Override
    public void close() {}
  }
}
