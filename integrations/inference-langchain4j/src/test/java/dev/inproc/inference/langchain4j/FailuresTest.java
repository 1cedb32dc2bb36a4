package dev.inproc.inference.langchain4j;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.DeadlineExceededException;
import dev.inproc.inference.EngineException;
import dev.inproc.inference.InferenceException;
import dev.inproc.inference.InferenceInterruptedException;
import dev.inproc.inference.InvalidInputException;
import dev.inproc.inference.NotCachedException;
import dev.inproc.inference.OverloadedException;
import dev.inproc.inference.PredictorClosedException;
import dev.langchain4j.exception.InternalServerException;
import dev.langchain4j.exception.InvalidRequestException;
import dev.langchain4j.exception.NonRetriableException;
import dev.langchain4j.exception.RateLimitException;
import dev.langchain4j.exception.TimeoutException;
import dev.langchain4j.internal.RetryUtils;
import dev.langchain4j.model.embedding.request.EmbeddingRequest;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class FailuresTest {
  private static final EmbeddingRequest REQUEST = EmbeddingRequest.builder().input("a").build();

  static Stream<Arguments> failures() {
    return Stream.of(
        Arguments.of(new DeadlineExceededException(Duration.ofMillis(5)), TimeoutException.class),
        Arguments.of(new OverloadedException(1, 1, Duration.ofMillis(5)), RateLimitException.class),
        Arguments.of(new EngineException("planted", null), InternalServerException.class),
        Arguments.of(
            new InvalidInputException("text", "at most 512 tokens", "600 tokens"),
            InvalidRequestException.class),
        Arguments.of(new PredictorClosedException("p"), NonRetriableException.class),
        Arguments.of(new NotCachedException("p"), NonRetriableException.class),
        Arguments.of(
            new InferenceInterruptedException(new InterruptedException()),
            NonRetriableException.class));
  }

  private static InprocEmbeddingModel failingWith(RuntimeException failure) {
    ScriptedPredictor<String, float[]> predictor =
        new ScriptedPredictor<>(
            text -> {
              throw failure;
            });
    predictor.onSubmit = text -> CompletableFuture.failedFuture(failure);
    return InprocEmbeddingModel.builder(predictor, 1).build();
  }

  @ParameterizedTest
  @MethodSource("failures")
  void call_thatFails_throwsLangChain4jsException_withTheCause(
      InferenceException failure, Class<? extends RuntimeException> expected) {
    InprocEmbeddingModel model = failingWith(failure);
    RuntimeException thrown = assertThrows(RuntimeException.class, () -> model.embed(REQUEST));
    assertSame(expected, thrown.getClass());
    assertSame(failure, thrown.getCause());
    assertEquals(failure.getMessage(), thrown.getMessage());
    assertSame(
        expected,
        assertThrows(
                ExecutionException.class, () -> model.embedAsync(REQUEST).get(10, TimeUnit.SECONDS))
            .getCause()
            .getClass());
  }

  @Test
  void otherFailure_isThrownAsItIs() {
    IllegalArgumentException misuse = new IllegalArgumentException("planted");
    assertSame(
        misuse, assertThrows(RuntimeException.class, () -> failingWith(misuse).embed(REQUEST)));
  }

  @ParameterizedTest
  @MethodSource("failures")
  void langChain4jsRetries_repeatTimeoutsOverloadAndEngineFailuresAlone(
      InferenceException failure, Class<? extends RuntimeException> expected) {
    AtomicInteger tries = new AtomicInteger();
    InprocEmbeddingModel model = failingWith(failure);
    RetryUtils.RetryPolicy quick =
        RetryUtils.retryPolicyBuilder().maxRetries(1).delayMillis(1).build();
    assertThrows(
        expected,
        () ->
            quick.withRetry(
                () -> {
                  tries.incrementAndGet();
                  return model.embed(REQUEST);
                }));
    boolean repeats =
        Set.of(TimeoutException.class, RateLimitException.class, InternalServerException.class)
            .contains(expected);
    assertEquals(repeats ? 2 : 1, tries.get());
    assertTrue(tries.get() > 0);
  }
}
