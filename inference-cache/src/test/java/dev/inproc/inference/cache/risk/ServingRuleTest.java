package dev.inproc.inference.cache.risk;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** What the rule serves, learned from labels whose risk is known. */
class ServingRuleTest {
  private static final double[] TWO = {0.9, 0.5};
  private static final boolean[] OTHERS = {true, false};

  /** Draws requests whose risk grows with distance: a quarter of it, and all beyond 0.4. */
  private static double risk(double similarity) {
    return similarity < 0.6 ? 1 : (1 - similarity) / 4;
  }

  private static RiskFeatures at(double similarity) {
    return RiskFeatures.of(new double[] {similarity, 0.3}, OTHERS, 0, 0);
  }

  private record Served(int hits, int wrong, int requests) {
    double share() {
      return (double) wrong / hits;
    }
  }

  /** Runs requests through a rule as the layer does; returns what came of the last ones. */
  private static Served run(
      ServingRule rule, SplittableRandom random, int requests, double audited, double factor) {
    int hits = 0;
    int wrong = 0;
    for (int i = 0; i < requests; i++) {
      double similarity = 0.4 + 0.6 * random.nextDouble();
      boolean isWrong = random.nextDouble() < Math.min(1, factor * risk(similarity));
      RiskFeatures features = at(similarity);
      boolean serves = rule.serves(features, 0);
      if (serves && random.nextDouble() >= audited) {
        hits++;
        wrong += isWrong ? 1 : 0;
      } else {
        rule.learn(features, isWrong, serves ? 1 / audited : 1);
      }
    }
    return new Served(hits, wrong, requests);
  }

  @Test
  void rule_withLessThanAThousandLabels_servesNothing() {
    ServingRule rule = new ServingRule(new double[] {0.03}, 0);
    for (int i = 0; i < ServingRule.LABELS_BEFORE_SERVING - 1; i++) {
      rule.learn(at(0.99), false, 1);
      assertFalse(rule.serves(at(0.99), 0));
      assertEquals(0, rule.threshold(0));
    }
    rule.learn(at(0.99), false, 1);
    rule.learn(at(0.5), true, 1);
    for (int i = 0; i < 16; i++) {
      rule.learn(at(0.99), false, 1);
    }
    assertTrue(rule.serves(at(0.99), 0));
    assertEquals(1017, rule.labels());
  }

  /** Red if the threshold does not follow the aim. */
  @Test
  void rule_ofKnownRisks_servesAtTheAim() {
    for (double aim : new double[] {0.01, 0.03}) {
      ServingRule rule = new ServingRule(new double[] {aim}, 0);
      SplittableRandom random = new SplittableRandom(5);
      run(rule, random, 20_000, 0.15, 1);
      Served served = run(rule, random, 40_000, 0.15, 1);
      // the mean risk up to a distance of d is d / 8: of 0.6, 8 * aim are served
      double most = served.requests * 8 * aim / 0.6 * 0.85;
      assertTrue(served.share() > 0.5 * aim && served.share() < 1.3 * aim, served + " at " + aim);
      assertTrue(served.hits > 0.3 * most && served.hits < 1.35 * most, served + " of " + most);
    }
  }

  /** Of 8000 requests 1.5 % are wrong; counted once each, the audits would be too few: 4.6 %. */
  @Test
  void rule_ofAudits_countsTheRequestsThatTheyStandFor() {
    ServingRule rule = new ServingRule(new double[] {0.03}, 0);
    for (int i = 0; i < 2000; i++) {
      rule.learn(at(0.8), i % 50 < 3, 1);
      if (i % 10 < 3) {
        rule.learn(at(0.99), false, 10);
      }
    }
    assertTrue(rule.serves(at(0.99), 0));
    assertTrue(rule.serves(at(0.8), 0), "" + rule.threshold(0));
  }

  @Test
  void rule_whenRisksGrow_comesBackToTheAim() {
    ServingRule rule = new ServingRule(new double[] {0.025}, 0);
    SplittableRandom random = new SplittableRandom(6);
    Served before = run(rule, random, 30_000, 0.15, 1);
    Served change = run(rule, random, 10_000, 0.15, 6);
    Served after = run(rule, random, 30_000, 0.15, 6);
    assertTrue(before.share() < 0.04, before.toString());
    assertTrue(change.wrong < 150, change.toString());
    assertTrue(after.hits > 0 && after.share() < 0.04, after.toString());
  }

