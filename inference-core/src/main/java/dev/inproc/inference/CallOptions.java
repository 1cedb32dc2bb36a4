package dev.inproc.inference;

import dev.inproc.inference.internal.concurrent.Durations;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
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
 *
 * @see Deadline for authors of layers
 */
public final class CallOptions {
  private static final long UNARMED = Long.MAX_VALUE;

  /** No timeout, normal priority, fail at once on overload, caches used and not scoped. */
  public static final CallOptions DEFAULT = new CallOptions(new Builder());

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
    /**
     * As {@link #USE}, but a cache of similar requests answers only with the answer of an equal
     * request.
     */
    EXACT_ONLY,
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
  private final @Nullable String requestId;
  private final @Nullable String affinityKey;
  private final @Nullable String cacheScope;
  private final CacheMode cacheMode;
  private final @Nullable Executor executor;
  private final boolean blocking;
  private final @Nullable AnswerFacts facts;

  private CallOptions(Builder builder) {
    timeout = builder.timeout;
    deadlineNanos = builder.deadlineNanos;
    priority = builder.priority;
    overload = builder.overload;
    requestId = builder.requestId;
    affinityKey = builder.affinityKey;
    cacheScope = builder.cacheScope;
    cacheMode = builder.cacheMode;
    executor = builder.executor;
    blocking = builder.blocking;
    facts = builder.facts;
  }

  /** What the options are, before they are final. */
  private static final class Builder {
    private @Nullable Duration timeout;
    private long deadlineNanos = UNARMED;
    private Priority priority = Priority.NORMAL;
    private Overload overload = Overload.FAIL;
    private @Nullable String requestId;
    private @Nullable String affinityKey;
    private @Nullable String cacheScope;
    private CacheMode cacheMode = CacheMode.USE;
    private @Nullable Executor executor;
    private boolean blocking;
    private @Nullable AnswerFacts facts;

    private Builder() {}

    private Builder(CallOptions options) {
      timeout = options.timeout;
      deadlineNanos = options.deadlineNanos;
      priority = options.priority;
      overload = options.overload;
      requestId = options.requestId;
      affinityKey = options.affinityKey;
      cacheScope = options.cacheScope;
      cacheMode = options.cacheMode;
      executor = options.executor;
      blocking = options.blocking;
      facts = options.facts;
    }
  }

  private CallOptions with(Consumer<Builder> change) {
    Builder builder = new Builder(this);
    change.accept(builder);
    return new CallOptions(builder);
  }

  /** Returns the default options with this timeout. */
  public static CallOptions timeout(Duration timeout) {
    return DEFAULT.withTimeout(timeout);
  }

  /**
   * Returns these options with a timeout, counted from the moment a predictor accepts the call. A
   * timeout of zero or less has passed already. A deadline that a layer has fixed is forgotten.
   */
  public CallOptions withTimeout(Duration newTimeout) {
    Objects.requireNonNull(newTimeout, "timeout");
    return with(
        builder -> {
          builder.timeout = newTimeout;
          builder.deadlineNanos = UNARMED;
        });
  }

  /** Returns these options with a priority. */
  public CallOptions withPriority(Priority newPriority) {
    Objects.requireNonNull(newPriority, "priority");
    return with(builder -> builder.priority = newPriority);
  }

  /** Returns these options with a behaviour under overload. */
  public CallOptions withOverload(Overload newOverload) {
    Objects.requireNonNull(newOverload, "overload");
    return with(builder -> builder.overload = newOverload);
  }

  /**
   * Returns these options with an id of the request, such as a trace's. No layer reads it to decide
   * anything: it joins a call with what figures, events and late outcomes tell of it.
   */
  public CallOptions withRequestId(String id) {
    Objects.requireNonNull(id, "id");
    return with(builder -> builder.requestId = id);
  }

  /** Returns these options with a key; calls of one key are routed alike. */
  public CallOptions withAffinityKey(String key) {
    Objects.requireNonNull(key, "key");
    return with(builder -> builder.affinityKey = key);
  }

  /** Returns these options with a cache scope, such as a tenant; scopes never share an answer. */
  public CallOptions withCacheScope(String scope) {
    Objects.requireNonNull(scope, "scope");
    return with(builder -> builder.cacheScope = scope);
  }

  /** Returns these options with a cache mode. */
  public CallOptions withCacheMode(CacheMode mode) {
    Objects.requireNonNull(mode, "cacheMode");
    return with(builder -> builder.cacheMode = mode);
  }

  /**
   * Returns these options with an executor on which a {@code submit}'s future completes, so that
   * its callbacks run there. Without one they run on the library's callback threads. If the
   * executor refuses, the future completes on such a thread; so it does at a timeout and when the
   * predictor is closed, since the executor may be stuck. Null takes the executor away. Blocking
   * calls ignore it.
   */
  public CallOptions withExecutor(@Nullable Executor newExecutor) {
    return with(builder -> builder.executor = newExecutor);
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

  /** Returns the request's id, or null. */
  public @Nullable String requestId() {
    return requestId;
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

  // ---- for the authors of layers: see Deadline, BlockedCaller and AnswerFacts ----

  CallOptions startDeadline(long nowNanos) {
    if (timeout == null || deadlineNanos != UNARMED) {
      return this;
    }
    long deadline = nowNanos + Durations.of(timeout);
    return with(b -> b.deadlineNanos = deadline == UNARMED ? deadline - 1 : deadline);
  }

  /** The time that is left; {@link Long#MAX_VALUE} without a deadline. */
  long remaining(long nowNanos) {
    return deadlineNanos == UNARMED ? Long.MAX_VALUE : deadlineNanos - nowNanos;
  }

  CallOptions forBlockedCaller() {
    if (executor == null && (overload == Overload.FAIL || blocking)) {
      return this;
    }
    return with(
        builder -> {
          builder.executor = null;
          builder.blocking = true;
        });
  }

  boolean isCallerBlocked() {
    return blocking;
  }

  @Nullable AnswerFacts facts() {
    return facts;
  }

  CallOptions withFacts(@Nullable AnswerFacts newFacts) {
    return with(builder -> builder.facts = newFacts);
  }

  private List<@Nullable Object> state() {
    return Arrays.asList(
        timeout,
        deadlineNanos,
        priority,
        overload,
        requestId,
        affinityKey,
        cacheScope,
        cacheMode,
        executor,
        blocking,
        facts);
  }

  /** Equal options have a call served alike; executors are equal as their class says. */
  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof CallOptions that && state().equals(that.state());
  }

  @Override
  public int hashCode() {
    return state().hashCode();
  }

  @Override
  public String toString() {
    return "CallOptions[timeout="
        + timeout
        + ", priority="
        + priority
        + ", overload="
        + overload
        + ", requestId="
        + requestId
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
