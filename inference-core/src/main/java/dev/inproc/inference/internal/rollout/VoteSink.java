package dev.inproc.inference.internal.rollout;

/**
 * Is told what a later {@link CanaryAnalysis} needs to go on: hand it to {@link
 * CanaryAnalysis#replay} in the same order. Called under the lock of the analysis: keep it short,
 * and never call back.
 */
public interface VoteSink {
  /** Keeps nothing. */
  VoteSink NONE = record -> {};

  /** Takes a record. */
  void accept(VoteRecord record);
}
