package dev.inproc.inference.cache;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.cache.streams.Adversary;
import dev.inproc.inference.cache.streams.ClusterStream;
import dev.inproc.inference.cache.streams.Simulation;
import dev.inproc.inference.cache.streams.StreamRequest;
import dev.inproc.inference.cache.streams.TextStream;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/** Whole streams through the similarity cache: it keeps its promise, and it has hits. */
class PromiseOnStreamsTest {
  private static final double SHARE = 0.05;

  private static StreamRun run(long seed) {
    return new StreamRun(SHARE, 0.05, seed);
  }

  /** Returns the most hits of a fixed threshold whose share of wrong ones is no larger. */
  private static int bestThreshold(List<StreamRequest> stream, double wrongShare) {
    int most = 0;
    for (int i = 0; i < 12; i++) {
      Simulation fixed = Simulation.threshold(0.99 - 0.02 * i, 0.05, 5).run(stream);
      if (fixed.wrongShare() <= wrongShare) {
        most = Math.max(most, fixed.hits());
      }
    }
    return most;
  }

  @Test
  void clusters_areServedWithinThePromise() {
    StreamRun.Result result = run(1).of(ClusterStream.of(4, 6_000).generate());
    System.out.println(result);
    assertEquals(0, result.violations(), result.toString());
    assertTrue(result.hits() > 1_500, result.toString());
    assertTrue(result.certifiedAtHit() > 0, result.toString());
  }

  @Test
  void driftHalfWay_leavesTheLastHitsWithinTwiceTheShare() {
    List<StreamRequest> stream = ClusterStream.of(5, 8_000).withDrift().generate();
    StreamRun.Result result = run(2).of(stream);
    System.out.println(result);
    assertEquals(0, result.violations(), result.toString());
    assertTrue(result.lateHits() > 1_000, result.toString());
    assertTrue(result.lateWrong() <= 2 * SHARE * result.lateHits(), result.toString());
  }

  @Test
  void repeats_areExactHits_andThePromiseHoldsForTheRest() {
    List<StreamRequest> stream = TextStream.of(2, 15_000).withRepeats(0.9).generate();
    StreamRun.Result result = run(3).of(stream);
    System.out.println(result);
    assertEquals(0, result.violations(), result.toString());
    assertTrue(result.hits() < 1_500, "repeats are no hits: " + result);
  }

  @Test
  void adversary_breaksThePromiseSeldom() {
    int runs = 4;
    int broken = 0;
    long hits = 0;
    for (int run = 0; run < runs; run++) {
      StreamRun.Result result = againstAdversary(run, 3_000);
      broken += result.violations() > 0 ? 1 : 0;
      hits += result.hits();
    }
    assertTrue(hits > 100, "hits: " + hits);
    assertTrue(broken <= 0.05 * runs + 3 * Math.sqrt(0.05 * 0.95 * runs), "broken: " + broken);
  }

  private static StreamRun.Result againstAdversary(int seed, int requests) {
    Adversary adversary = new Adversary(seed);
    int[] sent = {0};
    return run(seed).of(wasHit -> sent[0]++ < requests ? adversary.next(wasHit) : null);
  }

  /** The bar for hits: seven tenths of the best fixed threshold, chosen in hindsight. */
  @Test
  @Tag("endurance")
  @EnabledIfSystemProperty(named = "inproc.endurance", matches = "true")
  void hits_onBenignStreams_areNearTheBestThresholds() {
    List<List<StreamRequest>> streams = new ArrayList<>();
    streams.add(ClusterStream.of(6, 40_000).generate());
    streams.add(TextStream.of(6, 40_000).generate());
    for (List<StreamRequest> stream : streams) {
      StreamRun.Result result = run(4).of(stream);
      int best = bestThreshold(stream, (double) result.wrong() / result.hits());
      System.out.println(result + ", best threshold " + best);
      assertEquals(0, result.violations(), result.toString());
      assertTrue(result.hits() >= 0.7 * best, result + ", best threshold " + best);
    }
  }

  @Test
  @Tag("endurance")
  @EnabledIfSystemProperty(named = "inproc.endurance", matches = "true")
  void promise_overManyRuns_breaksAtMostAsOftenAsSaid() {
    int runs = 100;
    int broken = 0;
    for (int run = 0; run < runs; run++) {
      broken += againstAdversary(100 + run, 4_000).violations() > 0 ? 1 : 0;
    }
    System.out.println("broken in " + broken + " of " + runs);
    assertTrue(broken <= 0.05 * runs + 3 * Math.sqrt(0.05 * 0.95 * runs), "broken: " + broken);
  }
}
