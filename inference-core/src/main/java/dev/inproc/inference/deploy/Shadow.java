package dev.inproc.inference.deploy;

import dev.inproc.inference.model.ModelVersion;
import java.time.Duration;
import java.util.Optional;

/**
 * A version that runs on copies of a deployment's calls and answers no caller; {@link
 * Deployment#shadow} starts it. Thread-safe.
 *
 * <pre>{@code
 * try (Shadow shadow = fraud.shadow(ShadowPlan.of(candidate))) {
 *   ...
 *   shadow.refusal(new ShadowGate(1_000, 0.99)).ifPresent(why -> log.warn(why));
 * }
 * }</pre>
 */
public sealed interface Shadow extends AutoCloseable permits RunningShadow {
  /** Returns the version that runs beside. */
  ModelVersion version();

  /** Returns the figures so far; its counts are read one by one. */
  ShadowMetrics metrics();

  /**
   * Returns why this shadow does not pass a gate, in a sentence; empty if it passes. The bound is
   * that of one look: a look every minute passes a version sooner by chance.
   */
  Optional<String> refusal(ShadowGate gate);

  /**
   * Ends the shadow: no more calls are copied, copies that wait are dropped, and a thread of the
   * library closes its lane. Waits for a run that is under way, but no longer than ten seconds: a
   * run that hangs keeps its memory until it ends. Idempotent. A recorder of this shadow that calls
   * this does not wait.
   */
  @Override
  void close();

  /**
   * Closes as {@link #close()} does, and waits no longer than this and half a second.
   *
   * @return whether everything has been released
   */
  boolean close(Duration timeout);
}
