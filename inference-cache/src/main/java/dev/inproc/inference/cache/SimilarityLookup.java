package dev.inproc.inference.cache;

import dev.inproc.inference.cache.bound.HitGuarantee;
import dev.inproc.inference.cache.bound.Trial;
import dev.inproc.inference.cache.index.NearestIndex;
import dev.inproc.inference.cache.index.Neighbour;
import dev.inproc.inference.cache.index.Query;
import dev.inproc.inference.cache.index.Stored;
import dev.inproc.inference.cache.risk.RiskFeatures;
import dev.inproc.inference.cache.risk.ServingRule;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiPredicate;
import org.jspecify.annotations.Nullable;

/**
 * Looks a vector up, decides whether the nearest answer is served, audited or not used, and learns
 * from the model's answers. Runs the user's functions on the calling thread. A function that throws
 * forbids the hit; of a label it makes a wrong one. Thread-safe.
 */
final class SimilarityLookup<I, O> {
  private static final Logger LOG = System.getLogger("dev.inproc.inference.cache");

  /** How many neighbours tell of the risk. */
  private static final int NEIGHBOURS = 8;

  private static final double[] NO_FEATURES = {};

  private final SimilaritySettings<I, O> settings;
  private final Store<O> store;
  private final HitGuarantee guarantee;
  private final ServingRule rule;
  private final RiskAims aims;
  private final SimilarityCounter counts;
  private final AtomicBoolean isWarned = new AtomicBoolean();

  /** Made by the first vector, which tells the dimension. */
  private volatile @Nullable NearestIndex<SimilarEntry<I, O>> index;

  SimilarityLookup(
      SimilaritySettings<I, O> settings,
      Store<O> store,
      HitGuarantee guarantee,
      SimilarityCounter counts) {
    this.settings = settings;
    this.store = store;
    this.guarantee = guarantee;
    aims = new RiskAims(guarantee);
    rule = new ServingRule(RiskAims.of(settings.maxWrongShare), settings.riskFeatureCount);
    this.counts = counts;
  }

  /**
   * Returns the vector as the index takes it.
   *
   * @throws IllegalArgumentException if it has no direction or another length than the first one
   */
  Query query(float @Nullable [] vector) {
    if (vector == null) {
      throw new IllegalArgumentException("Expected a vector of the embedder, got null");
    }
    NearestIndex<SimilarEntry<I, O>> own = index;
    return own == null ? firstQuery(vector) : own.query(vector);
  }

  /** A vector that is refused does not tell the dimension. */
  private synchronized Query firstQuery(float[] vector) {
    NearestIndex<SimilarEntry<I, O>> own = index;
    if (own == null) {
      own = new NearestIndex<>(vector.length, new SecureRandom().nextLong());
    }
    Query query = own.query(vector);
    index = own;
    return query;
  }

  private NearestIndex<SimilarEntry<I, O>> index() {
    NearestIndex<SimilarEntry<I, O>> own = index;
    if (own == null) {
      throw new IllegalStateException("A query is made before it is used");
    }
    return own;
  }

  /**
   * Looks for a candidate and, if there is one, flips its coin. The candidate is the nearest entry
   * that no veto forbids; all others are as if they were not there, for the rule too.
   */
  Lookup<I, O> find(Query query, I request, @Nullable String scope) {
    List<Neighbour<SimilarEntry<I, O>>> near = live(index().nearest(scope, query, NEIGHBOURS));
    if (near.isEmpty()) {
      counts.missed(MissReason.NOTHING_NEAR);
      return Lookup.alone(query);
    }
    List<Neighbour<SimilarEntry<I, O>>> allowed = fromFirstAllowed(near, request);
    if (allowed.isEmpty()) {
      counts.missed(MissReason.VETO);
      return Lookup.alone(query);
    }
    SimilarEntry<I, O> nearest = allowed.get(0).entry();
    float similarity = allowed.get(0).cosine();
    RiskFeatures features = features(allowed, request);
    Trial trial = features != null && isServed(features) ? trial(features) : null;
    return new Lookup<>(query, nearest, similarity, features, trial);
  }

  private List<Neighbour<SimilarEntry<I, O>>> fromFirstAllowed(
      List<Neighbour<SimilarEntry<I, O>>> near, I request) {
    int first = 0;
    while (first < near.size() && isForbidden(request, near.get(first).entry().request)) {
      first++;
    }
    return near.subList(first, near.size());
  }

  /** Entries that were invalidated, evicted or expired may be in the index for a moment. */
  private List<Neighbour<SimilarEntry<I, O>>> live(List<Neighbour<SimilarEntry<I, O>>> near) {
    List<Neighbour<SimilarEntry<I, O>>> live = new ArrayList<>(near.size());
    for (Neighbour<SimilarEntry<I, O>> each : near) {
      if (each.entry().isIn(store)) {
        live.add(each);
      }
    }
    return live;
  }

