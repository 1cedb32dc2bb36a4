package dev.inproc.inference.internal.rollout;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.internal.rollout.VoteRecord.Counts;
import dev.inproc.inference.internal.rollout.VoteRecord.Thresholds;
import dev.inproc.inference.internal.rollout.VoteRecord.Vote;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadLocalRandom;
import org.junit.jupiter.api.Test;

/** Which call casts which vote, and what comes of votes. */
class CanaryAnalysisTest {
  private static final long SECOND = 1_000_000_000;
  private static final Set<TriggerKind> ALL = EnumSet.allOf(TriggerKind.class);

  private final List<VoteRecord> records = new ArrayList<>();
  private final Random random = new Random(20261126);

  private CanaryAnalysis analysis(TriggerKind... kinds) {
    return begun(new AnalysisSettings(0.01, 0, Set.of(kinds), 4));
  }

  private CanaryAnalysis begun(AnalysisSettings settings) {
    CanaryAnalysis analysis = new CanaryAnalysis(settings, records::add);
    analysis.beginPhase(0, 0.1, 0.1, 0);
    return analysis;
  }

  private List<Vote> votes(TriggerKind kind) {
    return records.stream()
        .filter(each -> each instanceof Vote vote && vote.kind() == kind)
        .map(Vote.class::cast)
        .toList();
  }

  private static void fail(CanaryAnalysis analysis, boolean isCanary, long key, double second) {
    long place = isCanary ? key : -1 - key;
    analysis.ended(isCanary, true, place, Ending.FAILED, (long) (second * SECOND), 1_000, 0, null);
  }

  private static void end(
      CanaryAnalysis analysis, boolean isCanary, Ending ending, double second, long tookNanos) {
    analysis.ended(isCanary, false, 0, ending, (long) (second * SECOND), tookNanos, 0, null);
  }

  @Test
  void key_manyErrorsInARestart_castsOneVote() {
    CanaryAnalysis analysis = analysis(TriggerKind.ERRORS);
    for (int i = 0; i < 1_000; i++) {
      fail(analysis, true, 7, i * 0.01);
    }
    assertEquals(1, votes(TriggerKind.ERRORS).size());
    assertNull(analysis.alarm(), "one user is no evidence");
    KindSnapshot kind = analysis.snapshot().kinds().get(0);
    assertEquals(1, kind.canaryVotes());
    assertEquals(1_000, analysis.snapshot().canaryErrors());
  }

  @Test
  void key_errorInALaterRestart_votesInThatAlone() {
    CanaryAnalysis analysis = analysis(TriggerKind.ERRORS);
    fail(analysis, true, 7, 29); // restart 0
    fail(analysis, true, 7, 31); // restart 1
    fail(analysis, true, 7, 32); // has voted in both
    fail(analysis, true, 8, 33); // in both
    fail(analysis, true, 7, 61); // restart 2
    assertEquals(4, votes(TriggerKind.ERRORS).size());
    // Restart 0: keys 7 and 8. Restart 1: the same. Restart 2: key 7.
    Bets bets = new Bets(0, Bets.PLAIN);
    double alpha = analysis.settings().alphaOf(TriggerKind.ERRORS);
    double most =
        Math.max(
            bets.evidence(2, 0) * Restarts.part(0),
            Math.max(
                bets.evidence(2, 0) * Restarts.part(1), bets.evidence(1, 0) * Restarts.part(2)));
    assertEquals(most * alpha, analysis.snapshot().kinds().get(0).evidence(), 1e-9 * most * alpha);
  }

  @Test
  void callsWithoutKeys_eachVotes() {
    CanaryAnalysis analysis = analysis(TriggerKind.ERRORS);
    for (int i = 0; i < 10; i++) {
      end(analysis, i % 2 == 0, Ending.FAILED, 1, 1_000);
    }
    assertEquals(10, votes(TriggerKind.ERRORS).size());
    assertTrue(analysis.snapshot().bytes() < 100_000, "they need no memory");
  }

  @Test
  void endings_thatAreNoFaultOfTheLane_castNoVote() {
    CanaryAnalysis analysis = analysis(TriggerKind.ERRORS);
    for (Ending ending : Ending.values()) {
      if (ending != Ending.FAILED) {
        end(analysis, true, ending, 1, 1_000);
      }
    }
    assertEquals(0, votes(TriggerKind.ERRORS).size());
    assertEquals(3, analysis.snapshot().canaryCalls(), "refused calls have not run");
  }

