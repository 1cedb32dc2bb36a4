package dev.inproc.inference.deploy;

import java.security.SecureRandom;

/** Draws the salts of rollouts, which nobody can foresee. */
final class Salts {
  private static final SecureRandom RANDOM = new SecureRandom();

  private Salts() {}

  static long next() {
    return RANDOM.nextLong();
  }
}
