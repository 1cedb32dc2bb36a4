package dev.inproc.inference.cache;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.CallOptions;
import dev.inproc.inference.DeadlineExceededException;
import dev.inproc.inference.EngineException;
import dev.inproc.inference.InferenceInterruptedException;
import dev.inproc.inference.InvalidInputException;
import dev.inproc.inference.OverloadedException;
import dev.inproc.inference.PredictorClosedException;
import dev.inproc.inference.cache.SimilarFixture.Coin;
import dev.inproc.inference.testing.Await;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** Audits whose callers do not wait for them, and embedders that fail. */
class SimilarityAuditsTest {
  private static SimilarFixture audited() {
    SimilarFixture fixture = SimilarFixture.byHand();
    fixture.coin = Coin.AUDIT;
    return fixture;
  }

  private static SimilarityMetrics metrics(SimilarFixture fixture) {
    return fixture.cache.similarityMetrics();
  }

  @Test
  void audit_cancelledByItsCaller_goesOnAndHasItsLabel() {
    SimilarFixture fixture = audited();
    long wrong = metrics(fixture).auditedWrong();
    CompletableFuture<float[]> future = fixture.cache.submit(fixture.another(7));
    Await.until("the run", () -> fixture.model.runs() == 1);
    assertEquals(1, metrics(fixture).openAudits());

    assertTrue(future.cancel(true));

    Await.until("a run without the caller", () -> fixture.model.runs() == 2);
    assertEquals(1, metrics(fixture).openAudits());
    fixture.model.finish(1);
    Await.until("the label", () -> metrics(fixture).openAudits() == 0);
    assertEquals(wrong, metrics(fixture).auditedWrong());
  }

  @Test
  void audit_whoseDeadlinePasses_goesOnAndHasItsLabel() {
    SimilarFixture fixture = audited();
    CompletableFuture<float[]> future =
        fixture.cache.submit(fixture.another(7), CallOptions.timeout(Duration.ofMillis(5)));
    Await.until("the run", () -> fixture.model.runs() == 1);

    fixture.timer.advanceMillis(6);

    CompletionException e = assertThrows(CompletionException.class, future::join);
    assertTrue(e.getCause() instanceof DeadlineExceededException, e.toString());
    Await.until("a run without the caller", () -> fixture.model.runs() == 2);
    assertEquals(null, fixture.model.run(1).options().timeout());
    fixture.model.finish(1);
    Await.until("the label", () -> metrics(fixture).openAudits() == 0);
  }

  @Test
  void audit_ofAnInterruptedCaller_goesOn() throws InterruptedException {
    SimilarFixture fixture = audited();
    AtomicReference<Throwable> failure = new AtomicReference<>();
    Thread caller =
        new Thread(
            () -> {
              try {
                fixture.cache.predict(fixture.another(7));
              } catch (RuntimeException e) {
                failure.set(e);
              }
            });
    caller.start();
    Await.until("the run", () -> fixture.model.runs() == 1);
    caller.interrupt();
    caller.join();
    assertTrue(failure.get() instanceof InferenceInterruptedException, "" + failure.get());
    Await.until("a run without the caller", () -> fixture.model.runs() == 2);
    fixture.model.finish(1);
    Await.until("the label", () -> metrics(fixture).openAudits() == 0);
  }

  @Test
  void audit_thatTheModelFails_countsAsWrong_andItsCallerGetsTheFailure() {
    SimilarFixture fixture = audited();
    long wrong = metrics(fixture).auditedWrong();
    CompletableFuture<float[]> future = fixture.cache.submit(fixture.another(7));
    Await.until("the run", () -> fixture.model.runs() == 1);
    fixture.model.fail(0, new EngineException("no answer to this", null));
    CompletionException e = assertThrows(CompletionException.class, future::join);
    assertTrue(e.getCause() instanceof EngineException, e.toString());
    Await.until("one more try", () -> fixture.model.runs() == 2);
    fixture.model.fail(1, new EngineException("no answer to this", null));
    Await.until("the label", () -> metrics(fixture).auditedWrong() == wrong + 1);
    assertEquals(0, metrics(fixture).openAudits());
  }

  @Test
  void audit_thatIsRefused_isTriedAgainLater_thenCountsAsWrong() {
    SimilarFixture fixture = audited();
    long wrong = metrics(fixture).auditedWrong();
    CompletableFuture<float[]> future = fixture.cache.submit(fixture.another(7));
    Await.until("the run", () -> fixture.model.runs() == 1);
    fixture.model.fail(0, refusal());
    assertThrows(CompletionException.class, future::join);
    for (int attempt = 1; attempt <= 4; attempt++) {
      int runs = attempt + 1;
      Await.until("run " + runs, () -> fixture.model.runs() == runs);
      assertEquals(1, metrics(fixture).openAudits());
      assertEquals(wrong, metrics(fixture).auditedWrong());
      fixture.model.fail(attempt, refusal());
      if (attempt < 4) {
        Await.until("a pause", () -> fixture.timer.pending() > 0);
        fixture.timer.advanceMillis(20_000);
      }
    }
    Await.until("the label", () -> metrics(fixture).auditedWrong() == wrong + 1);
    assertEquals(0, metrics(fixture).openAudits());
  }

