package dev.inproc.inference.internal.rollout;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.internal.routing.SaltedHash;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class KeyRestartsTest {
  @Test
  void put_anyKeys_isAMap() {
    Random random = new Random(3);
    KeyRestarts keys = new KeyRestarts(1 << 20);
    Map<Long, Integer> expected = new HashMap<>();
    for (int i = 0; i < 100_000; i++) {
      long key = random.nextInt(30_000) - 10_000L; // 0 among them
      Integer before = expected.put(key, i / 1_000);
      assertEquals(before == null ? KeyRestarts.NONE : before, keys.put(key, i / 1_000));
      if (i % 20_000 == 19_999) {
        int oldest = i / 1_000 - 5;
        keys.removeBefore(oldest);
        expected.values().removeIf(each -> each < oldest);
      }
      assertEquals(expected.size(), keys.size());
    }
  }

  @Test
  void put_full_keepsNothing() {
    KeyRestarts keys = new KeyRestarts(100);
    for (int key = 0; key < 100; key++) {
      assertEquals(KeyRestarts.NONE, keys.put(key, key / 10));
    }
    assertEquals(KeyRestarts.FULL, keys.put(100, 10));
    assertEquals(9, keys.put(99, 10), "a key that is there");
    int quarter = keys.quarter();
    keys.removeBefore(quarter);
    assertTrue(keys.size() <= 75 && keys.size() >= 60, "" + keys.size());
    assertEquals(KeyRestarts.NONE, keys.put(100, 10));
  }

  @Test
  void tests_fullOfKeys_dropOldRestartsAndVoteOn() {
    KindTests tests = new KindTests(RestartedTest.Floor.NONE, 1_000);
    tests.add(0, 0, 0.01, false, Bets.PLAIN);
    int[] after = new int[1];
    for (int i = 0; i < 20_000; i++) { // 100 keys a restart
      tests.advance(i / 100, LaneCounts.ZERO);
      assertTrue(tests.hasVote(0, true, SaltedHash.mix(i), after), "at " + i);
      tests.vote(0, 0, i % 2 == 0, after[0]);
    }
    KindSnapshot snapshot = tests.snapshot(TriggerKind.ERRORS, List.of());
    assertEquals(0, snapshot.votesLost());
    assertTrue(snapshot.bytes() < 40_000, "" + snapshot.bytes());
  }

  @Test
  void tests_moreKeysInARestartThanFit_loseVotesAndSaySo() {
    KindTests tests = new KindTests(RestartedTest.Floor.NONE, 1_000);
    tests.add(0, 0, 0.01, false, Bets.PLAIN);
    tests.advance(0, LaneCounts.ZERO);
    int[] after = new int[1];
    for (int i = 0; i < 1_500; i++) {
      assertEquals(i < 1_000, tests.hasVote(0, true, SaltedHash.mix(i), after));
    }
    assertEquals(500, tests.snapshot(TriggerKind.ERRORS, List.of()).votesLost());
    assertFalse(tests.hasVote(0, true, SaltedHash.mix(0), after), "it has voted");
  }
}
