package dev.inproc.inference;

import dev.inproc.inference.concurrent.Nanos;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * How one call wants to be served. Immutable: {@code with...} methods return changed copies, and
 * since the timeout is relative, one constant can serve any number of calls.
 *
 * <pre>{@code
 * static final CallOptions QUICK = CallOptions.timeout(Duration.ofMillis(50));
 * float[] v = embedder.predict("how do I reset my password?", QUICK);
 * }</pre>
 *
 * <p>Each option is read by the layer that it concerns and passed on by all others: the timeout and
 * the executor by whichever layer holds the caller's future, priority and overload by layers that
 * queue, the affinity key by routing, the cache's scope and mode by caches.
 */
public final class CallOptions {
  private static final long UNARMED = Long.MAX_VALUE;

  /** No timeout, normal priority, fail at once on overload, caches used and not scoped. */
  public static final CallOptions DEFAULT =
      new CallOptions(
          null, UNARMED, Priority.NORMAL, Overload.FAIL, null, null, CacheMode.USE, null, false);

  /** How a call is weighed against others that wait; nothing starves, whatever its class. */
  public enum Priority {
    /** Work that can wait. */
    LOW,
    /** The default. */
    NORMAL,
    /** Work that a user waits for. */
    HIGH
  }

  /** What to do when too many calls wait already. */
  public enum Overload {
    /** Fail with {@link OverloadedException} at once. */
    FAIL,
    /**
     * Wait for room, up to the call's deadline; without a timeout, as long as it takes. For
     * blocking calls alone: {@code submit} never waits, and throws {@link
     * IllegalArgumentException}.
     */
    WAIT
  }

  /** How a call uses caches. */
  public enum CacheMode {
    /** Answer from the cache, else run the model and keep the answer. */
    USE,
    /** Run the model and replace what the cache holds. */
    REFRESH,
    /** Neither read nor write the cache. */
    BYPASS,
    /** Answer from the cache or not at all. */
    ONLY_IF_CACHED
  }

  private final @Nullable Duration timeout;
  private final long deadlineNanos;
  private final Priority priority;
  private final Overload overload;
  private final @Nullable String affinityKey;
  private final @Nullable String cacheScope;
  private final CacheMode cacheMode;
  private final @Nullable Executor executor;
  private final boolean blocked;

  private CallOptions(
      @Nullable Duration timeout,
      long deadlineNanos,
      Priority priority,
      Overload overload,
      @Nullable String affinityKey,
      @Nullable String cacheScope,
      CacheMode cacheMode,
      @Nullable Executor executor,
      boolean blocked) {
    this.timeout = timeout;
    this.deadlineNanos = deadlineNanos;
    this.priority = Objects.requireNonNull(priority, "priority");
    this.overload = Objects.requireNonNull(overload, "overload");
    this.affinityKey = affinityKey;
    this.cacheScope = cacheScope;
    this.cacheMode = Objects.requireNonNull(cacheMode, "cacheMode");
    this.executor = executor;
    this.blocked = blocked;
  }

  /** Returns the default options with this timeout. */
  public static CallOptions timeout(Duration timeout) {
    return DEFAULT.withTimeout(timeout);
  }

  /**
   * Returns these options with a timeout, counted from the moment a predictor accepts the call. A
   * timeout of zero or less has passed already. A call that was armed is armed no more.
   */
  public CallOptions withTimeout(Duration newTimeout) {
    Objects.requireNonNull(newTimeout, "timeout");
    return new CallOptions(
        newTimeout,
        UNARMED,
        priority,
        overload,
        affinityKey,
        cacheScope,
        cacheMode,
        executor,
        blocked);
  }

  /** Returns these options with a priority. */
  public CallOptions withPriority(Priority newPriority) {
    return new CallOptions(
        timeout,
        deadlineNanos,
        newPriority,
        overload,
        affinityKey,
        cacheScope,
        cacheMode,
        executor,
        blocked);
  }

  /** Returns these options with a behaviour under overload. */
  public CallOptions withOverload(Overload newOverload) {
    return new CallOptions(
        timeout,
        deadlineNanos,
        priority,
        newOverload,
        affinityKey,
        cacheScope,
        cacheMode,
        executor,
        blocked);
  }

  /** Returns these options with a key; calls of one key are routed alike. */
  public CallOptions withAffinityKey(String key) {
    Objects.requireNonNull(key, "key");
    return new CallOptions(
        timeout, deadlineNanos, priority, overload, key, cacheScope, cacheMode, executor, blocked);
  }

