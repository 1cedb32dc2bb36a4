package dev.inproc.inference.internal.concurrent;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.CallOptions;
import dev.inproc.inference.DeadlineExceededException;
import dev.inproc.inference.internal.calls.CallFuture;
import dev.inproc.inference.testing.Await;
import java.time.Duration;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class MappedFutureTest {
  private final CompletableFuture<Integer> upstream = new CompletableFuture<>();
  private final AtomicInteger mapped = new AtomicInteger();
  private final CompletableFuture<String> relay =
      MappedFuture.map(
          upstream,
          value -> {
            mapped.incrementAndGet();
            return "<" + value + ">";
          });

  @Test
  void value_ofUpstream_isMapped() {
    assertTrue(upstream.complete(3));
    assertEquals("<3>", Await.value(relay));
    assertEquals(
        "<4>", Await.value(MappedFuture.map(CompletableFuture.completedFuture(4), v -> "<4>")));
  }

  @Test
  void failure_ofUpstream_isHandedOnAsItIs() {
    IllegalStateException failure = new IllegalStateException("mine");
    assertTrue(upstream.completeExceptionally(failure));
    assertSame(failure, Await.failure(relay));
  }

  @Test
  void failure_ofTheFunction_failsTheRelay() {
    ArithmeticException failure = new ArithmeticException();
    CompletableFuture<Integer> relay2 =
        MappedFuture.map(
            upstream,
            value -> {
              throw failure;
            });
    assertTrue(upstream.complete(1));
    assertSame(failure, Await.failure(relay2));
  }

  @Test
  void cancel_ofUpstream_cancels() {
    assertTrue(upstream.cancel(false));
    assertTrue(relay.isCancelled());
  }

  @Test
  void cancel_ofTheRelay_cancelsUpstreamAndMapsNothing() {
    assertTrue(relay.cancel(true));
    assertTrue(upstream.isCancelled());
    assertInstanceOf(CancellationException.class, Await.failure(relay));
    assertEquals(0, mapped.get());
  }

  @Test
  void completeFromOutside_countsAsGone() {
    assertTrue(relay.complete("mine"));
    assertTrue(upstream.isCancelled());
    assertFalse(relay.complete("again"));
    assertEquals("mine", Await.value(relay));
  }

  @Test
  void completeExceptionallyFromOutside_countsAsGone() {
    assertTrue(relay.completeExceptionally(new IllegalStateException()));
    assertTrue(upstream.isCancelled());
  }

  @Test
  void cancel_afterTheAnswer_leavesUpstreamAlone() {
    assertTrue(upstream.complete(1));
    assertFalse(relay.cancel(true));
    assertFalse(upstream.isCancelled());
  }

  @Test
  void cancel_throughTwoRelays_reachesTheSource() {
    CompletableFuture<Integer> outer = MappedFuture.map(relay, String::length);
    assertTrue(outer.cancel(false));
    assertTrue(upstream.isCancelled());
  }

  @Test
  void relayWhoseTimeIsOver_tellsUpstreamSo() {
    DeadlineExceededException late = new DeadlineExceededException(Duration.ofMillis(5));
    CompletableFuture<Integer> call = new CallFuture<>("in", CallOptions.DEFAULT);
    CompletableFuture<Integer> above = MappedFuture.map(MappedFuture.map(call, x -> x), x -> x);
    assertTrue(above.completeExceptionally(late));
    assertSame(late, Await.failure(call));
    assertTrue(relay.completeExceptionally(late));
    assertTrue(upstream.isCancelled(), "a future of others");
  }

  // ---- further calls after a failure ----

  private final CompletableFuture<Integer> second = new CompletableFuture<>();
  private final AtomicInteger calls = new AtomicInteger();
  private final CompletableFuture<Integer> retried =
      MappedFuture.retrying(upstream, failure -> calls.incrementAndGet() == 1 ? second : null);

  @Test
  void retrying_aValue_makesNoOtherCall() {
    assertTrue(upstream.complete(1));
    assertEquals(1, Await.value(retried));
    assertEquals(0, calls.get());
  }

  @Test
  void retrying_afterAFailure_hasTheOutcomeOfTheNextCall() {
    assertTrue(upstream.completeExceptionally(new IllegalStateException("first")));
    assertFalse(retried.isDone());
    assertTrue(second.complete(2));
    assertEquals(2, Await.value(retried));
  }

  @Test
  void retrying_whenNoOtherCallIsMade_hasTheLastFailure() {
    IllegalStateException last = new IllegalStateException("second");
    assertTrue(upstream.completeExceptionally(new IllegalStateException("first")));
    assertTrue(second.completeExceptionally(last));
    assertSame(last, Await.failure(retried));
    assertEquals(2, calls.get());
  }

  @Test
  void retrying_cancelled_withdrawsTheCallUnderWayAndMakesNoOther() {
    assertTrue(retried.cancel(false));
    assertTrue(upstream.isCancelled());
    assertEquals(0, calls.get());
    assertFalse(second.isDone());
  }

  @Test
  void retrying_cancelledAfterAFailure_withdrawsTheNextCall() {
    assertTrue(upstream.completeExceptionally(new IllegalStateException("first")));
    assertTrue(retried.cancel(false));
    assertTrue(second.isCancelled());
  }

  @Test
  void retrying_cancelledWhileTheNextCallIsMade_withdrawsThatCall() {
    CompletableFuture<Integer> first = new CompletableFuture<>();
    CompletableFuture<Integer> next = new CompletableFuture<>();
    AtomicReference<CompletableFuture<Integer>> relayed = new AtomicReference<>();
    relayed.set(
        MappedFuture.retrying(
            first,
            failure -> {
              assertTrue(relayed.get().cancel(false));
              return next;
            }));
    assertTrue(first.completeExceptionally(new IllegalStateException("first")));
    assertTrue(next.isCancelled());
  }

  @Test
  void retrying_whenTheNextCallCannotBeMade_hasTheFailureBefore() {
    IllegalStateException failure = new IllegalStateException("first");
    CompletableFuture<Integer> relayed =
        MappedFuture.retrying(
            CompletableFuture.failedFuture(failure),
            each -> {
              throw new ArithmeticException();
            });
    assertSame(failure, Await.failure(relayed));
    assertInstanceOf(ArithmeticException.class, failure.getSuppressed()[0]);
  }
}
