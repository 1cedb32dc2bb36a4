package dev.inproc.inference.cache;

import dev.inproc.inference.AnswerFacts;
import dev.inproc.inference.CallOptions;
import dev.inproc.inference.CallOptions.CacheMode;
import dev.inproc.inference.InferenceInterruptedException;
import dev.inproc.inference.cache.index.Query;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The steps that calls of a similarity cache are made of, by whatever method they came. */
final class SimilarSteps<I, O> {
  private final SimilaritySettings<I, O> settings;
  private final ExactCache<I, O> exact;
  private final AnswerIsolation answers;
  private final SimilarityLookup<I, O> lookups;
  private final AuditRuns<I, O> audits;
  private final SimilarityCounter counts;

  SimilarSteps(
      SimilaritySettings<I, O> settings,
      ExactCache<I, O> exact,
      SimilarityLookup<I, O> lookups,
      AuditRuns<I, O> audits,
      SimilarityCounter counts) {
    this.settings = settings;
    this.exact = exact;
    this.lookups = lookups;
    this.audits = audits;
    this.counts = counts;
    answers = Objects.requireNonNull(settings.answers, "answers");
  }

  ExactCache<I, O> exact() {
    return exact;
  }

  /** Whether the exact cache has the answer or will have it soon. */
  boolean isExact(Object key, CallOptions options) {
    return options.cacheMode() != CacheMode.REFRESH
        && (exact.store().holds(key) || exact.isUnderWay(key));
  }

  /** Returns the request's vector; null if the embedder failed, and the model is to answer. */
  @Nullable Query embed(I input, CallOptions options) {
    long start = System.nanoTime();
    float[] vector;
    try {
      vector = settings.embedding.embed(input, options);
    } catch (RuntimeException e) {
      return notEmbedded(e);
    }
    return query(vector, start);
  }

  @Nullable Query query(float @Nullable [] vector, long start) {
    counts.embedded(System.nanoTime() - start, 1);
    return checked(vector);
  }

  private @Nullable Query checked(float @Nullable [] vector) {
    try {
      return lookups.query(vector);
    } catch (IllegalArgumentException e) {
      return notEmbedded(e);
    }
  }

  /** An interrupted caller wants no answer; all else is the embedder's failure, not the call's. */
  @Nullable Query notEmbedded(Throwable failure) {
    if (failure instanceof InferenceInterruptedException interrupted) {
      throw interrupted;
    }
    if (failure instanceof Error error) {
      throw error;
    }
    counts.missed(MissReason.NOT_EMBEDDED);
    lookups.warn("The embedder", failure);
    return null;
  }

  /** Looks up and, if there is a candidate, flips its coin. */
  Lookup<I, O> find(Query query, I input, CallOptions options) {
    if (options.cacheMode() == CacheMode.REFRESH) {
      return Lookup.alone(query);
    }
    long start = System.nanoTime();
    Lookup<I, O> found = lookups.find(query, input, options.cacheScope());
    counts.lookup.record(System.nanoTime() - start);
    return found;
  }

  O hit(Lookup<I, O> found, SimilarEntry<I, O> hit, CallOptions options) {
    O own = isolated(hit);
    tell(found, hit, options);
    counted(found, hit);
    return own;
  }

  void tell(Lookup<I, O> found, SimilarEntry<I, O> hit, CallOptions options) {
    AnswerFacts facts = AnswerFacts.of(options);
    if (facts != null) {
      facts.similarity(Math.max(0, found.similarity()));
      if (settings.tellsRequests) {
        facts.similarTo(Keys.copied(hit.request, hit.key));
      }
    }
  }

  void counted(Lookup<I, O> found, SimilarEntry<I, O> hit) {
    Objects.requireNonNull(found.trial()).delivered();
    counts.served(hit.kept.runNanos);
    var unused = exact.store().get(hit.key); // the entry is in use
  }

  /** Learns from the model's answer to a request, which enters the index. */
  void learn(Lookup<I, O> found, Object key, I input, CallOptions options, O answer) {
    lookups.learn(found, key, input, options.cacheScope(), answer);
  }

  /** Returns the vectors of requests, each null where it has none. */
  List<@Nullable Query> embedAll(List<I> inputs, CallOptions options) {
    List<@Nullable Query> queries = new ArrayList<>(inputs.size());
    long start = System.nanoTime();
    List<float[]> vectors;
    try {
      vectors = settings.embedding.embedAll(inputs, options);
      if (vectors.size() != inputs.size()) {
        throw new IllegalStateException(
            "Expected " + inputs.size() + " vectors of the embedder, got " + vectors.size());
      }
    } catch (RuntimeException e) {
      inputs.forEach(input -> queries.add(notEmbedded(e)));
      return queries;
    }
    counts.embedded(System.nanoTime() - start, inputs.size());
    for (float[] vector : vectors) {
      queries.add(checked(vector));
    }
    return queries;
  }

  /** Returns the answer of a hit for a caller alone. */
  O isolated(SimilarEntry<I, O> hit) {
    return answers.isolate(hit.answer());
  }

  /** The call has no answer: goes on with its audit, if it was one. */
  void failed(Lookup<I, O> found, Object key, I input, CallOptions options) {
    audits.goOn(found, key, input, options);
  }
}
