package dev.inproc.inference.cache.streams;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * A stream of vectors that imitates a real one: questions of which none is repeated, whose
 * duplicates come in small groups. Each question lies at a drawn cosine from an earlier one, and
 * has its answer or a new one with a probability that depends on the cosine. Cosines and
 * probabilities are such that a fixed threshold of 0.95 / 0.93 / 0.86 / 0.80 has 0.7 / 1.0 / 2.0 /
 * 2.9 % of its hits wrong and serves 13 / 23 / 29 % of the requests at the last three.
 */
public final class QuestionStream {
  /** Upper edges of cosine, from the top; the share of requests above; wrong ones within. */
  private static final double[][] BANDS = {
    // lowest cosine, requests per 1000 in the band, share of wrong ones in the band
    {0.985, 31, 0.003},
    {0.97, 39, 0.005},
    {0.95, 41, 0.009},
    {0.93, 29, 0.020},
    {0.90, 50, 0.028},
    {0.86, 66, 0.036},
    {0.83, 37, 0.046},
    {0.80, 36, 0.060},
    {0.75, 60, 0.16},
    {0.70, 70, 0.35},
    {0.60, 160, 0.72},
    {0.45, 290, 0.96},
    {0.30, 91, 1},
  };

  private final SplittableRandom random;
  private final Sphere sphere;

  public QuestionStream(long seed, int dimensions) {
    random = new SplittableRandom(seed);
    sphere = new Sphere(random, dimensions);
  }

  /** Returns a stream of so many requests. */
  public List<StreamRequest> generate(int size) {
    List<StreamRequest> all = new ArrayList<>(size);
    int groups = 0;
    for (int i = 0; i < size; i++) {
      if (i < 8) {
        all.add(new StreamRequest("question " + i, "a" + groups++, sphere.direction()));
        continue;
      }
      double[] band = band(random.nextDouble());
      double top = band == BANDS[0] ? 0.999 : above(band);
      double cosine = band[0] + (top - band[0]) * random.nextDouble();
      StreamRequest anchor = all.get(random.nextInt(all.size()));
      String answer = random.nextDouble() < band[2] ? "a" + groups++ : anchor.answer();
      all.add(new StreamRequest("question " + i, answer, sphere.near(anchor.vector(), cosine)));
    }
    return all;
  }

  private static double[] band(double share) {
    double left = share * 1000;
    for (double[] band : BANDS) {
      left -= band[1];
      if (left < 0) {
        return band;
      }
    }
    return BANDS[BANDS.length - 1];
  }

  private static double above(double[] band) {
    double top = 1;
    for (double[] each : BANDS) {
      if (each == band) {
        return top;
      }
      top = each[0];
    }
    throw new IllegalArgumentException("no such band");
  }
}