  @Test
  void failedRun_ofManyCalls_castsTheVoteOfItsFirst() {
    CanaryAnalysis analysis = analysis(TriggerKind.ERRORS);
    Object run = new Object();
    for (long key = 1; key <= 20; key++) {
      analysis.ended(true, true, key, Ending.FAILED, SECOND, 1_000, 0, run);
    }
    assertEquals(1, votes(TriggerKind.ERRORS).size());
    assertEquals(1, votes(TriggerKind.ERRORS).get(0).keyHash());
    Object next = new Object();
    analysis.ended(true, true, 1, Ending.FAILED, SECOND, 1_000, 0, next); // has voted
    analysis.ended(true, true, 2, Ending.FAILED, SECOND, 1_000, 0, next); // the run is over
    assertEquals(1, votes(TriggerKind.ERRORS).size());
    fail(analysis, true, 2, 1); // its vote was not spent
    assertEquals(2, votes(TriggerKind.ERRORS).size());
  }

  @Test
  void run_equalToAnother_isAnother() {
    CanaryAnalysis analysis = analysis(TriggerKind.ERRORS);
    List<String> run = List.of("run");
    List<String> equal = new ArrayList<>(run);
    analysis.ended(true, true, 1, Ending.FAILED, SECOND, 1_000, 0, run);
    analysis.ended(true, true, 2, Ending.FAILED, SECOND, 1_000, 0, equal);
    assertEquals(2, votes(TriggerKind.ERRORS).size());
  }

  @Test
  void everyCallFails_alarmsWithinFifteenVotes() {
    for (int phases : new int[] {1, 4}) {
      CanaryAnalysis analysis = begun(new AnalysisSettings(0.01, 0, ALL, phases));
      int calls = 0;
      while (analysis.alarm() == null) {
        calls++;
        end(analysis, true, Ending.FAILED, calls * 0.01, 1_000);
        end(analysis, false, Ending.ANSWERED, calls * 0.01, 1_000);
      }
      assertTrue(calls <= 15, "votes: " + calls);
      Alarm alarm = analysis.alarm();
      assertNotNull(alarm);
      assertEquals(TriggerKind.ERRORS, alarm.kind());
      assertEquals(calls, alarm.canaryVotes());
      assertEquals(0, alarm.controlVotes());
      assertTrue(alarm.evidence() >= alarm.threshold());
    }
  }

  @Test
  void bothVersionsFail_raisesNoAlarm() {
    CanaryAnalysis analysis = begun(new AnalysisSettings(0.01, 0, ALL, 1));
    for (int i = 0; i < 5_000; i++) {
      end(analysis, random.nextBoolean(), Ending.FAILED, i * 0.01, 1_000);
    }
    assertNull(analysis.alarm());
  }

  @Test
  void canaryThatIsBetter_raisesNoAlarm() {
    CanaryAnalysis analysis = begun(new AnalysisSettings(0.01, 0, ALL, 1));
    for (int i = 0; i < 20_000; i++) {
      boolean isCanary = random.nextBoolean();
      boolean fails = !isCanary && random.nextInt(5) == 0;
      long took = (long) (1e6 * (isCanary ? 1 : 2) * random.nextDouble());
      end(analysis, isCanary, fails ? Ending.FAILED : Ending.ANSWERED, i * 0.01, took);
    }
    assertNull(analysis.alarm());
  }

  @Test
  void errors_belowTheFloor_raiseNoAlarm() {
    CanaryAnalysis analysis = analysis(TriggerKind.ERRORS);
    for (int i = 0; i < 1_000_000; i++) { // 0.05 % against none
      end(analysis, i % 2 == 0, i % 4_000 == 0 ? Ending.FAILED : Ending.ANSWERED, i * 1e-5, 1_000);
    }
    assertEquals(250, analysis.snapshot().canaryErrors());
    assertTrue(analysis.snapshot().kinds().get(0).evidence() > 1, "the share alone would alarm");
    assertNull(analysis.alarm());
  }

