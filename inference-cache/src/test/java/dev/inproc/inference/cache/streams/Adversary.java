package dev.inproc.inference.cache.streams;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Makes requests against a cache whose answers it sees. It asks paraphrases until most are hits;
 * then it asks what lies as near and has another answer, until few of these are hits; and begins
 * again.
 */
public final class Adversary {
  private static final int WINDOW = 40;
  private static final int GROUPS = 200;
  private static final int DIMENSIONS = 384;

  private final SplittableRandom random;
  private final Sphere sphere;
  private final List<StreamRequest> centres = new ArrayList<>();
  private boolean attacks;
  private int asked;
  private int hits;
  private int made;

  public Adversary(long seed) {
    random = new SplittableRandom(seed);
    sphere = new Sphere(random, DIMENSIONS);
  }

  /**
   * Returns the next request.
   *
   * @param hit whether the last one was answered from the cache
   */
  public StreamRequest next(boolean hit) {
    hits += hit ? 1 : 0;
    if (++asked == WINDOW) {
      attacks = attacks ? hits > WINDOW / 5 : hits > WINDOW * 3 / 5;
      asked = 0;
      hits = 0;
    }
    int number = made++;
    if (centres.size() < GROUPS) {
      StreamRequest first = new StreamRequest("q" + number, "a" + number, sphere.direction());
      centres.add(first);
      return first;
    }
    StreamRequest centre = centres.get(random.nextInt(GROUPS));
    String answer = attacks ? "other " + number : centre.answer();
    return new StreamRequest("q" + number, answer, sphere.near(centre.vector(), 0.96));
  }
}
