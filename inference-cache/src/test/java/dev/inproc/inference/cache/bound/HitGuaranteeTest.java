package dev.inproc.inference.cache.bound;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class HitGuaranteeTest {
  private static final Promise PROMISE = new Promise(0.02, 0.05, 30);

  private static Coins coins(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    return probability -> random.nextDouble() < probability;
  }

  /** Coins of which an audit is found less often than is said. */
  private static Coins unfair(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    return probability -> random.nextDouble() < 0.6 * probability;
  }

  @Test
  void begin_whileAuditsStayOpen_reservesTheirWorstCase() {
    HitGuarantee guarantee = new HitGuarantee(PROMISE, probability -> true);
    int begun = 0;
    while (guarantee.begin(0) != null) {
      begun++;
      HitAccount account = guarantee.account();
      assertEquals(begun, account.openAudits());
      assertTrue(account.bound() <= account.allowed(), account.toString());
      assertTrue(begun < 100_000);
    }
    assertTrue(begun > 3, "trials: " + begun);
    assertFalse(guarantee.account().hasRoom());
    assertEquals(1, guarantee.account().refused());
  }

  @Test
  void begin_onceAnOpenAuditIsFoundRight_hasRoomAgain() {
    HitGuarantee guarantee = new HitGuarantee(PROMISE, probability -> true);
    List<Trial> open = new ArrayList<>();
    for (Trial trial = guarantee.begin(0); trial != null; trial = guarantee.begin(0)) {
      open.add(trial);
    }
    int full = guarantee.account().bound();
    open.forEach(trial -> trial.audited(false));
    assertEquals(0, guarantee.account().openAudits());
    assertTrue(guarantee.account().bound() < full);
    assertNotNull(guarantee.begin(0));
  }

  @Test
  void hit_countsWhenItIsDelivered_once() {
    HitGuarantee guarantee = new HitGuarantee(PROMISE, probability -> false);
    Trial trial = guarantee.begin(0);
    assertNotNull(trial);
    assertEquals(0, guarantee.account().hits());
    trial.delivered();
    trial.delivered();
    assertEquals(1, guarantee.account().hits());
    assertThrows(IllegalStateException.class, () -> trial.audited(false));
  }

  @Test
  void audit_isNoHit_andHasOneLabel() {
    HitGuarantee guarantee = new HitGuarantee(PROMISE, probability -> true);
    Trial trial = guarantee.begin(0);
    assertNotNull(trial);
    assertTrue(trial.isAudit());
    assertThrows(IllegalStateException.class, trial::delivered);
    trial.audited(true);
    trial.audited(false);
    HitAccount account = guarantee.account();
    assertEquals(1, account.auditedWrong());
    assertEquals(0, account.openAudits());
    assertEquals(0, account.hits());
    assertEquals(1, account.audits());
  }

  /** A candidate's own risk raises its rate, whatever it says; it never lowers it. */
  @Test
  void begin_ofARiskyCandidate_auditsItMoreOften() {
    double[] heard = new double[1];
    Coins right = coins(5);
    HitGuarantee guarantee =
        new HitGuarantee(
            PROMISE,
            probability -> {
              heard[0] = probability;
              return right.flip(probability);
            });
    for (int i = 0; i < 5_000; i++) {
      end(guarantee.begin(0), false);
    }
    double usual = guarantee.auditProbability();
    double before = usual;
    for (double risk : new double[] {0, 0.01, 0.03, 0.06, 0.2, 1, Double.NaN}) {
      end(guarantee.begin(risk), false);
      assertEquals(usual, guarantee.auditProbability(), "the usual rate stays");
      if (risk <= 0.01 || Double.isNaN(risk)) {
        assertEquals(usual, heard[0], "risk " + risk);
      } else {
        assertTrue(heard[0] >= before, "risk " + risk + ": " + heard[0]);
      }
      before = heard[0];
    }
    end(guarantee.begin(1), true);
    assertTrue(heard[0] > 3 * usual, usual + ", risk 1: " + heard[0]);
  }

  @Test
  void certified_afterManyRightHits_holdsWithoutTheAllowance() {
    HitGuarantee guarantee = new HitGuarantee(PROMISE, coins(1));
    for (int i = 0; i < 20_000; i++) {
      end(guarantee.begin(0), false);
    }
    HitAccount account = guarantee.account();
    assertTrue(account.certifiedAtHit() > 100 && account.certifiedAtHit() < 2_000, "" + account);
    assertEquals(0.02 * account.hits(), account.allowed(), 1e-9);
    assertTrue(account.bound() <= account.allowed());
    assertTrue(account.auditProbability() < 0.15, "few audits once it is proved: " + account);
    assertTrue(account.epoch() > 2, "epochs: " + account);
  }

  @Test
  void hits_thatTurnWrong_stopBeforeThePromiseBreaks_andGoOnOnceRight() {
    HitGuarantee guarantee = new HitGuarantee(PROMISE, coins(2));
    for (int i = 0; i < 10_000; i++) {
      end(guarantee.begin(0), false);
    }
    long before = guarantee.account().hits();
    long wrong = 0;
    for (int i = 0; i < 10_000; i++) {
      Trial trial = guarantee.begin(0);
      wrong += trial != null && !trial.isAudit() ? 1 : 0;
      end(trial, true);
      HitAccount account = guarantee.account();
      assertTrue(account.bound() <= account.allowed(), account.toString());
      assertTrue(wrong <= account.bound(), account.toString());
    }
    HitAccount stopped = guarantee.account();
    assertTrue(
        stopped.hits() - before < 400, "hits while all were wrong: " + (stopped.hits() - before));
    assertTrue(stopped.auditProbability() > 0.9, stopped.toString());
  }

  private static void end(Trial trial, boolean wrong) {
    if (trial == null) {
      return;
    }
    if (trial.isAudit()) {
      trial.audited(wrong);
    } else {
      trial.delivered();
    }
  }

  /** All events in random order, beside counts that are kept apart. */
  @Test
  void account_ofRandomEvents_equalsAPlainRecount() {
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    SplittableRandom random = new SplittableRandom(seed);
    HitGuarantee guarantee = new HitGuarantee(new Promise(0.05, 0.05, 30), coins(seed));
    List<Trial> hits = new ArrayList<>();
    List<Trial> audits = new ArrayList<>();
    long delivered = 0;
    long audited = 0;
    long wrong = 0;
    for (int i = 0; i < 20_000; i++) {
      int event = random.nextInt(4);
      if (event < 2) {
        Trial trial = guarantee.begin(0);
        if (trial != null) {
          (trial.isAudit() ? audits : hits).add(trial);
          audited += trial.isAudit() ? 1 : 0;
        }
      } else if (event == 2 && !hits.isEmpty()) {
        Trial hit = hits.remove(random.nextInt(hits.size()));
        if (random.nextInt(10) > 0) { // else its caller is gone
          hit.delivered();
          delivered++;
        }
      } else if (!audits.isEmpty()) {
        boolean isWrong = random.nextInt(40) == 0;
        audits.remove(random.nextInt(audits.size())).audited(isWrong);
        wrong += isWrong ? 1 : 0;
      }
      HitAccount account = guarantee.account();
      assertEquals(delivered, account.hits());
      assertEquals(audited, account.audits());
      assertEquals(wrong, account.auditedWrong());
      assertEquals(audits.size(), account.openAudits());
      assertTrue(account.bound() <= account.allowed(), account.toString());
      assertTrue(account.epochBound() <= 60 + 0.05 * account.epochHits(), account.toString());
    }
    assertTrue(delivered > 500, "hits: " + delivered);
  }

  @Test
  void account_of64Threads_neitherLosesNorRepeats() throws InterruptedException {
    HitGuarantee guarantee = new HitGuarantee(new Promise(0.05, 0.05, 30), coins(5));
    AtomicLong delivered = new AtomicLong();
    AtomicLong audits = new AtomicLong();
    AtomicLong wrong = new AtomicLong();
    AtomicInteger lost = new AtomicInteger();
    AtomicInteger broken = new AtomicInteger();
    CountDownLatch done = new CountDownLatch(64);
    for (int t = 0; t < 64; t++) {
      SplittableRandom random = new SplittableRandom(t);
      Thread thread =
          new Thread(
              () -> {
                List<Trial> open = new ArrayList<>();
                for (int i = 0; i < 2_000; i++) {
                  Trial trial = guarantee.begin(0);
                  if (trial != null && trial.isAudit()) {
                    audits.incrementAndGet();
                    open.add(trial);
                  } else if (trial != null) {
                    trial.delivered();
                    delivered.incrementAndGet();
                  }
                  HitAccount account = guarantee.account();
                  if (account.bound() > account.allowed()) {
                    broken.incrementAndGet();
                  }
                  if (!open.isEmpty() && random.nextInt(3) > 0) {
                    Trial label = open.remove(random.nextInt(open.size()));
                    if (random.nextInt(500) == 0) {
                      lost.incrementAndGet(); // stays reserved
                    } else {
                      boolean isWrong = random.nextInt(100) == 0;
                      wrong.addAndGet(isWrong ? 1 : 0);
                      label.audited(isWrong);
                    }
                  }
                }
                open.forEach(trial -> trial.audited(false));
                done.countDown();
              });
      thread.start();
    }
    assertTrue(done.await(60, TimeUnit.SECONDS));
    HitAccount account = guarantee.account();
    assertEquals(delivered.get(), account.hits());
    assertEquals(audits.get(), account.audits());
    assertEquals(wrong.get(), account.auditedWrong());
    assertEquals(lost.get(), account.openAudits());
    assertEquals(0, broken.get(), "snapshots with a bound above the allowed");
    // Rates that follow open audits open ever more of them, and serve a few hundred.
    assertTrue(account.hits() > 20_000, account.toString());
  }

  /**
   * Runs in which an adversary sends wrong candidates alone, or in bursts. The share of runs that
   * break the bound stays at or below the error probability; unfair coins break it more often.
   */
  @Test
  void promise_againstBursts_breaksSeldom_andOftenWithUnfairCoins() {
    int runs = 2_000;
    double most = 0.05 + 3 * Math.sqrt(0.05 * 0.95 / runs);
    double fair = broken(runs, false);
    double unfair = broken(runs, true);
    assertTrue(fair <= most, "share of runs: " + fair);
    assertTrue(unfair > most, "share of runs with unfair coins: " + unfair);
  }

  private static double broken(int runs, boolean isUnfair) {
    int broken = 0;
    for (int run = 0; run < runs; run++) {
      Coins coins = isUnfair ? unfair(run) : coins(run);
      HitGuarantee guarantee = new HitGuarantee(new Promise(0.05, 0.05, 30), coins);
      boolean isBurst = run % 2 == 0;
      long wrong = 0;
      long hits = 0;
      boolean isBroken = false;
      for (int i = 0; i < 600 && !isBroken; i++) {
        boolean isWrong = isBurst ? i >= 300 : i % 3 == 0;
        Trial trial = guarantee.begin(0);
        if (trial != null && !trial.isAudit()) {
          hits++;
          wrong += isWrong ? 1 : 0;
          isBroken = wrong > 30 + 0.05 * hits;
        }
        end(trial, isWrong);
      }
      broken += isBroken ? 1 : 0;
    }
    return (double) broken / runs;
  }

  @Test
  void promise_ofImpossibleShares_isRefused() {
    for (double bad : new double[] {0, 1, -0.1, 1.5, Double.NaN}) {
      assertThrows(IllegalArgumentException.class, () -> new Promise(bad, 0.05, 30));
      assertThrows(IllegalArgumentException.class, () -> new Promise(0.02, bad, 30));
    }
    assertThrows(IllegalArgumentException.class, () -> new Promise(0.02, 0.05, -1));
  }

  @Test
  void guarantee_withTooSmallAnAllowance_isRefusedWithTheLeast() {
    IllegalArgumentException e =
        assertThrows(
            IllegalArgumentException.class,
            () -> new HitGuarantee(new Promise(0.02, 0.05, 0), coins(1)));
    assertTrue(e.getMessage().contains("at least 8 wrong hits"), e.getMessage());
    assertNotNull(new HitGuarantee(new Promise(0.02, 0.05, 8), coins(1)).begin(0));
  }

  @Test
  void unpredictableCoins_fallWithTheirProbability() {
    Coins coins = Coins.unpredictable();
    int flips = 200_000;
    for (double probability : new double[] {0.05, 0.5, 0.995}) {
      int heads = 0;
      for (int i = 0; i < flips; i++) {
        heads += coins.flip(probability) ? 1 : 0;
      }
      double sigma = Math.sqrt(probability * (1 - probability) / flips);
      assertEquals(probability, (double) heads / flips, 6 * sigma);
    }
  }
}
