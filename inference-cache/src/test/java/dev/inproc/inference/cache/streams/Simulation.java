package dev.inproc.inference.cache.streams;

import dev.inproc.inference.cache.risk.RiskFeatures;
import dev.inproc.inference.cache.risk.ServingRule;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * A similarity cache without a bound, on one thread: it shows how many hits a rule gives and how
 * many are wrong. Equal requests are exact hits and left out. An answer that was a hit is not kept.
 */
public final class Simulation {
  private static final int NEIGHBOURS = 8;

  private final double audited;
  private final SplittableRandom coins;
  private final @Nullable ServingRule rule;
  private final double fixed;
  private @Nullable FlatIndex index;
  private final List<StreamRequest> entries = new ArrayList<>();
  private final List<int[]> evidence = new ArrayList<>();
  private final Set<String> kept = new HashSet<>();
  private final List<Boolean> hits = new ArrayList<>();
  private int wrong;
  private int audits;
  private int exact;
  private int firstHitAt = -1;
  private int requests;

  private Simulation(@Nullable ServingRule rule, double fixed, double audited, long seed) {
    this.rule = rule;
    this.fixed = fixed;
    this.audited = audited;
    coins = new SplittableRandom(seed);
  }

  public static Simulation of(ServingRule rule, double audited, long seed) {
    return new Simulation(rule, 0, audited, seed);
  }

  /** Returns one that serves from a cosine on, with as many audits as one with a rule. */
  public static Simulation threshold(double cosine, double audited, long seed) {
    return new Simulation(null, cosine, audited, seed);
  }

  public Simulation run(Iterable<StreamRequest> stream) {
    stream.forEach(this::request);
    return this;
  }

  /** What came of a request. */
  public enum Outcome {
    EXACT,
    MISS,
    AUDIT,
    HIT,
    WRONG_HIT
  }

  public Outcome request(StreamRequest request) {
    requests++;
    if (kept.contains(request.text())) {
      exact++;
      return Outcome.EXACT;
    }
    if (index == null) {
      index = new FlatIndex(request.vector().length);
    }
    long[] sketch = index.sketch(request.vector());
    if (index.size() == 0) {
      keep(request, sketch);
      return Outcome.MISS;
    }
    FlatIndex.Nearest near = index.nearest(request.vector(), sketch, NEIGHBOURS);
    int source = near.entries()[0];
    boolean isWrong = !entries.get(source).answer().equals(request.answer());
    RiskFeatures features = features(near);
    boolean candidate = rule == null ? near.cosines()[0] >= fixed : rule.serves(features, 0);
    if (candidate && coins.nextDouble() >= audited) {
      firstHitAt = firstHitAt < 0 ? requests : firstHitAt;
      hits.add(isWrong);
      wrong += isWrong ? 1 : 0;
      return isWrong ? Outcome.WRONG_HIT : Outcome.HIT;
    }
    if (rule != null) {
      rule.learn(features, isWrong, candidate ? 1 / audited : 1);
    }
    evidence.get(source)[isWrong ? 1 : 0]++;
    audits += candidate ? 1 : 0;
    keep(request, sketch);
    return candidate ? Outcome.AUDIT : Outcome.MISS;
  }

  private RiskFeatures features(FlatIndex.Nearest near) {
    int source = near.entries()[0];
    boolean[] agrees = new boolean[near.entries().length];
    for (int i = 0; i < agrees.length; i++) {
      agrees[i] = entries.get(near.entries()[i]).answer().equals(entries.get(source).answer());
    }
    int[] seen = evidence.get(source);
    return RiskFeatures.of(near.cosines(), agrees, seen[0], seen[1]);
  }

  private void keep(StreamRequest request, long[] sketch) {
    index.add(request.vector(), sketch);
    entries.add(request);
    evidence.add(new int[2]);
    kept.add(request.text());
  }

  public int hits() {
    return hits.size();
  }

  public int exact() {
    return exact;
  }

  public int wrong() {
    return wrong;
  }

  /** Returns the share of wrong ones among the hits. */
  public double wrongShare() {
    return hits.isEmpty() ? 0 : (double) wrong / hits.size();
  }

  /** Returns the share of wrong ones among the last hits. */
  public double wrongShareOfLast(int n) {
    List<Boolean> last = hits.subList(Math.max(0, hits.size() - n), hits.size());
    return last.isEmpty() ? 0 : (double) last.stream().filter(w -> w).count() / last.size();
  }

  @Override
  public String toString() {
    return String.format(
        "requests %d, exact %d, entries %d, first hit at %d, hits %d, wrong %.3f %%, last 2000 %.3f %%, audits %d",
        requests,
        exact,
        entries.size(),
        firstHitAt,
        hits.size(),
        100 * wrongShare(),
        100 * wrongShareOfLast(2000),
        audits);
  }
}
