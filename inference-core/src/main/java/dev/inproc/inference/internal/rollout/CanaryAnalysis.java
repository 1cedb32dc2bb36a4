package dev.inproc.inference.internal.rollout;

import org.jspecify.annotations.Nullable;

/**
 * Says whether a canary has more than its share of incidents. Thread-safe: {@link #ended} is called
 * by every thread that ends a call of the canary or of the control lane, and takes no lock and
 * allocates nothing unless the call casts a vote.
 */
public final class CanaryAnalysis {
  private final AnalysisSettings settings;

  /** Makes one without a memory beyond this process. */
  public CanaryAnalysis(AnalysisSettings settings) {
    this(settings, VoteSink.NONE);
  }

  /** Makes one whose state is told to a sink. */
  public CanaryAnalysis(AnalysisSettings settings, VoteSink sink) {
    this.settings = settings;
  }

  /**
   * Begins a phase: all tests anew. An alarm stays.
   *
   * @param phase from 0, below the number of the settings; each once
   * @param canaryWidth the canary's part of the unit interval of keys
   * @param controlWidth the control lane's
   */
  public void beginPhase(int phase, double canaryWidth, double controlWidth, long nowNanos) {}

  /**
   * Takes the end of a call that chance sent to the canary or to the control lane; calls that a rule
   * sent there do not belong here.
   *
   * @param isKeyed whether the call has a key; a call without is a key of its own
   * @param keyHash the salted hash of the key that decided on the lane; any value without a key
   * @param tookNanos from the call's entry to its end
   * @param score of the answer, for PREDICTIONS; ignored unless {@code ANSWERED}
   * @param run what the calls that failed together share, compared by identity; null if unknown
   */
  public void ended(
      boolean isCanary,
      boolean isKeyed,
      long keyHash,
      Ending ending,
      long endNanos,
      long tookNanos,
      double score,
      @Nullable Object run) {}

  /** Takes an incident that the application reports of a key, for LABELS. */
  public void label(boolean isCanary, boolean isKeyed, long keyHash, long nowNanos) {}

  /** Returns the first alarm; null while there is none. A volatile read. */
  public @Nullable Alarm alarm() {
    return null;
  }

  /** Returns what was counted in the present phase. */
  public AnalysisSnapshot snapshot() {
    throw new UnsupportedOperationException();
  }

  /** Returns what this analysis was told. */
  public AnalysisSettings settings() {
    return settings;
  }

  /**
   * Takes a record of an earlier analysis with the same settings, whose phase must have begun here
   * at the corresponding time; before any call of that phase. Told to no sink.
   */
  public void replay(VoteRecord record) {}
}