  private static OverloadedException refusal() {
    return new OverloadedException(1, 1, Duration.ofMillis(1));
  }

  @Test
  void audits_ofAListThatFails_goOnOneByOne() {
    SimilarFixture fixture = SimilarFixture.learned();
    fixture.coin = Coin.AUDIT;
    SimilarityMetrics before = metrics(fixture);
    List<String> inputs = List.of(fixture.another(1), SimilarFixture.INVALID, fixture.another(2));

    InvalidInputException e =
        assertThrows(InvalidInputException.class, () -> fixture.cache.predictAll(inputs));

    assertEquals(1, e.index());
    Await.until("the labels", () -> metrics(fixture).openAudits() == 0);
    assertEquals(before.audits() + 2, metrics(fixture).audits());
    assertEquals(before.auditedWrong(), metrics(fixture).auditedWrong());
    assertEquals(2, fixture.model.runs());
  }

  @Test
  void hits_ofAListThatFails_countAsNone() {
    SimilarFixture fixture = SimilarFixture.learned();
    fixture.coin = Coin.HIT;
    long before = metrics(fixture).hits();
    List<String> inputs = List.of(fixture.another(1), SimilarFixture.INVALID);
    assertThrows(InvalidInputException.class, () -> fixture.cache.predictAll(inputs));
    assertEquals(before, metrics(fixture).hits());
  }

  @Test
  void embedder_thatFails_leavesTheModelToAnswer() {
    float[][] bad = {{}, new float[16], new float[7], {Float.NaN}, null};
    bad[3] = new float[16];
    bad[3][4] = Float.NaN;
    for (int i = 0; i <= bad.length; i++) {
      int which = i;
      SimilarFixture fixture =
          SimilarFixture.learned(
              caching -> caching,
              text -> {
                if (!text.endsWith("99999")) {
                  return SimilarFixture.vector(text);
                }
                if (which == bad.length) {
                  throw new EngineException("the embedder is out of order", null);
                }
                return bad[which];
              });
      fixture.coin = Coin.HIT;
      long before = metrics(fixture).misses().get(MissReason.NOT_EMBEDDED);
      String text = "topic 7, way " + which + "99999";
      assertArrayEquals(new float[] {7}, fixture.cache.predict(text));
      assertArrayEquals(
          new float[] {7}, fixture.cache.submit("topic 7, way 1" + which + "99999").join());
      assertArrayEquals(
          new float[] {7},
          fixture.cache.predictAll(List.of("topic 7, way 2" + which + "99999")).get(0));
      assertEquals(before + 3, metrics(fixture).misses().get(MissReason.NOT_EMBEDDED));
      assertEquals(3, fixture.model.runs() + fixture.model.lists().size(), "vector " + which);
    }
  }

  @Test
  void call_thatTimesOutWhileItIsEmbedded_isNoCandidate() {
    CompletableFuture<float[]> embedding = new CompletableFuture<>();
    FakeModel<String, float[]> embedder = FakeModel.withFutures(() -> embedding);
    SimilarFixture fixture = SimilarFixture.fresh(caching -> caching);
    SimilarityCaching<String, float[]> slow =
        SimilarityCaching.<String, float[]>of(10, embedder, AnswerEquivalence.<float[]>equal())
            .withAnswers(float[].class);
    try (var cache = slow.adapt(fixture.model)) {
      CompletableFuture<float[]> call = cache.submit("topic 1, way 1");
      assertFalse(call.isDone());
      assertTrue(call.cancel(true));
      assertTrue(embedding.isCancelled());
      assertEquals(0, fixture.model.runs());
    }
  }

  @Test
  void close_withATimeout_failsACallWhoseEmbeddingHangs() {
    FakeModel<String, float[]> embedder = FakeModel.withFutures(CompletableFuture::new);
    SimilarFixture fixture = SimilarFixture.fresh(caching -> caching);
    var cache =
        SimilarityCaching.<String, float[]>of(10, embedder, AnswerEquivalence.<float[]>equal())
            .withAnswers(float[].class)
            .adapt(fixture.model);
    CompletableFuture<float[]> call = cache.submit("topic 1, way 1");
    var unused = cache.close(Duration.ofMillis(10)); // the model may take longer to close
    CompletionException e = assertThrows(CompletionException.class, call::join);
    assertTrue(e.getCause() instanceof PredictorClosedException, e.toString());
    Await.until("the model's close", () -> fixture.model.closes() > 0);
  }

  @Test
  void callback_thatCallsTheCacheOrCloses_holdsUpNoOther() {
    SimilarFixture fixture = SimilarFixture.learned();
    CompletableFuture<float[]> nested =
        fixture
            .cache
            .submit(fixture.another(7))
            .thenApply(answer -> fixture.cache.predict(fixture.another(8)));
    assertArrayEquals(new float[] {8}, nested.join());
    CompletableFuture<Void> closing =
        fixture.cache.submit(fixture.another(7)).thenRun(fixture.cache::close);
    closing.join();
    Await.until("the model's close", () -> fixture.model.closes() > 0);
  }
}
