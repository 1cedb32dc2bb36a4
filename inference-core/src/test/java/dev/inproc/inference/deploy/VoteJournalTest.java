package dev.inproc.inference.deploy;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.internal.rollout.AnalysisSettings;
import dev.inproc.inference.internal.rollout.CanaryAnalysis;
import dev.inproc.inference.internal.rollout.Ending;
import dev.inproc.inference.internal.rollout.TriggerKind;
import dev.inproc.inference.internal.rollout.VoteRecord;
import dev.inproc.inference.internal.rollout.VoteRecord.Counts;
import dev.inproc.inference.internal.rollout.VoteRecord.Thresholds;
import dev.inproc.inference.internal.rollout.VoteRecord.Vote;
import dev.inproc.inference.internal.routing.SaltedHash;
import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Votes in bytes, and what restarts make of them. */
@Tag("endurance")
class VoteJournalTest {
  private static final long DAY = 86_400_000_000_000L;
  private static final long SECOND = 1_000_000_000L;

  private static List<VoteRecord> records() {
    return List.of(
        new Vote(3, 5, TriggerKind.ERRORS, 0, 0, true, true, -77),
        new Vote(3, 6 * SECOND, TriggerKind.PREDICTIONS, 12, 0, false, false, Long.MAX_VALUE),
        new Vote(3, 7 * SECOND, TriggerKind.LATENCY, 0, 2, false, true, 1),
        new Counts(3, 30 * SECOND, 1, 2, 3, 1L << 40));
  }

