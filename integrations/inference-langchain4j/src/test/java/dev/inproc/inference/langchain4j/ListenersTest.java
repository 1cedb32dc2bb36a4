package dev.inproc.inference.langchain4j;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.inproc.inference.EngineException;
import dev.langchain4j.data.segment.TextSegment;
import dev.langchain4j.exception.InternalServerException;
import dev.langchain4j.model.embedding.listener.EmbeddingModelErrorContext;
import dev.langchain4j.model.embedding.listener.EmbeddingModelListener;
import dev.langchain4j.model.embedding.listener.EmbeddingModelRequestContext;
import dev.langchain4j.model.embedding.listener.EmbeddingModelResponseContext;
import dev.langchain4j.model.embedding.request.EmbeddingRequest;
import dev.langchain4j.model.embedding.response.EmbeddingResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class ListenersTest {
  /** Keeps what it is told. */
  private static final class Recorder implements EmbeddingModelListener {
    final List<EmbeddingModelRequestContext> requests = new ArrayList<>();
    final List<EmbeddingModelResponseContext> responses = new ArrayList<>();
    final List<Throwable> errors = new ArrayList<>();

    @Override
    public void onRequest(EmbeddingModelRequestContext context) {
      requests.add(context);
    }

    @Override
    public void onResponse(EmbeddingModelResponseContext context) {
      responses.add(context);
    }

    @Override
    public void onError(EmbeddingModelErrorContext context) {
      errors.add(context.error());
    }

    void assertTold(int expectedRequests, int expectedResponses, int expectedErrors) {
      assertEquals(expectedRequests, requests.size());
      assertEquals(expectedResponses, responses.size());
      assertEquals(expectedErrors, errors.size());
    }
  }

  private final Recorder listener = new Recorder();
  private final ScriptedPredictor<String, float[]> predictor =
      new ScriptedPredictor<>(
          text -> {
            if (text.equals("fail")) {
              throw new EngineException("planted", null);
            }
            return new float[] {text.length()};
          });
  private final InprocEmbeddingModel model =
      InprocEmbeddingModel.builder(predictor, 1).modelName("lengths").listeners(listener).build();

  private static EmbeddingRequest request(String text) {
    return EmbeddingRequest.builder().input(text).build();
  }

  @Test
  void everyBlockingCall_isToldOnce() {
    model.embed("a");
    model.embed(TextSegment.from("ab"));
    model.embedAll(List.of(TextSegment.from("a"), TextSegment.from("abc")));
    model.embed(request("a"));
    listener.assertTold(4, 4, 0);
    EmbeddingModelResponseContext list = listener.responses.get(2);
    assertEquals(3, list.embeddingResponse().embeddings().get(1).vector()[0]);
    assertEquals("lengths", list.embeddingResponse().metadata().modelName());
    assertSame(model, list.embeddingModel());
  }

  @Test
  void blockingCall_thatFails_isToldAsAnError() {
    assertThrows(InternalServerException.class, () -> model.embed("fail"));
    listener.assertTold(1, 0, 1);
    assertInstanceOf(InternalServerException.class, listener.errors.get(0));
  }

  @Test
  void asyncCall_isToldWhenItEnds() {
    CompletableFuture<EmbeddingResponse> future = model.embedAsync(request("abc"));
    listener.assertTold(1, 0, 0);
    predictor.answer(predictor.submitted.get(0));
    listener.assertTold(1, 1, 0);
    assertEquals(3, future.join().embeddings().get(0).vector()[0]);
  }

  @Test
  void asyncCall_thatFails_isToldAsAnError() {
    var unused = model.embedAsync(request("abc"));
    predictor.submitted.get(0).future().completeExceptionally(new EngineException("later", null));
    listener.assertTold(1, 0, 1);
    assertInstanceOf(InternalServerException.class, listener.errors.get(0));
  }

  @Test
  void asyncCall_thatIsCancelled_isWithdrawn_andIsNoError() {
    model.embedAsync(request("abc")).cancel(true);
    assertEquals(List.of(), predictor.waiting());
    listener.assertTold(1, 0, 0);
  }
}
