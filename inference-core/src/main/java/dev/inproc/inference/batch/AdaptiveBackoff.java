package dev.inproc.inference.batch;

/**
 * Decides whether to try a wait that may pay or not. Each time that it did not pay, the pause until
 * the next try grows, so that waits in vain cost next to nothing. Used by one thread.
 */
final class AdaptiveBackoff {
  private static final int MOST_PAUSE = 64;

  private int pause; // occasions until the next try
  private int lastPause;

  /** To be asked at every occasion. */
  boolean tries() {
    if (pause > 0) {
      pause--;
      return false;
    }
    return true;
  }

  /** Learns whether a wait paid. */
  void learn(boolean paid) {
    lastPause = paid ? 0 : Math.min(MOST_PAUSE, 2 * lastPause + 1);
    pause = lastPause;
  }
}