  /** Returns these options with a cache scope, such as a tenant; scopes never share an answer. */
  public CallOptions withCacheScope(String scope) {
    Objects.requireNonNull(scope, "scope");
    return new CallOptions(
        timeout,
        deadlineNanos,
        priority,
        overload,
        affinityKey,
        scope,
        cacheMode,
        executor,
        blocked);
  }

  /** Returns these options with a cache mode. */
  public CallOptions withCacheMode(CacheMode mode) {
    return new CallOptions(
        timeout,
        deadlineNanos,
        priority,
        overload,
        affinityKey,
        cacheScope,
        mode,
        executor,
        blocked);
  }

  /**
   * Returns these options with an executor on which a {@code submit}'s future completes, so that
   * its callbacks run there. Without one they run on the library's callback threads. If the
   * executor refuses, the future completes on such a thread; so it does at a timeout and when the
   * predictor is closed, since the executor may be stuck. Null takes the executor away. Blocking
   * calls ignore it.
   */
  public CallOptions withExecutor(@Nullable Executor newExecutor) {
    return new CallOptions(
        timeout,
        deadlineNanos,
        priority,
        overload,
        affinityKey,
        cacheScope,
        cacheMode,
        newExecutor,
        blocked);
  }

  /** Returns the timeout, or null. */
  public @Nullable Duration timeout() {
    return timeout;
  }

  /** Returns the priority. */
  public Priority priority() {
    return priority;
  }

  /** Returns the behaviour under overload. */
  public Overload overload() {
    return overload;
  }

  /** Returns the affinity key, or null. */
  public @Nullable String affinityKey() {
    return affinityKey;
  }

  /** Returns the cache scope, or null. */
  public @Nullable String cacheScope() {
    return cacheScope;
  }

  /** Returns the cache mode. */
  public CacheMode cacheMode() {
    return cacheMode;
  }

  /** Returns the executor for callbacks, or null. */
  public @Nullable Executor executor() {
    return executor;
  }

  // ---- for the authors of layers ----

  /**
   * Fixes the deadline, for the outermost layer that accepts a call: the layers inside see the same
   * moment however long the call took to reach them. Without a timeout, or when armed already,
   * returns these options themselves.
   *
   * @param nowNanos the present time on the clock of {@link System#nanoTime()}
   */
  public CallOptions arm(long nowNanos) {
    if (timeout == null || deadlineNanos != UNARMED) {
      return this;
    }
    long deadline = nowNanos + Nanos.of(timeout);
    return new CallOptions(
        timeout,
        deadline == UNARMED ? deadline - 1 : deadline,
        priority,
        overload,
        affinityKey,
        cacheScope,
        cacheMode,
        executor,
        blocked);
  }

  /**
   * Returns these options for a caller that blocks on the outcome: without the executor, of which
   * the caller may be the only thread, and with leave to {@link Overload#WAIT} in a {@code submit}
   * on the caller's behalf.
   */
  public CallOptions blocking() {
    if (executor == null && (overload == Overload.FAIL || blocked)) {
      return this;
    }
    return new CallOptions(
        timeout, deadlineNanos, priority, overload, affinityKey, cacheScope, cacheMode, null, true);
  }

  /**
   * Checks that a {@code submit} with these options can do as they say.
   *
   * @throws IllegalArgumentException if they ask to wait for room and no caller blocks
   */
  public void checkSubmit() {
    if (overload == Overload.WAIT && !blocked) {
      throw new IllegalArgumentException(
          "submit never blocks, so it cannot wait for room: use predict or predictAll with"
              + " Overload.WAIT; or submit with Overload.FAIL and, after an OverloadedException,"
              + " again after its retryAfter()");
    }
  }

  /** Returns whether the call has a timeout, armed or not. */
  public boolean hasTimeout() {
    return timeout != null;
  }

  /**
   * Returns the time that is left.
   *
   * @param nowNanos the present time on the clock of {@link System#nanoTime()}
   * @return nanoseconds, zero or less when the deadline has passed; {@link Long#MAX_VALUE} if the
   *     call has no timeout or was not armed
   */
  public long remainingNanos(long nowNanos) {
    return deadlineNanos == UNARMED ? Long.MAX_VALUE : deadlineNanos - nowNanos;
  }

  @Override
  public String toString() {
    return "CallOptions[timeout="
        + timeout
        + ", priority="
        + priority
        + ", overload="
        + overload
        + ", affinityKey="
        + affinityKey
        + ", cacheScope="
        + cacheScope
        + ", cacheMode="
        + cacheMode
        + ", executor="
        + executor
        + "]";
  }
}