  @Test
  void rule_whenTheNearestIsContradicted_seesMoreRisk() {
    ServingRule rule = new ServingRule(new double[] {0.03}, 0);
    SplittableRandom random = new SplittableRandom(7);
    for (int i = 0; i < 8000; i++) {
      int contradicted = random.nextInt(3);
      boolean wrong = random.nextDouble() < 0.01 + 0.2 * contradicted;
      rule.learn(RiskFeatures.of(TWO, OTHERS, 1, contradicted), wrong, 1);
    }
    double none = rule.risk(RiskFeatures.of(TWO, OTHERS, 1, 0));
    double two = rule.risk(RiskFeatures.of(TWO, OTHERS, 1, 2));
    assertTrue(none < 0.03 && two > 0.25, none + " " + two);
  }

  @Test
  void rule_withTheUsersFeature_learnsIt() {
    ServingRule rule = new ServingRule(new double[] {0.03}, 1);
    SplittableRandom random = new SplittableRandom(8);
    for (int i = 0; i < 8000; i++) {
      double own = random.nextInt(2) * 40;
      boolean wrong = random.nextDouble() < (own == 0 ? 0.01 : 0.5);
      rule.learn(RiskFeatures.of(TWO, OTHERS, 0, 0, own), wrong, 1);
    }
    assertTrue(rule.serves(RiskFeatures.of(TWO, OTHERS, 0, 0, 0), 0));
    assertFalse(rule.serves(RiskFeatures.of(TWO, OTHERS, 0, 0, 40), 0));
  }

  @Test
  void rule_ofNumbersThatAreNotFinite_neverServesNorLearns() {
    ServingRule rule = new ServingRule(new double[] {0.03}, 1);
    for (int i = 0; i < 3008; i++) {
      rule.learn(RiskFeatures.of(TWO, OTHERS, 0, 0, 0), i % 400 == 0, 1);
    }
    double before = rule.risk(RiskFeatures.of(TWO, OTHERS, 0, 0, 0));
    for (double odd : new double[] {Double.NaN, 1 / 0.0, -1 / 0.0}) {
      RiskFeatures own = RiskFeatures.of(TWO, OTHERS, 0, 0, odd);
      assertEquals(1, rule.risk(own));
      assertFalse(rule.serves(own, 0));
      for (int i = 0; i < 100; i++) {
        rule.learn(own, true, 1);
      }
    }
    assertEquals(1, rule.risk(RiskFeatures.of(new double[] {Double.NaN}, new boolean[1], 0, 0, 0)));
    assertEquals(before, rule.risk(RiskFeatures.of(TWO, OTHERS, 0, 0, 0)));
    double huge = rule.risk(RiskFeatures.of(TWO, OTHERS, Long.MAX_VALUE, 9, Double.MAX_VALUE));
    assertTrue(huge >= 0 && huge <= 1, "" + huge);
    assertThrows(IllegalArgumentException.class, () -> RiskFeatures.of(TWO, new boolean[1], 0, 0));
  }

  @Test
  void rule_ofHostileLabels_staysFiniteAndRecovers() {
    ServingRule rule = new ServingRule(new double[] {0.03}, 0);
    SplittableRandom random = new SplittableRandom(9);
    for (int i = 0; i < 20_000; i++) { // the nearest are always wrong, the farthest never
      double similarity = random.nextDouble();
      rule.learn(at(similarity), similarity > 0.5, 1 + random.nextInt(1000));
      double risk = rule.risk(at(similarity));
      assertTrue(risk >= 0 && risk <= 1, "" + risk);
    }
    Served after = run(rule, random, 60_000, 0.15, 1);
    assertTrue(after.hits > 2000 && after.share() < 0.06, after.toString());
  }

  @Test
  void rule_ofManyThreads_countsEachLabel() throws InterruptedException {
    ServingRule rule = new ServingRule(new double[] {0.03}, 0);
    List<Thread> threads = new ArrayList<>();
    for (int t = 0; t < 8; t++) {
      SplittableRandom random = new SplittableRandom(t);
      threads.add(
          new Thread(
              () -> {
                for (int i = 0; i < 2000; i++) {
                  double similarity = 0.4 + 0.6 * random.nextDouble();
                  rule.risk(at(similarity));
                  rule.learn(at(similarity), random.nextDouble() < risk(similarity), 1);
                }
              }));
    }
    threads.forEach(Thread::start);
    for (Thread thread : threads) {
      thread.join();
    }
    assertEquals(16_000, rule.labels());
    assertTrue(rule.serves(at(0.98), 0) && !rule.serves(at(0.7), 0), "" + rule.threshold(0));
  }
}