  @Test
  void alarm_laterPhase_stays() {
    CanaryAnalysis analysis = analysis(TriggerKind.ERRORS);
    for (int i = 0; i < 40; i++) {
      end(analysis, true, Ending.FAILED, 1, 1_000);
    }
    Alarm alarm = analysis.alarm();
    assertNotNull(alarm);
    analysis.beginPhase(1, 0.2, 0.2, 100 * SECOND);
    for (int i = 0; i < 5_000; i++) {
      end(analysis, i % 2 == 0, Ending.ANSWERED, 100 + i * 0.01, 1_000);
    }
    assertEquals(alarm, analysis.alarm());
    assertEquals(0, alarm.phase());
    assertTrue(alarm.ratioLowerBound() >= 1);
    assertEquals(0, analysis.snapshot().kinds().get(0).canaryVotes(), "a phase begins anew");
  }

  @Test
  void phase_begunTwiceOrBeyondThePlan_isRefused() {
    CanaryAnalysis analysis = analysis(TriggerKind.ERRORS);
    assertThrows(IllegalArgumentException.class, () -> analysis.beginPhase(0, 0.2, 0.2, 0));
    assertThrows(IllegalArgumentException.class, () -> analysis.beginPhase(4, 0.2, 0.2, 0));
    assertThrows(IllegalArgumentException.class, () -> analysis.beginPhase(1, 0.8, 0.3, 0));
  }

  @Test
  void phaseWithoutControlLane_countsAlone() {
    CanaryAnalysis analysis = new CanaryAnalysis(new AnalysisSettings(0.01, 0, ALL, 1));
    analysis.beginPhase(0, 1, 0, 0);
    for (int i = 0; i < 100; i++) {
      end(analysis, true, Ending.FAILED, 1, 1_000);
    }
    assertNull(analysis.alarm());
    assertEquals(100, analysis.snapshot().canaryErrors());
  }

  @Test
  void wideCanary_keysWithoutACounterpart_doNotVote() {
    CanaryAnalysis analysis =
        new CanaryAnalysis(
            new AnalysisSettings(0.01, 0, Set.of(TriggerKind.ERRORS), 1), records::add);
    analysis.beginPhase(0, 0.9, 0.1, 0);
    long middle = Long.MIN_VALUE; // one half of the range
    analysis.ended(true, true, middle, Ending.FAILED, SECOND, 1_000, 0, null);
    assertEquals(0, votes(TriggerKind.ERRORS).size());
    fail(analysis, true, 1, 1);
    fail(analysis, false, 1, 1);
    assertEquals(2, votes(TriggerKind.ERRORS).size());
    for (int i = 0; i < 9_000; i++) {
      analysis.ended(true, false, random.nextLong(), Ending.FAILED, SECOND, 1_000, 0, null);
    }
    assertEquals(1_002, votes(TriggerKind.ERRORS).size(), 120, "a ninth of those without a key");
  }

  @Test
  void slowThresholds_areThoseOfBothLanesPooled() {
    CanaryAnalysis analysis = analysis(TriggerKind.LATENCY);
    for (int i = 0; i < 1_000; i++) { // 1 to 1,000 microseconds, the canary has the slow half
      end(analysis, i >= 500, Ending.ANSWERED, i * 0.001, (i + 1) * 1_000L);
    }
    List<Double> thresholds = analysis.snapshot().kinds().get(0).thresholds();
    assertEquals(List.of(900_000.0, 950_000.0, 990_000.0), thresholds);
    assertEquals(0, votes(TriggerKind.LATENCY).size(), "the sample does not vote");
  }

  @Test
  void slowCalls_ofOneWindow_castOneVoteOfEitherLane() {
    CanaryAnalysis analysis = analysis(TriggerKind.LATENCY);
    for (int i = 0; i < 1_000; i++) {
      end(analysis, i % 2 == 0, Ending.ANSWERED, i * 0.001, (i + 1) * 1_000L);
    }
    for (int i = 0; i < 32; i++) { // one stall
      end(analysis, i > 0, Ending.EXPIRED, 2 + i * 0.001, 2_000_000);
    }
    assertEquals(1, votes(TriggerKind.LATENCY).size());
    Vote vote = votes(TriggerKind.LATENCY).get(0);
    assertFalse(vote.isCanary(), "the first of the window is the control lane's");
    assertEquals(2, vote.mark(), "beyond the 99th percentile");
    end(analysis, true, Ending.ANSWERED, 2.05, 920_000); // a window for each mark
    end(analysis, true, Ending.ANSWERED, 2.15, 2_000_000);
    end(analysis, true, Ending.OVERLOADED, 2.25, 2_000_000);
    end(analysis, true, Ending.ANSWERED, 2.35, 100_000);
    assertEquals(3, votes(TriggerKind.LATENCY).size());
    assertEquals(0, votes(TriggerKind.LATENCY).get(1).mark());
  }

