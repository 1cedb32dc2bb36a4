package dev.inproc.inference.cache;

import dev.inproc.inference.Answer;
import dev.inproc.inference.Predictor;
import dev.inproc.inference.cache.bound.Coins;
import dev.inproc.inference.cache.bound.HitAccount;
import dev.inproc.inference.cache.streams.FunctionPredictor;
import dev.inproc.inference.cache.streams.StreamRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Sends a stream of requests through the similarity cache, one at a time, and counts what came of
 * them. The model and the embedder know each request's answer and vector; all else is the
 * production code, but for coins from a seed.
 */
public final class StreamRun {
  /** A request as the cache sees it: equal texts are equal requests. */
  private static final class Question {
    private final StreamRequest request;

    Question(StreamRequest request) {
      this.request = request;
    }

    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof Question that && request.text().equals(that.request.text());
    }

    @Override
    public int hashCode() {
      return request.text().hashCode();
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

  /** Prepares a run with the largest share of wrong hits and a seed for the coins. */
  public StreamRun(double maxWrongShare, double errorProbability, long seed) {
    caching =
        SimilarityCaching.<Question, String>of(
                1_000_000,
                new FunctionPredictor<Question, float[]>(question -> question.request.vector()),
                AnswerEquivalence.equal())
            .withAnswers(String.class)
            .withMaxWrongShare(maxWrongShare)
            .withErrorProbability(errorProbability);
    random = new SplittableRandom(seed);
  }

  /** Sends all. */
  public Result of(Iterable<StreamRequest> stream) {
    var requests = stream.iterator();
    return of(lastWasHit -> requests.hasNext() ? requests.next() : null);
  }

  /**
   * Sends what the source returns until it returns null.
   *
   * @param source is told whether the last request was a hit
   */
  public Result of(Function<Boolean, @Nullable StreamRequest> source) {
    Coins coins = probability -> random.nextDouble() < probability;
    var predictor =
        (SimilarityPredictor<Question, String>)
            caching.adapt(new FunctionPredictor<Question, String>(q -> q.request.answer()), coins);
    try (Predictor<Question, Answer<String>> answers = predictor.answers()) {
      boolean isHit = false;
      for (StreamRequest r = source.apply(false); r != null; r = source.apply(isHit)) {
        Answer<String> answer = answers.predict(new Question(r));
        requests++;
        isHit = answer.source() == Answer.Source.SIMILARITY_CACHE;
        if (isHit) {
          count(!answer.value().equals(r.answer()), predictor.account());
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
}
