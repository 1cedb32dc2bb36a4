package dev.inproc.examples;

/**
 * What the model says of a transaction.
 *
 * @param probability that it is fraud, 0 to 1
 */
record FraudScore(float probability) {
  private static final float THRESHOLD = 0.5f;

  /** Whether fraud is the likelier explanation. */
  boolean isFraud() {
    return probability > THRESHOLD;
  }
}