  @Test
  void slowCalls_equalDurations_stillHaveATail() {
    CanaryAnalysis analysis = analysis(TriggerKind.LATENCY);
    for (int i = 0; analysis.alarm() == null && i < 40_000; i++) { // a coarse clock
      boolean isCanary = random.nextBoolean();
      long took = isCanary && i >= 1_000 ? 1_200_000 : 1_000_000;
      analysis.ended(
          isCanary, false, random.nextLong(), Ending.ANSWERED, i * (SECOND / 20), took, 0, null);
    }
    Alarm alarm = analysis.alarm();
    assertNotNull(alarm);
    assertEquals("slow calls", alarm.what());
  }

  @Test
  void hungCalls_ofTheCanary_alarm() {
    CanaryAnalysis analysis = begun(new AnalysisSettings(0.01, 0, ALL, 4));
    for (int i = 0; analysis.alarm() == null && i < 20_000; i++) {
      boolean isCanary = random.nextBoolean();
      if (!isCanary || random.nextInt(5) == 0) { // four of five never end
        end(analysis, isCanary, Ending.ANSWERED, i * 0.05, 1_000);
      }
    }
    Alarm alarm = analysis.alarm();
    assertNotNull(alarm);
    assertEquals(TriggerKind.ANSWERS, alarm.kind());
    assertTrue(alarm.controlVotes() > 2 * alarm.canaryVotes());
  }

  private void score(CanaryAnalysis analysis, boolean isCanary, int call, double score) {
    analysis.ended(
        isCanary,
        false,
        random.nextLong(),
        Ending.ANSWERED,
        call * (SECOND / 20),
        1_000,
        score,
        null);
  }

  @Test
  void scores_constantFromTheCanary_alarm() {
    for (double constant : new double[] {0.3, -5, 5}) {
      CanaryAnalysis analysis = begun(new AnalysisSettings(0.01, 0, ALL, 4));
      for (int i = 0; analysis.alarm() == null && i < 50_000; i++) {
        boolean isCanary = random.nextBoolean();
        score(analysis, isCanary, i, isCanary ? constant : random.nextGaussian());
      }
      Alarm alarm = analysis.alarm();
      assertNotNull(alarm, "" + constant);
      assertEquals(TriggerKind.PREDICTIONS, alarm.kind());
    }
  }

  @Test
  void scores_classesThatAreEqual_raiseNoAlarm_othersDo() {
    for (boolean isEqual : new boolean[] {true, false}) {
      CanaryAnalysis analysis = begun(new AnalysisSettings(0.01, 0, ALL, 1));
      for (int i = 0; analysis.alarm() == null && i < 20_000; i++) {
        boolean isCanary = random.nextBoolean();
        boolean isOne = random.nextDouble() < (isCanary && !isEqual ? 0.5 : 0.05);
        score(analysis, isCanary, i, isOne ? 1 : 0);
      }
      assertEquals(isEqual, analysis.alarm() == null);
    }
  }

  @Test
  void scores_oneValueThatChangesLater_alarms() {
    for (double changed : new double[] {-1, 0.5, 2}) {
      CanaryAnalysis analysis = begun(new AnalysisSettings(0.01, 0, ALL, 1));
      for (int i = 0; analysis.alarm() == null && i < 20_000; i++) {
        boolean isCanary = random.nextBoolean();
        score(analysis, isCanary, i, isCanary && i > 2_000 ? changed : 1);
      }
      assertNotNull(analysis.alarm(), "" + changed);
    }
  }

