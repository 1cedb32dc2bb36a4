package dev.inproc.inference;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** A caller gets an exception of its own, which has its frames. */
class CallersFailureTest {
  private final Exception engines = new Exception("what the engine said");

  /** Made on a thread that has none of this test's frames. */
  private static Throwable onAnotherThread(java.util.function.Supplier<Throwable> failure) {
    return CompletableFuture.supplyAsync(failure, task -> new Thread(task).start()).join();
  }

  private static boolean hasFrameOfThisTest(Throwable failure) {
    return Arrays.stream(failure.getStackTrace())
        .anyMatch(frame -> frame.getMethodName().startsWith("copy_"));
  }

  @Test
  void copy_ofLibraryAndJdkTypes_isOwnWithTheCauseShared() {
    List<Throwable> originals =
        List.of(
            onAnotherThread(() -> new EngineException("broken", engines)),
            onAnotherThread(() -> EngineException.systemic("gone", engines)),
            onAnotherThread(() -> new InvalidInputException("x", "FLOAT32", "INT64", engines)),
            onAnotherThread(() -> new InvalidInputException("x", "1", "2", engines).atIndex(3)),
            onAnotherThread(() -> new PredictorClosedException("model", engines)),
            onAnotherThread(() -> new IllegalStateException("state", engines)),
            onAnotherThread(() -> new IllegalArgumentException("argument", engines)),
            onAnotherThread(() -> new CancellationException("left")),
            onAnotherThread(() -> new NoSuchElementException("none")),
            onAnotherThread(() -> new NullPointerException()));
    for (Throwable original : originals) {
      Throwable copy = BlockedCaller.failure(original);
      assertNotSame(original, copy);
      assertEquals(original.getClass(), copy.getClass());
      assertEquals(original.getMessage(), copy.getMessage());
      Throwable cause = original.getCause();
      assertSame(cause == null ? original : cause, copy.getCause(), original.toString());
      assertTrue(hasFrameOfThisTest(copy), copy.toString());
      copy.addSuppressed(new Exception("one caller's")); // no other sees it
      assertEquals(0, original.getSuppressed().length);
    }
    EngineException systemic = (EngineException) BlockedCaller.failure(originals.get(1));
    assertTrue(systemic.isSystemic());
    InvalidInputException third = (InvalidInputException) BlockedCaller.failure(originals.get(3));
    assertEquals(3, third.index());
  }

  private static final class WithFields extends RuntimeException {
    private static final long serialVersionUID = 1L;

    WithFields(int code) {
      super("code " + code);
    }
  }

  @Test
  void copy_ofWhatCannotChangeOrWouldLoseFields_isItself() {
    for (Throwable each :
        List.of(
            new DeadlineExceededException(Duration.ZERO),
            new OverloadedException(1, 1, Duration.ZERO),
            new WithFields(7),
            new StackOverflowError(),
            new UncheckedIOException(new java.io.IOException("no such constructor")))) {
      assertSame(each, BlockedCaller.failure(each));
    }
  }

  @Test
  void rethrow_ofAnyKind_throwsIt() {
    assertThrows(
        StackOverflowError.class,
        () -> {
          throw BlockedCaller.rethrow(new StackOverflowError());
        });
    IllegalStateException wrapped =
        assertThrows(
            IllegalStateException.class,
            () -> {
              throw BlockedCaller.rethrow(engines);
            });
    assertInstanceOf(Exception.class, wrapped.getCause());
    assertSame(engines, wrapped.getCause());
  }
}
