package dev.inproc.inference.batch;

/**
 * How fast requests with a deadline arrive for one engine: fading means, over runs, of the requests
 * that came between two choices and of the time between them.
 *
 * <p>With several engines the choices follow each other faster than the runs of one engine. The
 * time counts as at least that of the run, so each engine expects its share of the requests.
 */
final class ArrivalRate {
  private static final double RUNS = 16;

  private int arrivals; // since the last choice
  private double meanArrivals;
  private double meanNanos;
  private double runNanos;
  private long chosenAtNanos;
  private boolean hasChosen;

  void arrived() {
    arrivals++;
  }

  /** Whether a run was chosen within a time until now. */
  boolean hasChosenWithin(double nanos, long nowNanos) {
    return hasChosen && nowNanos - chosenAtNanos < nanos;
  }

  /**
   * An engine is about to be given a run.
   *
   * @param mostNanos what an idle time counts at most: a pause of an hour says nothing of the
   *     requests that come now
   */
  void choosing(long nowNanos, double mostNanos) {
    if (hasChosen) {
      double passed = Math.max(Math.min((double) (nowNanos - chosenAtNanos), mostNanos), runNanos);
      meanArrivals += (arrivals - meanArrivals) / RUNS;
      meanNanos += (passed - meanNanos) / RUNS;
    }
    arrivals = 0;
    chosenAtNanos = nowNanos;
    hasChosen = true;
    runNanos = 0;
  }

  /** The run that was chosen will take so long; not known for each. */
  void chosen(double nanos) {
    runNanos = nanos;
  }

  /** Nanoseconds between two arrivals; infinite while none is expected. */
  double gapNanos() {
    return meanArrivals > 0 ? meanNanos / meanArrivals : Double.POSITIVE_INFINITY;
  }
}
