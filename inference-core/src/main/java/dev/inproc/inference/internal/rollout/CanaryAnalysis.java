package dev.inproc.inference.internal.rollout;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Says whether a canary has more than its share of incidents. Thread-safe: {@link #ended} is called
 * by every thread that ends a call of the canary or of the control lane, and takes no lock and
 * allocates nothing unless the call casts a vote.
 */
public final class CanaryAnalysis {
  private final AnalysisSettings settings;
  private final VoteSink sink;
  private final ReentrantLock lock = new ReentrantLock(); // no virtual thread pins its carrier
  private volatile @Nullable Phase phase;
  private volatile List<Alarm> alarms = List.of();
  private boolean isReplaying;

  /** Makes one without a memory beyond this process. */
  public CanaryAnalysis(AnalysisSettings settings) {
    this(settings, VoteSink.NONE);
  }

  /** Makes one whose state is told to a sink. */
  public CanaryAnalysis(AnalysisSettings settings, VoteSink sink) {
    this.settings = settings;
    this.sink = sink;
  }

  /**
   * Begins a phase: all tests anew. An alarm stays. A canary or a control lane without keys cannot
   * be tested: its calls are counted alone.
   *
   * @param number from 0, below the number of the settings; above that of the phase before
   * @param canaryWidth the canary's part of the range of keys, at its low end
   * @param controlWidth the control lane's, at its high end
   */
  public void beginPhase(int number, double canaryWidth, double controlWidth, long nowNanos) {
    ComparedKeys compared = new ComparedKeys(canaryWidth, controlWidth);
    lock.lock();
    try {
      int least = phase == null ? 0 : phase.number() + 1;
      if (number < least || number >= settings.phases()) {
        throw new IllegalArgumentException(
            "The phase must be from "
                + least
                + " to "
                + (settings.phases() - 1)
                + ", as each has its part of alpha, got "
                + number);
      }
      VoteSink unlessReplaying = record -> tell(record);
      phase = new Phase(settings, number, compared, nowNanos, lock, unlessReplaying, this::raise);
    } finally {
      lock.unlock();
    }
  }

  private void tell(VoteRecord record) {
    if (!isReplaying) {
      sink.accept(record);
    }
  }

  private void raise(Alarm raised) {
    if (alarms.stream()
        .noneMatch(each -> each.kind() == raised.kind() && each.phase() == raised.phase())) {
      List<Alarm> all = new ArrayList<>(alarms);
      all.add(raised);
      alarms = List.copyOf(all);
    }
  }

  /**
   * Takes the end of a call that chance sent to the canary or to the control lane; calls that a
   * rule sent there do not belong here.
   *
   * @param isKeyed whether the call has a key; a call without is a key of its own
   * @param keyHash the salted hash of the key that decided on the lane: its place in the range. Of
   *     a call without a key, random bits that did not
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
      @Nullable Object run) {
    Phase now = phase;
    if (now != null) {
      now.ended(isCanary, isKeyed, keyHash, ending, endNanos, tookNanos, true, score, run);
    }
  }

  /** Takes the end of a call whose answer has no score, such as a list's. */
  public void ended(
      boolean isCanary,
      boolean isKeyed,
      long keyHash,
      Ending ending,
      long endNanos,
      long tookNanos,
      @Nullable Object run) {
    Phase now = phase;
    if (now != null) {
      now.ended(isCanary, isKeyed, keyHash, ending, endNanos, tookNanos, false, 0, run);
    }
  }

  /** Takes an incident that the application reports of a key, for LABELS. */
  public void label(boolean isCanary, boolean isKeyed, long keyHash, long nowNanos) {
    Phase now = phase;
    if (now != null) {
      now.label(isCanary, isKeyed, keyHash, nowNanos);
    }
  }

  /** Returns the first alarm; null while there is none. A volatile read. */
  public @Nullable Alarm alarm() {
    List<Alarm> now = alarms;
    return now.isEmpty() ? null : now.get(0);
  }

  /** Returns the first alarm of each kind and phase, in their order. A volatile read. */
  public List<Alarm> alarms() {
    return alarms;
  }

  /** Returns what was counted in the present phase. */
  public AnalysisSnapshot snapshot() {
    lock.lock();
    try {
      return phase == null ? new AnalysisSnapshot(-1, 0, 0, 0, 0, List.of(), 0) : phase.snapshot();
    } finally {
      lock.unlock();
    }
  }

  /** Returns what this analysis was told. */
  public AnalysisSettings settings() {
    return settings;
  }

  /** Tells the sink how many calls the present phase had until now; votes it knows already. */
  public void checkpoint(long nowNanos) {
    lock.lock();
    try {
      if (phase != null) {
        phase.checkpoint(nowNanos);
      }
    } finally {
      lock.unlock();
    }
  }

  /**
   * Takes a record of an earlier analysis with the same settings, whose phase must be the present
   * one here, begun at the corresponding time, and without a call so far. Told to no sink.
   */
  public void replay(VoteRecord record) {
    lock.lock();
    try {
      Phase now = phase;
      if (now == null || now.number() != record.phase()) {
        throw new IllegalStateException(
            "Phase " + record.phase() + " must begin before its records are replayed");
      }
      isReplaying = true;
      now.replay(record);
    } finally {
      isReplaying = false;
      lock.unlock();
    }
  }
}
