package dev.inproc.inference.langchain4j;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.CallOptions;
import dev.inproc.inference.EngineException;
import dev.inproc.inference.text.TextPair;
import dev.langchain4j.data.segment.TextSegment;
import dev.langchain4j.exception.InternalServerException;
import dev.langchain4j.exception.NonRetriableException;
import dev.langchain4j.exception.UnsupportedFeatureException;
import dev.langchain4j.model.scoring.request.ScoringRequest;
import dev.langchain4j.model.scoring.request.ScoringRequestParameters;
import dev.langchain4j.model.scoring.response.ScoringResponse;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class InprocScoringModelTest {
  private final ScriptedPredictor<TextPair, Float> predictor =
      new ScriptedPredictor<>(
          pair -> {
            if (pair.second().equals("fail")) {
              throw new EngineException("planted", null);
            }
            return pair.first().length() * 100f + pair.second().length();
          });
  private final CallOptions options = CallOptions.timeout(Duration.ofHours(1));
  private final InprocScoringModel model =
      InprocScoringModel.builder(predictor).modelName("lengths").callOptions(options).build();

  private static ScoringRequest request(String... documents) {
    return ScoringRequest.builder().query("ab").documents(List.of(documents)).build();
  }

  @Test
  void texts_areScoredInOneCall_inOrder_behindTheQuery() {
    List<TextSegment> segments = List.of(TextSegment.from("abc"), TextSegment.from("a"));
    assertEquals(List.of(203.0, 201.0), model.scoreAll(segments, "ab").content());
    assertEquals(1, predictor.blocking.size());
    assertEquals(options, predictor.blocking.get(0).options());
    assertEquals(
        List.of(new TextPair("ab", "abc"), new TextPair("ab", "a")),
        predictor.blocking.get(0).inputs());
    assertEquals(201.0, model.score("a", "ab").content());
  }

  @Test
  void noTexts_haveNoScores() {
    assertEquals(List.of(), model.scoreAll(List.of(), "ab").content());
    assertEquals(List.of(), model.scoreAsync(request()).join().scores());
  }

  @Test
  void async_isAnsweredInOrder_andBlocksNobody() throws Exception {
    CompletableFuture<ScoringResponse> future = model.scoreAsync(request("abc", "a"));
    predictor.answer(predictor.submitted.get(1));
    assertEquals(false, future.isDone());
    predictor.answer(predictor.submitted.get(0));
    ScoringResponse response = future.get(10, TimeUnit.SECONDS);
    assertEquals(List.of(203.0, 201.0), response.scores());
    assertEquals("lengths", response.modelName());
  }

  @Test
  void asyncCancel_withdrawsThePairs() {
    model.scoreAsync(request("abc", "a")).cancel(true);
    assertEquals(List.of(), predictor.waiting());
  }

  @Test
  void failures_areLangChain4js() {
    assertThrows(InternalServerException.class, () -> model.score("fail", "ab"));
    CompletableFuture<ScoringResponse> future = model.scoreAsync(request("abc", "a"));
    predictor.submitted.get(1).future().completeExceptionally(new EngineException("later", null));
    assertInstanceOf(
        InternalServerException.class,
        assertThrows(ExecutionException.class, () -> future.get(10, TimeUnit.SECONDS)).getCause());
    assertTrue(predictor.submitted.get(0).future().isCancelled());
  }

  @Test
  void requestForAnotherModel_isRefused() {
    ScoringRequest request =
        ScoringRequest.builder()
            .query("ab")
            .documents(List.of("a"))
            .parameters(ScoringRequestParameters.builder().modelName("other").build())
            .build();
    Throwable failure =
        assertThrows(ExecutionException.class, () -> model.scoreAsync(request).get()).getCause();
    assertInstanceOf(UnsupportedFeatureException.class, failure);
    assertEquals("This model is lengths, the request is for other", failure.getMessage());
    assertEquals(List.of(), predictor.submitted);
  }

  @Test
  void close_closesThePredictor_unlessBorrowed() {
    InprocScoringModel borrower = InprocScoringModel.builder(predictor).borrowed().build();
    borrower.close();
    assertThrows(NonRetriableException.class, () -> borrower.score("a", "ab"));
    assertEquals(false, predictor.closed);
    assertTrue(model.close(Duration.ofSeconds(1)));
    assertTrue(predictor.closed);
    assertThrows(NonRetriableException.class, () -> model.score("a", "ab"));
  }
}