  private boolean isServed(RiskFeatures features) {
    if (rule.serves(features, aims.now())) {
      return true;
    }
    boolean isLearning = rule.labels() < ServingRule.LABELS_BEFORE_SERVING;
    counts.missed(isLearning ? MissReason.LEARNING : MissReason.TOO_RISKY);
    return false;
  }

  private @Nullable Trial trial(RiskFeatures features) {
    Trial trial = guarantee.begin(rule.risk(features));
    if (trial == null) {
      counts.missed(MissReason.NO_ROOM);
    } else if (trial.isAudit()) {
      counts.missed(MissReason.AUDIT);
    }
    return trial;
  }

  private boolean isForbidden(I request, I cached) {
    for (BiPredicate<? super I, ? super I> veto : settings.vetoes) {
      try {
        if (veto.test(request, cached)) {
          return true;
        }
      } catch (RuntimeException e) {
        warn("A veto", e);
        return true;
      }
    }
    return false;
  }

  private @Nullable RiskFeatures features(List<Neighbour<SimilarEntry<I, O>>> near, I request) {
    SimilarEntry<I, O> nearest = near.get(0).entry();
    double[] similarities = new double[near.size()];
    boolean[] agrees = new boolean[near.size()];
    try {
      for (int i = 0; i < similarities.length; i++) {
        Neighbour<SimilarEntry<I, O>> each = near.get(i);
        similarities[i] = each.cosine();
        agrees[i] = i == 0 || isEquivalent(nearest.answer(), each.entry().answer());
      }
      RiskFunction<I> function = settings.riskFeatures;
      double[] own = function == null ? NO_FEATURES : function.features(request, nearest.request);
      if (own.length != settings.riskFeatureCount) {
        throw new IllegalStateException(
            "Expected "
                + settings.riskFeatureCount
                + " risk features, as withRiskFeatures says, got "
                + own.length);
      }
      return RiskFeatures.of(
          similarities, agrees, nearest.confirmed.get(), nearest.contradicted.get(), own);
    } catch (RuntimeException e) {
      warn("The risk features or the equivalence", e);
      counts.missed(MissReason.TOO_RISKY);
      return null;
    }
  }

  /**
   * Learns from the model's answer to a request that was looked up, and puts it into the index.
   *
   * @param key the request's, as the store has it
   * @param answer not handed out yet to a caller that could change it
   */
  void learn(Lookup<I, O> lookup, Object key, I request, @Nullable String scope, O answer) {
    SimilarEntry<I, O> nearest = lookup.nearest();
    if (nearest != null) {
      label(lookup, nearest, answer);
    }
    Query query = lookup.query();
    if (query != null) {
      index(query, key, request, scope);
    }
  }

  private void label(Lookup<I, O> lookup, SimilarEntry<I, O> nearest, O answer) {
    boolean wrong = true;
    try {
      wrong = !isEquivalent(nearest.answer(), answer);
    } catch (RuntimeException e) {
      warn("The equivalence", e);
    } finally {
      label(lookup, nearest, wrong);
    }
  }

  /** An audit that will never have an answer counts as wrong. */
  void lost(Lookup<I, O> lookup) {
    Trial trial = lookup.trial();
    if (trial != null) {
      trial.audited(true);
    }
  }

  private void label(Lookup<I, O> lookup, SimilarEntry<I, O> nearest, boolean wrong) {
    Trial trial = lookup.trial();
    if (trial != null) {
      trial.audited(wrong);
    }
    RiskFeatures features = lookup.features();
    if (features != null) {
      rule.learn(features, wrong, trial == null ? 1 : 1 / trial.auditProbability());
    }
    nearest.found(wrong);
  }

  private boolean isEquivalent(O one, O other) {
    return settings.equivalence.test(one, other);
  }

  /** Puts an answer of the model into the index, once, while the store has it. */
  private void index(Query query, Object key, I request, @Nullable String scope) {
    CacheEntry<O> kept = store.peek(key);
    if (kept == null || !kept.claimIndexing()) {
      return;
    }
    NearestIndex<SimilarEntry<I, O>> own = index();
    Stored<SimilarEntry<I, O>> stored =
        own.insert(scope, query, new SimilarEntry<>(key, request, kept));
    kept.whenGone(() -> own.remove(stored));
  }

  /** Returns the risk up to which requests are served now; 0 if none is. */
  double riskThreshold() {
    return rule.threshold(aims.now());
  }

  long indexBytes() {
    NearestIndex<SimilarEntry<I, O>> own = index;
    return own == null ? 0 : own.bytes();
  }

  long indexed() {
    NearestIndex<SimilarEntry<I, O>> own = index;
    return own == null ? 0 : own.size();
  }

  /** Tells once what a function of the user threw, since it may do so with each request. */
  void warn(String what, Throwable failure) {
    if (isWarned.compareAndSet(false, true)) {
      LOG.log(Level.WARNING, what + " of a similarity cache failed; the model answers", failure);
    }
  }
}
