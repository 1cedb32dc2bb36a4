package dev.inproc.inference.cache;

import dev.inproc.inference.metrics.Figure;
import dev.inproc.inference.metrics.Histogram;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A similarity cache's figures since it was made. Immutable.
 *
 * @param exactHits requests answered with the answer of an equal request
 * @param hits requests answered with the answer of a similar request
 * @param audits requests that could have been hits, for which the model ran
 * @param auditedWrong audits that found that the hit would have been wrong, or that got no answer
 * @param openAudits audits under way; each counts as wrong in {@code bound}
 * @param bound the most wrong hits, with the probability that was promised
 * @param allowed the wrong hits that the promise allows now
 * @param certifiedAtHit the number of hits when the cache was certified; -1 before
 * @param serving whether the promise leaves room for a hit
 * @param auditProbability the share of candidates that is audited now
 * @param epoch the number of the epoch, from 1 on
 * @param epochHits the hits of this epoch
 * @param epochBound the most wrong hits of this epoch
 * @param riskThreshold the risk up to which the cache serves; 0 while it serves nothing
 * @param misses requests that had the model run, by reason
 * @param entries entries in the index now
 * @param indexBytes what the index occupies, without requests and answers
 * @param embeddingTime nanoseconds that an embedding took; of a list, each one's part
 * @param lookupTime nanoseconds that a look-up took, decision included
 * @param embedding the time of all embeddings
 * @param timeSaved the model's time that hits did not need: for each, that of the run that found
 *     its answer
 */
public record SimilarityMetrics(
    long exactHits,
    long hits,
    long audits,
    long auditedWrong,
    int openAudits,
    long bound,
    double allowed,
    long certifiedAtHit,
    boolean serving,
    double auditProbability,
    int epoch,
    long epochHits,
    long epochBound,
    double riskThreshold,
    Map<MissReason, Long> misses,
    long entries,
    long indexBytes,
    Histogram embeddingTime,
    Histogram lookupTime,
    Duration embedding,
    Duration timeSaved) {

  /** Copies the map. */
  public SimilarityMetrics {
    misses = Map.copyOf(misses);
  }

  /** Returns whether the cache is certified. */
  public boolean isCertified() {
    return certifiedAtHit >= 0;
  }

  /** Returns these as figures. */
  List<Figure> figures() {
    List<Figure> all = new ArrayList<>();
    all.add(new Figure.Info("promise", isCertified() ? "certified" : "with allowance"));
    all.add(new Figure.Info("switched", serving ? "on" : "off: no room for wrong hits"));
    all.add(Figure.counter("hits.exact", "call", exactHits));
    all.add(Figure.counter("hits.similar", "call", hits));
    all.add(Figure.counter("audits", "call", audits));
    all.add(Figure.counter("audits.wrong", "call", auditedWrong));
    all.add(Figure.gauge("audits.open", "call", openAudits));
    all.add(Figure.gauge("audit.probability", "share", auditProbability));
    all.add(Figure.gauge("wrong.bound", "call", (double) bound));
    all.add(Figure.gauge("wrong.allowed", "call", allowed));
    all.add(Figure.gauge("certified.hits", "call", (double) certifiedAtHit));
    all.add(Figure.gauge("epoch", "epoch", epoch));
    all.add(Figure.gauge("epoch.hits", "call", (double) epochHits));
    all.add(Figure.gauge("epoch.wrong.bound", "call", (double) epochBound));
    all.add(Figure.gauge("risk.threshold", "share", riskThreshold));
    for (MissReason reason : MissReason.values()) {
      long count = misses.getOrDefault(reason, 0L);
      all.add(new Figure.Counter("misses", Map.of("reason", reason.label()), "call", count));
    }
    all.add(Figure.gauge("index.entries", "entry", (double) entries));
    all.add(Figure.gauge("memory.index", "byte", (double) indexBytes));
    all.add(Figure.Spread.seconds("embedding.time", embeddingTime));
    all.add(Figure.Spread.seconds("lookup.time", lookupTime));
    all.add(Figure.gauge("time.saved", "second", timeSaved.toNanos() / 1e9));
    return all;
  }
}