  @Test
  void scores_noNumberFromTheCanary_alarmAtOnce() {
    CanaryAnalysis analysis = begun(new AnalysisSettings(0.01, 0, ALL, 4));
    int calls = 0;
    while (analysis.alarm() == null) {
      calls++;
      score(analysis, true, calls, calls % 2 == 0 ? Double.NaN : Double.NEGATIVE_INFINITY);
      score(analysis, false, calls, 1);
    }
    assertTrue(calls <= 20, "votes: " + calls);
    Alarm alarm = analysis.alarm();
    assertNotNull(alarm);
    assertEquals("scores that are no number", alarm.what());
  }

  @Test
  void labels_ofTheCanary_alarm() {
    CanaryAnalysis analysis = begun(new AnalysisSettings(0.01, 0, ALL, 1));
    for (int key = 0; key < 20; key++) {
      analysis.label(true, true, key, SECOND);
      analysis.label(true, true, key, 2 * SECOND);
    }
    assertEquals(20, votes(TriggerKind.LABELS).size());
    Alarm alarm = analysis.alarm();
    assertNotNull(alarm);
    assertEquals(TriggerKind.LABELS, alarm.kind());
  }

  @Test
  void records_replayed_giveTheSameState() {
    AnalysisSettings settings = new AnalysisSettings(0.01, 0, ALL, 2);
    CanaryAnalysis analysis = begun(settings);
    for (int i = 0; i < 30_000; i++) {
      boolean isCanary = random.nextBoolean();
      long key = random.nextInt(300);
      analysis.ended(
          isCanary,
          true,
          isCanary ? key : -1 - key,
          random.nextInt(isCanary ? 30 : 60) == 0 ? Ending.FAILED : Ending.ANSWERED,
          i * (SECOND / 20),
          (long) (1e6 * random.nextDouble()),
          random.nextGaussian(),
          null);
    }
    analysis.checkpoint(1_500 * SECOND);
    assertTrue(records.stream().anyMatch(Thresholds.class::isInstance));
    assertTrue(records.stream().filter(Counts.class::isInstance).count() > 40);
    List<VoteRecord> kept = List.copyOf(records);
    records.clear();
    CanaryAnalysis restored = begun(settings);
    kept.forEach(restored::replay);
    assertEquals(List.of(), records, "what is replayed is not told again");
    assertEquals(analysis.snapshot(), restored.snapshot());
    assertEquals(analysis.alarms(), restored.alarms());
    for (CanaryAnalysis each : List.of(analysis, restored)) { // and they go on alike
      for (int i = 0; i < 200; i++) {
        fail(each, true, i, 1_500 + i * 0.01);
      }
    }
    assertEquals(analysis.snapshot(), restored.snapshot());
    assertEquals(analysis.alarms(), restored.alarms());
  }

  @Test
  void record_ofAPhaseThatHasNotBegun_isRefused() {
    CanaryAnalysis analysis = analysis(TriggerKind.ERRORS);
    Counts counts = new Counts(1, 0, 0, 0, 0, 0);
    assertThrows(IllegalStateException.class, () -> analysis.replay(counts));
  }

  @Test
  void calls_ofManyThreads_areCountedOnce() throws InterruptedException {
    CanaryAnalysis analysis = begun(new AnalysisSettings(0.01, 0, ALL, 1));
    int threads = 4;
    int calls = 20_000;
    CountDownLatch done = new CountDownLatch(threads);
    for (int thread = 0; thread < threads; thread++) {
      new Thread(
              () -> {
                for (int i = 0; i < calls; i++) {
                  long bits = ThreadLocalRandom.current().nextLong();
                  end(
                      analysis,
                      i % 2 == 0,
                      i % 100 < 2 ? Ending.FAILED : Ending.ANSWERED,
                      i * 0.001,
                      (bits & 0xfffff) + 1);
                }
                done.countDown();
              })
          .start();
    }
    done.await();
    AnalysisSnapshot snapshot = analysis.snapshot();
    assertEquals((long) threads * calls / 2, snapshot.canaryCalls());
    assertEquals((long) threads * calls / 2, snapshot.controlCalls());
    assertEquals((long) threads * calls / 100, snapshot.canaryErrors());
    assertEquals(threads * calls / 50, votes(TriggerKind.ERRORS).size());
  }
}
