package dev.inproc.inference.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.inproc.inference.Answer;
import dev.inproc.inference.AnswerFacts;
import dev.inproc.inference.CallOptions;
import dev.inproc.inference.Codec;
import dev.inproc.inference.ForwardingPredictor;
import dev.inproc.inference.InvalidInputException;
import dev.inproc.inference.Predictor;
import dev.inproc.inference.batch.Batching;
import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.Tensors;
import dev.inproc.inference.testing.Await;
import dev.inproc.inference.testing.LedgerModel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Facts about an answer: each layer tells its own, each call has its own. */
class AnswersTest {
  private static final CallOptions MINUTE = CallOptions.timeout(Duration.ofMinutes(1));

  /** A layer that tells a version and, for every second call, a similarity. */
  private static final class Versioned extends ForwardingPredictor<Tensors, Tensors> {
    private final String version;

    Versioned(Predictor<Tensors, Tensors> inner, String version) {
      super(inner);
      this.version = version;
    }

    private void tell(Tensors input, CallOptions options) {
      AnswerFacts facts = AnswerFacts.of(options);
      if (facts != null) {
        long id = input.get("id").getLong(0);
        facts.version(version + id);
        facts.arm("control");
        if (id % 2 == 1) {
          facts.similarity(id / 100.0);
        }
      }
    }

    @Override
    public CompletableFuture<Tensors> submit(Tensors input, CallOptions options) {
      tell(input, options);
      return super.submit(input, options);
    }

    @Override
    public Tensors predict(Tensors input, CallOptions options) {
      tell(input, options);
      return super.predict(input, options);
    }

    @Override
    public String toString() {
      return "versioned(" + inner() + ")";
    }
  }

  private static void check(int id, Answer<Tensors> answer) {
    LedgerModel.check(id, answer.value());
    assertEquals(Optional.of("v" + id), answer.version());
    assertEquals(Optional.of("control"), answer.arm());
    boolean similar = id % 2 == 1;
    assertEquals(similar ? Answer.Source.SIMILARITY_CACHE : Answer.Source.MODEL, answer.source());
    assertEquals(
        similar ? OptionalDouble.of(id / 100.0) : OptionalDouble.empty(), answer.similarity());
  }

  @Test
  void answers_byEveryMethod_carryTheFactsOfTheirOwnCall() {
    try (Fixture f = Fixture.of(LedgerModel.scalars());
        Predictor<Tensors, Tensors> chain =
            new Versioned(f.session.with(Batching.upTo(4)), "v")
                .with(Codec.of(Tensors.class, x -> x, y -> y))) {
      Predictor<Tensors, Answer<Tensors>> answers = chain.answers();
      check(1, answers.predict(LedgerModel.request(1)));
      check(2, answers.predict(LedgerModel.request(2), MINUTE));
      check(3, Await.value(answers.submit(LedgerModel.request(3))));
      List<Tensors> list = IntStream.range(0, 300).mapToObj(LedgerModel::request).toList();
      for (CallOptions options : List.of(CallOptions.DEFAULT, MINUTE)) {
        List<Answer<Tensors>> all = answers.predictAll(list, options);
        for (int i = 0; i < 300; i++) {
          check(i, all.get(i));
        }
      }
      assertEquals(List.of(), answers.predictAll(List.of()));
      assertEquals(chain.toString(), answers.toString());
    }
  }

  @Test
  void answers_withoutLayersThatTell_areOfTheModel() {
    try (Fixture f = Fixture.of(LedgerModel.scalars())) {
      Answer<Tensors> answer = f.session.answers().predict(LedgerModel.request(5));
      assertEquals(Answer.Source.MODEL, answer.source());
      assertEquals(Optional.empty(), answer.version());
      assertNull(AnswerFacts.of(CallOptions.DEFAULT));
    }
  }

  @Test
  void answersOfAnswers_byEveryMethod_bothTellAll() {
    try (Fixture f = Fixture.of(LedgerModel.scalars());
        Predictor<Tensors, Tensors> chain = new Versioned(f.session.borrowed(), "v")) {
      Predictor<Tensors, Answer<Answer<Tensors>>> twice = chain.answers().answers();
      List<Answer<Answer<Tensors>>> all =
          new ArrayList<>(
              List.of(
                  twice.predict(LedgerModel.request(0)),
                  Await.value(twice.submit(LedgerModel.request(1), MINUTE))));
      all.addAll(twice.predictAll(List.of(LedgerModel.request(2), LedgerModel.request(3)), MINUTE));
      for (int i = 0; i < 4; i++) {
        Answer<Answer<Tensors>> outer = all.get(i);
        check(i, outer.value());
        assertEquals(outer.value().source(), outer.source());
        assertEquals(outer.value().version(), outer.version());
        assertEquals(outer.value().arm(), outer.arm());
        assertEquals(outer.value().similarity(), outer.similarity());
      }
    }
  }

  @Test
  void answers_failures_areThoseOfTheCall() {
    SessionOptions options = SessionOptions.builder().maxQueued(2).build();
    try (Fixture f = new Fixture(options, LedgerModel.scalars())) {
      Predictor<Tensors, Answer<Tensors>> answers = f.session.answers();
      Tensors good = LedgerModel.request(1);
      Tensors bad = Tensors.of("none", Tensor.of(1f));
      InvalidInputException invalid =
          assertThrows(
              InvalidInputException.class, () -> answers.predictAll(List.of(good, good, bad)));
      assertEquals(2, invalid.index());
      List<Tensors> longer = IntStream.range(0, 50).mapToObj(LedgerModel::request).toList();
      assertEquals(50, answers.predictAll(longer).size(), "longer than the queue");
      CompletableFuture<Answer<Tensors>> cancelled = answers.submit(good);
      if (cancelled.cancel(false)) {
        assertThrows(CancellationException.class, cancelled::join);
      }
    }
  }
}
