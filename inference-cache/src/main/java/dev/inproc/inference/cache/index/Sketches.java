package dev.inproc.inference.cache.index;

/**
 * What the number of differing bits of two sketches tells about the cosine of their vectors.
 *
 * <p>Each bit of a sketch is the side of a random hyperplane that the vector lies on. The bits of
 * two vectors at the angle a differ with probability a / pi (Charikar, "Similarity estimation
 * techniques from rounding algorithms", 2002).
 */
final class Sketches {
  static final int BITS = 384;
  static final int WORDS = BITS / Integer.SIZE;

  /** The index promises its recall for neighbours from this cosine on. */
  static final double PROMISED_COSINE = 0.8;

  /** A deviation beyond this many standard deviations has probability 3e-5. */
  private static final double DEVIATIONS = 4;

  /** Near cosine 1 the number of differing bits is Poisson, with a longer tail than the normal. */
  private static final int TAIL = 2;

  /** Neighbours at the promised cosine have at most this many differing bits. */
  static final int PROMISED_BITS = mostBits(PROMISED_COSINE);

  private Sketches() {}

  /** Returns how many bits differ at most, but for a probability of 3e-5, at this cosine. */
  static int mostBits(double cosine) {
    double p = Math.acos(cosine) / Math.PI;
    double most = BITS * p + DEVIATIONS * Math.sqrt(BITS * p * (1 - p)) + TAIL;
    return (int) Math.min(BITS, Math.ceil(most));
  }
}
