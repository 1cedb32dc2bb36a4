package dev.inproc.inference.batch;

import java.util.SplittableRandom;

/** Arrivals by a law of chance, at a rate. */
enum Traffic {
  /** Independent of one another. */
  POISSON,
  /** Bursts of 1 to 63 at a moment, the bursts independent of one another. */
  BURSTY,
  /** Evenly spaced, give or take a twentieth. */
  REGULAR;

  /** Makes arrivals, in order, from 0 on. */
  long[] arrivals(int count, double perSecond, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    double gap = 1e9 / perSecond;
    long[] arrivals = new long[count];
    double now = 0;
    int burst = 0;
    for (int i = 0; i < count; i++) {
      switch (this) {
        case POISSON -> now += -gap * Math.log(1 - random.nextDouble());
        case REGULAR -> now = gap * (i + 0.05 * random.nextDouble());
        case BURSTY -> {
          if (burst == 0) {
            burst = random.nextInt(1, 64);
            now += -gap * 32 * Math.log(1 - random.nextDouble());
          }
          burst--;
        }
      }
      arrivals[i] = (long) now;
    }
    return arrivals;
  }
}
