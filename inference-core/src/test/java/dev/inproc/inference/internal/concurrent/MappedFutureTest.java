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
}
