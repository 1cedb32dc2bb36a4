package dev.inproc.inference.internal.experiment;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("endurance")
class SampleRatioTestTest {
  private static final boolean IS_LONG = Boolean.getBoolean("inproc.endurance");
  private static final double ALPHA = 0.01;

  private static int arm(SplittableRandom random, double[] weights) {
    double u = random.nextDouble() * Arrays.stream(weights).sum();
    int arm = 0;
    while (arm < weights.length - 1 && u >= weights[arm]) {
      u -= weights[arm++];
    }
    return arm;
  }

  /** Returns at how many keys each run found a mismatch, sorted; those that did not are last. */
  private static int[] found(double[] weights, double lost, int runs, int keys, long seed) {
    int[] found = new int[runs];
    Arrays.fill(found, Integer.MAX_VALUE);
    SplittableRandom random = new SplittableRandom(seed);
    for (int run = 0; run < runs; run++) {
      SampleRatioTest test = new SampleRatioTest(weights, ALPHA);
      for (int i = 1; i <= keys; i++) {
        int arm = arm(random, weights);
        if (arm == 0 && lost > 0 && random.nextDouble() < lost) {
          continue;
        }
        test.add(arm);
        if (test.isMismatch()) {
          found[run] = i;
          break;
        }
      }
    }
    Arrays.sort(found);
    return found;
  }

  private static long count(int[] found) {
    return Arrays.stream(found).filter(each -> each < Integer.MAX_VALUE).count();
  }

  @Test
  void rightShares_areCalledAMismatch_withTheStatedChanceAtMost() {
    int runs = IS_LONG ? 10_000 : 200;
    int keys = IS_LONG ? 200_000 : 20_000;
    for (double[] weights : new double[][] {{1, 1}, {1, 9}, {2, 1, 1}}) {
      long count = count(found(weights, 0, runs, keys, 11));
      System.out.printf("%s: %d of %d runs%n", Arrays.toString(weights), count, runs);
      double bar = IS_LONG ? ALPHA * runs : ALPHA * runs + 3 * Math.sqrt(ALPHA * runs);
      assertTrue(count <= bar, Arrays.toString(weights) + ": " + count);
    }
  }

  /** One key in a hundred is lost, all of one arm: one in fifty of that arm. */
  @Test
  void lostKeys_areFound() {
    int runs = IS_LONG ? 1_000 : 30;
    int[] found = found(new double[] {1, 1}, 0.02, runs, 200_000, 12);
    System.out.printf(
        "1 %% of all keys lost: %d of %d within 200,000, median %d%n",
        count(found), runs, found[runs / 2]);
    assertTrue(count(found) >= 0.75 * runs, "found " + count(found));
    int[] half = found(new double[] {1, 1}, 0.1, runs, 200_000, 13);
    assertEquals(runs, count(half));
    assertTrue(half[runs / 2] < 12_000, "median " + half[runs / 2]);
  }

  @Test
  void oneArmOnly_isFoundAtOnce_andStaysFound() {
    SampleRatioTest test = new SampleRatioTest(new double[] {1, 1}, ALPHA);
    int keys = 0;
    while (!test.isMismatch() && keys < 400) {
      test.add(0);
      keys++;
    }
    assertTrue(test.isMismatch(), "keys " + keys);
    for (int i = 0; i < keys; i++) {
      test.add(1);
    }
    assertTrue(test.isMismatch());
    String words = test.words();
    assertTrue(words.startsWith(keys + " : " + keys + " keys where"), words);
  }

  @Test
  void withoutKeys_thereIsNoMismatch() {
    SampleRatioTest test = new SampleRatioTest(new double[] {3, 1}, ALPHA);
    assertFalse(test.isMismatch());
    assertEquals("0 : 0 keys where the weights promise 0 : 0 (evidence 1.00 of 100)", test.words());
  }
}
