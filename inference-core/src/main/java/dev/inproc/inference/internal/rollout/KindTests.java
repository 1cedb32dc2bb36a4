package dev.inproc.inference.internal.rollout;

import dev.inproc.inference.internal.rollout.RestartedTest.Evidence;
import dev.inproc.inference.internal.rollout.RestartedTest.Floor;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The tests of one kind in one phase, and who has voted in them. A key has one vote per test and
 * restart: its first incident in it. As restarts are nested, when the key voted last says in which
 * its next incident is a vote. Not thread-safe.
 */
final class KindTests {
  static final int MOST_KEYS = 1 << 20;

  /** What raises an alarm. */
  record Crossing(RestartedTest test, Evidence evidence, int which, boolean isMirrored) {}

  private record Entry(int which, boolean isMirrored, RestartedTest test) {}

  private final List<Entry> entries = new ArrayList<>();
  private final Floor floor;
  private final KeyRestarts keys;
  private int newest = -1;
  private long canaryVotes;
  private long controlVotes;
  private long lost;

  KindTests(Floor floor, int mostKeys) {
    this.floor = floor;
    keys = new KeyRestarts(mostKeys);
  }

  /** Adds a test; several of one number take the same votes. */
  void add(int which, double margin, double alpha, boolean isMirrored, double[][] ratios) {
    entries.add(new Entry(which, isMirrored, new RestartedTest(margin, alpha, isMirrored, ratios)));
  }

  void advance(int restart, LaneCounts counts) {
    newest = Math.max(newest, restart);
    for (Entry each : entries) {
      each.test.advance(restart, counts);
    }
  }

  /**
   * Takes an incident.
   *
   * @return whether it is a vote in any restart
   */
  boolean hasVote(int which, boolean isKeyed, long keyHash, int[] after) {
    after[0] = KeyRestarts.NONE;
    if (!isKeyed) {
      return true;
    }
    long key = Hashes.of(keyHash, which);
    after[0] = keys.put(key, newest);
    if (after[0] == KeyRestarts.FULL && makeRoom()) {
      after[0] = keys.put(key, newest);
    }
    if (after[0] == KeyRestarts.FULL) {
      lost++;
      return false;
    }
    return after[0] < newest;
  }

  /** Drops restarts, whose keys can then be forgotten. */
  private boolean makeRoom() {
    int before = keys.size();
    int oldest = newest;
    for (Entry each : entries) {
      oldest = Math.min(oldest, each.test.oldest());
    }
    keys.removeBefore(oldest);
    if (keys.size() > before - before / 4) {
      int restart = Math.min(newest, keys.quarter());
      entries.forEach(each -> each.test.dropBefore(restart));
      keys.removeBefore(restart);
    }
    return keys.size() < before;
  }

  /** Counts a vote; returns what raises the alarm, or null. */
  @Nullable Crossing vote(int which, int mark, boolean isCanary, int after) {
    if (isCanary) {
      canaryVotes++;
    } else {
      controlVotes++;
    }
    Crossing crossing = null;
    for (Entry each : entries) {
      if (each.which == which) {
        Evidence evidence = each.test.vote(isCanary, mark, after, floor);
        if (evidence != null) {
          crossing = new Crossing(each.test, evidence, which, each.isMirrored);
        }
      }
    }
    return crossing;
  }

  KindSnapshot snapshot(TriggerKind kind, List<Double> thresholds) {
    double progress = 0;
    long bytes = keys.bytes();
    for (Entry each : entries) {
      progress = Math.max(progress, each.test.progress());
      bytes += each.test.bytes();
    }
    return new KindSnapshot(kind, canaryVotes, controlVotes, progress, thresholds, lost, bytes);
  }
}
