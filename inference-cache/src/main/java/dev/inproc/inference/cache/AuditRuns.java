package dev.inproc.inference.cache;

import dev.inproc.inference.CallOptions;
import dev.inproc.inference.DeadlineExceededException;
import dev.inproc.inference.OverloadedException;
import dev.inproc.inference.internal.concurrent.ServingThreads;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Goes on with audits whose callers have gone, timed out or were refused: a caller that cancels its
 * slow calls would otherwise cancel the audits. The model runs for the audit alone. An audit that
 * the model refuses {@value #ATTEMPTS} times, or that fails, counts as wrong.
 */
final class AuditRuns<I, O> {
  private static final int ATTEMPTS = 4;
  private static final long FIRST_PAUSE_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final ExactCache<I, O> exact;
  private final SimilarityLookup<I, O> lookups;
  private final ServingThreads threads;

  AuditRuns(ExactCache<I, O> exact, SimilarityLookup<I, O> lookups, ServingThreads threads) {
    this.exact = exact;
    this.lookups = lookups;
    this.threads = threads;
  }

  /** Goes on with a call's audit if it was one. */
  void goOn(Lookup<I, O> found, Object key, I input, CallOptions options) {
    if (!found.isAudit()) {
      return;
    }
    CallOptions own = CallOptions.DEFAULT.withPriority(options.priority());
    String scope = options.cacheScope();
    I request = Keys.owned(input, key); // the caller may change its own
    run(found, key, request, scope == null ? own : own.withCacheScope(scope), 1);
  }

  private void run(Lookup<I, O> found, Object key, I input, CallOptions options, int attempt) {
    CompletableFuture<O> future;
    try {
      future = exact.submit(input, options);
    } catch (RuntimeException | Error e) {
      future = CompletableFuture.failedFuture(e);
    }
    var unused =
        future.whenComplete(
            (answer, failure) -> {
              if (failure == null) {
                lookups.learn(found, key, input, options.cacheScope(), answer);
              } else if (isRefusal(failure) && attempt < ATTEMPTS) {
                again(found, key, input, options, attempt + 1);
              } else {
                lookups.lost(found);
              }
            });
  }

  private static boolean isRefusal(@Nullable Throwable failure) {
    return failure instanceof OverloadedException || failure instanceof DeadlineExceededException;
  }

  private void again(Lookup<I, O> found, Object key, I input, CallOptions options, int attempt) {
    long pause = FIRST_PAUSE_NANOS << (2 * (attempt - 2)); // 1, 4 and 16 seconds
    var unused =
        threads
            .timer()
            .schedule(
                () -> threads.callbacks().execute(() -> run(found, key, input, options, attempt)),
                pause);
  }
}