  private static byte[] bytes(List<VoteRecord> records) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    records.forEach(each -> out.writeBytes(VoteJournal.write(each)));
    return out.toByteArray();
  }

  @Test
  void records_areReadAsWritten() {
    byte[] bytes = bytes(records());
    assertEquals(records(), VoteJournal.read(bytes, 3, DAY).records());
    double[] values = {0.1, Double.NEGATIVE_INFINITY, -0.0};
    Thresholds thresholds = new Thresholds(3, 9, TriggerKind.LATENCY, values);
    Thresholds read =
        (Thresholds) VoteJournal.read(VoteJournal.write(thresholds), 3, DAY).records().get(0);
    assertArrayEquals(values, read.values());
    assertEquals(9, read.sincePhaseNanos());
  }

  @Test
  void journal_cutAnywhere_hasTheWholeRecordsBefore() {
    byte[] bytes = bytes(records());
    int whole = 0;
    for (int cut = 0; cut < bytes.length; cut++) {
      VoteJournal.Content content = VoteJournal.read(Arrays.copyOf(bytes, cut), 3, DAY);
      assertEquals(records().subList(0, content.records().size()), content.records());
      assertEquals(bytes(content.records()).length, content.size());
      whole = Math.max(whole, content.records().size());
    }
    assertEquals(3, whole);
  }

  @Test
  void journal_damagedAnywhere_endsBeforeThat() {
    byte[] bytes = bytes(records());
    for (int at = 0; at < bytes.length; at++) {
      for (int bit = 0; bit < 8; bit++) {
        byte[] damaged = bytes.clone();
        damaged[at] ^= (byte) (1 << bit);
        VoteJournal.Content content = VoteJournal.read(damaged, 3, DAY);
        assertTrue(content.size() <= at, "bit " + bit + " of byte " + at);
        assertEquals(records().subList(0, content.records().size()), content.records());
      }
    }
  }

  @Test
  void journal_ofNoise_isReadWithoutHarm() {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    for (int i = 0; i < 2_000; i++) {
      byte[] noise = new byte[random.nextInt(200)];
      random.nextBytes(noise);
      VoteJournal.read(noise, 0, DAY);
    }
    VoteRecord late = new Counts(3, 2 * DAY, 0, 0, 0, 0); // years of restarts to replay
    assertEquals(0, VoteJournal.read(VoteJournal.write(late), 3, DAY).size());
  }

  // ---- restarts ----

  private static final AnalysisSettings ERRORS =
      new AnalysisSettings(0.01, 0, Set.of(TriggerKind.ERRORS), 1);

  /** Owners of one rollout, one after the other, as the keeper makes them. */
  private static final class Relay {
    private final AnalysisSettings settings;
    private final ByteArrayOutputStream journal = new ByteArrayOutputStream();
    private VoteBuffer buffer = new VoteBuffer();
    private CanaryAnalysis analysis;

    Relay(AnalysisSettings settings) {
      this.settings = settings;
      analysis = new CanaryAnalysis(settings, buffer);
      analysis.beginPhase(0, 0.5, 0.5, 0);
    }

    void write(long now) {
      analysis.checkpoint(now);
      buffer.drain().values().forEach(each -> journal.writeBytes(each.toByteArray()));
    }

    /** What has not been written is lost. */
    void restart() {
      buffer = new VoteBuffer();
      analysis = new CanaryAnalysis(settings, buffer);
      analysis.beginPhase(0, 0.5, 0.5, 0);
      VoteJournal.read(journal.toByteArray(), 0, DAY).records().forEach(analysis::replay);
    }
  }

  @Test
  void analysis_restarted_isAsBefore() {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    AnalysisSettings all = new AnalysisSettings(0.01, 0, EnumSet.allOf(TriggerKind.class), 1);
    Relay relay = new Relay(all);
    for (int i = 0; i < 20_000; i++) {
      long hash = random.nextLong();
      Ending ending = random.nextInt(50) == 0 ? Ending.FAILED : Ending.ANSWERED;
      boolean isCanary = random.nextBoolean();
      long now = i * 10_000_000L;
      double score = random.nextGaussian();
      long took = random.nextInt(1_000_000);
      relay.analysis.ended(isCanary, true, hash, ending, now, took, score, null);
    }
    relay.write(200 * SECOND);
    var before = relay.analysis.snapshot();
    relay.restart();
    var after = relay.analysis.snapshot();
    assertEquals(before.canaryCalls(), after.canaryCalls());
    assertEquals(before.controlErrors(), after.controlErrors());
    for (int kind = 0; kind < before.kinds().size(); kind++) {
      String what = "seed " + seed + ": " + before.kinds().get(kind);
      assertEquals(before.kinds().get(kind).canaryVotes(), after.kinds().get(kind).canaryVotes());
      assertEquals(
          before.kinds().get(kind).evidence(), after.kinds().get(kind).evidence(), 1e-9, what);
      assertEquals(before.kinds().get(kind).thresholds(), after.kinds().get(kind).thresholds());
    }
  }

  /**
   * Sixty users fail at each call, in five owners' time and over two restarts of one, each of which
   * loses the votes of its last second.
   */
  @Test
  void identicalVersions_fiveOwnersAndTwoRestarts_areRolledBackAtMostAlpha() {
    int runs = Boolean.getBoolean("inproc.endurance") ? 10_000 : 500;
    long seed = System.nanoTime();
    Random random = new Random(seed);
    int alarms = 0;
    for (int run = 0; run < runs; run++) {
      if (isRolledBack(random.nextLong())) {
        alarms++;
      }
    }
    double most = runs * 0.01 + 3 * Math.sqrt(runs * 0.01);
    assertTrue(alarms <= most, "seed " + seed + ": " + alarms + " of " + runs);
  }

  private static boolean isRolledBack(long salt) {
    Relay relay = new Relay(ERRORS);
    long[] hashes = new long[60];
    for (int user = 0; user < hashes.length; user++) {
      hashes[user] = SaltedHash.hash(salt, "user-" + user);
    }
    for (int owner = 0; owner < 5 + 2; owner++) {
      for (int i = 0; i < 15; i++) {
        long now = (owner * 15L + i) * SECOND;
        if (i < 14) {
          relay.write(now);
        }
        for (int user = i % 3; user < hashes.length; user += 3) {
          boolean isCanary = Long.compareUnsigned(hashes[user], SaltedHash.bound(0.5)) < 0;
          relay.analysis.ended(isCanary, true, hashes[user], Ending.FAILED, now, 1, 0, null);
        }
        if (relay.analysis.alarm() != null) {
          return true;
        }
      }
      relay.restart();
    }
    return false;
  }
}
