package dev.inproc.inference;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class BlockedCallerTest {
  @Test
  void await_interrupted_cancelsAndKeepsTheStatus() {
    CompletableFuture<String> never = new CompletableFuture<>();
    Thread.currentThread().interrupt();
    assertThrows(InferenceInterruptedException.class, () -> BlockedCaller.await(never));
    assertTrue(Thread.interrupted());
    assertTrue(never.isCancelled());
  }

  @Test
  void await_interruptedButDone_returns() {
    Thread.currentThread().interrupt();
    assertEquals("a", BlockedCaller.await(CompletableFuture.completedFuture("a")));
    assertTrue(Thread.interrupted());
  }

  @Test
  void await_failures_areThrownAsTheyAreOrAsCopies() {
    EngineException exception = new EngineException("broken", null);
    EngineException thrown = assertThrows(EngineException.class, () -> failed(exception));
    assertEquals("broken", thrown.getMessage());
    assertSame(exception, thrown.getCause());
    Error error = new StackOverflowError();
    assertSame(error, assertThrows(StackOverflowError.class, () -> failed(error)));
    IOException checked = new IOException();
    assertSame(
        checked, assertThrows(IllegalStateException.class, () -> failed(checked)).getCause());
    CompletableFuture<String> cancelled = new CompletableFuture<>();
    assertTrue(cancelled.cancel(false));
    assertThrows(CancellationException.class, () -> BlockedCaller.await(cancelled));
  }

  private static void failed(Throwable failure) {
    BlockedCaller.await(CompletableFuture.failedFuture(failure));
  }
}
