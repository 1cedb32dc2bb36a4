package dev.inproc.inference.langchain4j;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.CallOptions;
import dev.inproc.inference.CallOptions.Overload;
import dev.inproc.inference.Deadline;
import dev.inproc.inference.EngineException;
import dev.inproc.inference.OverloadedException;
import dev.inproc.inference.langchain4j.ScriptedPredictor.Call;
import dev.inproc.inference.testing.Await;
import dev.langchain4j.data.embedding.Embedding;
import dev.langchain4j.exception.InternalServerException;
import dev.langchain4j.exception.RateLimitException;
import dev.langchain4j.model.embedding.request.EmbeddingRequest;
import dev.langchain4j.model.embedding.response.EmbeddingResponse;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class AsyncCallsTest {
  private final ScriptedPredictor<String, float[]> predictor =
      new ScriptedPredictor<>(text -> new float[] {Float.parseFloat(text)});
  private final InprocEmbeddingModel model = InprocEmbeddingModel.builder(predictor, 1).build();

  private static EmbeddingRequest numbers(int count) {
    return EmbeddingRequest.builder()
        .inputs(IntStream.range(0, count).mapToObj(Integer::toString).toArray(String[]::new))
        .build();
  }

  private static void assertNumbers(int count, CompletableFuture<EmbeddingResponse> future)
      throws Exception {
    List<Embedding> embeddings = future.get(10, TimeUnit.SECONDS).embeddings();
    assertEquals(count, embeddings.size());
    for (int i = 0; i < count; i++) {
      assertEquals(i, embeddings.get(i).vector()[0]);
    }
  }

  private static Throwable failure(CompletableFuture<?> future) {
    return assertThrows(ExecutionException.class, () -> future.get(10, TimeUnit.SECONDS))
        .getCause();
  }

  private static OverloadedException full() {
    return new OverloadedException(4, 4, Duration.ofMillis(1));
  }

  @Test
  void list_longerThanTheWindow_isAnsweredInOrder_withAtMostTheWindowInFlight() throws Exception {
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    Random random = new Random(seed);
    CompletableFuture<EmbeddingResponse> future = model.embedAsync(numbers(500));
    while (!future.isDone()) {
      List<Call<String, float[]>> waiting = predictor.waiting();
      assertTrue(waiting.size() <= ListCall.MAX_IN_FLIGHT, () -> waiting.size() + " in flight");
      Collections.shuffle(waiting, random);
      waiting.subList(0, (waiting.size() + 1) / 2).forEach(predictor::answer);
    }
    assertNumbers(500, future);
    assertEquals(500, predictor.submitted.size());
  }

  @Test
  void list_whoseAnswersAreThereAtOnce_needsNoDeepStack() throws Exception {
    predictor.onSubmit =
        text -> CompletableFuture.completedFuture(new float[] {Float.parseFloat(text)});
    assertNumbers(100_000, model.embedAsync(numbers(100_000)));
  }

  @Test
  void cancel_withdrawsWhatWaits_andSubmitsNoMore() {
    CompletableFuture<EmbeddingResponse> future = model.embedAsync(numbers(100));
    predictor.answer(predictor.submitted.get(7));
    assertTrue(future.cancel(true));
    assertEquals(List.of(), predictor.waiting());
    assertEquals(ListCall.MAX_IN_FLIGHT + 1, predictor.submitted.size());
    assertEquals(
        ListCall.MAX_IN_FLIGHT,
        predictor.submitted.stream().filter(call -> call.future().isCancelled()).count());
    assertThrows(CancellationException.class, future::join);
  }

  @Test
  void future_completedFromOutside_countsAsCancelled() {
    CompletableFuture<EmbeddingResponse> future = model.embedAsync(numbers(3));
    future.completeExceptionally(new IllegalStateException("outside"));
    assertTrue(predictor.submitted.stream().allMatch(call -> call.future().isCancelled()));
  }

  @Test
  void failure_ofOneText_failsTheList_andCancelsTheOthers() {
    EngineException failure = new EngineException("planted", null);
    CompletableFuture<EmbeddingResponse> future = model.embedAsync(numbers(3));
    predictor.submitted.get(1).future().completeExceptionally(failure);
    Throwable thrown = failure(future);
    assertInstanceOf(InternalServerException.class, thrown);
    assertSame(failure, thrown.getCause());
    assertEquals("planted", thrown.getMessage());
    assertTrue(predictor.submitted.get(0).future().isCancelled());
    assertTrue(predictor.submitted.get(2).future().isCancelled());
  }

  @Test
  void submit_thatThrows_failsTheFuture() {
    predictor.onSubmit =
        text -> {
          throw new IllegalArgumentException("planted");
        };
    assertEquals("planted", failure(model.embedAsync(numbers(3))).getMessage());
  }

  @Test
  void firstText_refusedByAFullQueue_failsTheList() {
    predictor.onSubmit = text -> CompletableFuture.failedFuture(full());
    CompletableFuture<EmbeddingResponse> future = model.embedAsync(numbers(3));
    assertInstanceOf(RateLimitException.class, failure(future));
    assertEquals(1, predictor.submitted.size());
  }

  @Test
  void laterTexts_refusedByAFullQueue_areSubmittedAgainAfterAnAnswer() throws Exception {
    AtomicInteger refusals = new AtomicInteger();
    predictor.onSubmit =
        text -> {
          if (predictor.waiting().size() < 4) {
            return new CompletableFuture<>();
          }
          refusals.incrementAndGet();
          return CompletableFuture.failedFuture(full());
        };
    CompletableFuture<EmbeddingResponse> future = model.embedAsync(numbers(200));
    while (!future.isDone()) {
      List<Call<String, float[]>> waiting = predictor.waiting();
      assertFalse(waiting.isEmpty(), () -> "stuck after " + predictor.submitted.size());
      predictor.answer(waiting.get(waiting.size() - 1));
    }
    assertNumbers(200, future);
    assertNotEquals(0, refusals.get());
  }

  @Test
  void laterText_refusedWhileNoneOfTheListIsInFlight_isSubmittedAgainInTime() throws Exception {
    AtomicInteger refusals = new AtomicInteger(3);
    predictor.onSubmit =
        text ->
            text.equals("0") || refusals.getAndDecrement() <= 0
                ? CompletableFuture.completedFuture(new float[] {Float.parseFloat(text)})
                : CompletableFuture.failedFuture(full());
    assertNumbers(5, model.embedAsync(numbers(5)));
  }

  @Test
  void text_thatUsedUpTheEnginesTime_isNotSubmittedAgain() {
    OverloadedException budget =
        new OverloadedException(
            "reruns", 1, 1, Duration.ofMillis(1), new EngineException("planted", null));
    predictor.onSubmit =
        text ->
            text.equals("1") ? CompletableFuture.failedFuture(budget) : new CompletableFuture<>();
    assertSame(budget, failure(model.embedAsync(numbers(3))).getCause());
  }

  @Test
  void timeout_isForTheWholeList() {
    CallOptions options =
        CallOptions.timeout(Duration.ofHours(1)).withPriority(CallOptions.Priority.LOW);
    var unused =
        InprocEmbeddingModel.builder(predictor, 1)
            .callOptions(options)
            .build()
            .embedAsync(numbers(100));
    predictor.answer(predictor.submitted.get(0));
    CallOptions first = predictor.submitted.get(0).options();
    assertNotEquals(Long.MAX_VALUE, Deadline.remainingNanos(first, System.nanoTime()));
    assertEquals(CallOptions.Priority.LOW, first.priority());
    assertSame(first, predictor.submitted.get(ListCall.MAX_IN_FLIGHT).options());
  }

  @Test
  void waitingForRoom_isLeftToBlockingCalls() {
    InprocEmbeddingModel waiting =
        InprocEmbeddingModel.builder(predictor, 1)
            .callOptions(CallOptions.DEFAULT.withOverload(Overload.WAIT))
            .build();
    var unused = waiting.embedAsync(numbers(1));
    assertEquals(Overload.FAIL, predictor.submitted.get(0).options().overload());
    waiting.embed(numbers(1));
    assertEquals(Overload.WAIT, predictor.blocking.get(0).options().overload());
  }

  @Test
  void answers_fromManyThreads_areEachCountedOnce() throws Exception {
    predictor.onSubmit =
        text -> CompletableFuture.supplyAsync(() -> new float[] {Float.parseFloat(text)});
    for (int round = 0; round < 5; round++) {
      assertNumbers(300, model.embedAsync(numbers(300)));
    }
    Await.until("all calls", () -> predictor.waiting().isEmpty());
    assertEquals(5 * 300, predictor.submitted.size());
  }
}
