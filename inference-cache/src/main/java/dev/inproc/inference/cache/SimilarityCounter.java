package dev.inproc.inference.cache;

import dev.inproc.inference.cache.bound.HitAccount;
import dev.inproc.inference.metrics.HistogramRecorder;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/** What a similarity cache counts as calls come. Thread-safe. */
final class SimilarityCounter {
  private final Map<MissReason, LongAdder> misses = new EnumMap<>(MissReason.class);
  private final LongAdder savedNanos = new LongAdder();
  final LongAdder embeddingNanos = new LongAdder();
  final HistogramRecorder embedding = new HistogramRecorder();
  final HistogramRecorder lookup = new HistogramRecorder();

  SimilarityCounter() {
    for (MissReason reason : MissReason.values()) {
      misses.put(reason, new LongAdder());
    }
  }

  void missed(MissReason reason) {
    missed(reason, 1);
  }

  void missed(MissReason reason, int requests) {
    LongAdder count = misses.get(reason);
    if (count != null) {
      count.add(requests);
    }
  }

  void embedded(long nanos, int requests) {
    embeddingNanos.add(nanos);
    embedding.record(nanos / requests, requests);
  }

  void served(long runNanos) {
    savedNanos.add(runNanos);
  }

  SimilarityMetrics snapshot(
      CachingMetrics exact, HitAccount account, double riskThreshold, long entries, long bytes) {
    Map<MissReason, Long> reasons = new EnumMap<>(MissReason.class);
    misses.forEach((reason, count) -> reasons.put(reason, count.sum()));
    return new SimilarityMetrics(
        exact.hits(),
        account.hits(),
        account.audits(),
        account.auditedWrong(),
        account.openAudits(),
        account.bound(),
        account.allowed(),
        account.certifiedAtHit(),
        account.hasRoom(),
        account.auditProbability(),
        account.epoch(),
        account.epochHits(),
        account.epochBound(),
        riskThreshold,
        reasons,
        entries,
        bytes,
        embedding.snapshot(),
        lookup.snapshot(),
        Duration.ofNanos(embeddingNanos.sum()),
        Duration.ofNanos(savedNanos.sum()));
  }
}
