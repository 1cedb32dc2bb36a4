package dev.inproc.inference.engine;

import static dev.inproc.inference.testing.Messages.assertSays;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.CallOptions;
import dev.inproc.inference.EngineException;
import dev.inproc.inference.InvalidInputException;
import dev.inproc.inference.internal.calls.CallBatch;
import dev.inproc.inference.internal.calls.CallFuture;
import dev.inproc.inference.tensor.DataType;
import dev.inproc.inference.tensor.Shape;
import dev.inproc.inference.tensor.Signature;
import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.TensorSpec;
import dev.inproc.inference.tensor.Tensors;
import dev.inproc.inference.testing.Await;
import dev.inproc.inference.testing.LedgerModel;
import dev.inproc.inference.testing.ScriptedModel;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class ModelSessionAnswersTest {
  private static List<Tensors> requests(long... ids) {
    return LongStream.of(ids).mapToObj(LedgerModel::request).toList();
  }

  private static List<CallFuture<Tensors, Tensors>> calls(List<Tensors> inputs) {
    List<CallFuture<Tensors, Tensors>> calls = new ArrayList<>();
    inputs.forEach(input -> calls.add(new CallFuture<>(input, CallOptions.DEFAULT)));
    return calls;
  }

  @Test
  void predict_oneExample_runsOnTheCallerWithoutBatchAxis() {
    try (Fixture f = Fixture.of(LedgerModel.scalars())) {
      LedgerModel.check(7, f.session.predict(LedgerModel.request(7)));
      assertEquals(1, f.model().runs().get(0).rows());
    }
  }

  @Test
  void submit_oneExample_answersLater() {
    try (Fixture f = Fixture.of(LedgerModel.scalars())) {
      LedgerModel.check(8, Await.value(f.session.submit(LedgerModel.request(8))));
    }
  }

  @Test
  void predictAll_manyExamples_answersInOrderInOneRun() {
    try (Fixture f = Fixture.of(LedgerModel.scalars())) {
      List<Tensors> answers = f.session.predictAll(requests(5, 3, 9, 1));
      long[] ids = {5, 3, 9, 1};
      for (int i = 0; i < ids.length; i++) {
        LedgerModel.check(ids[i], answers.get(i));
      }
      assertEquals(1, f.model().started());
    }
  }

  @Test
  void predictAll_nothing_answersNothingAndRunsNothing() {
    try (Fixture f = Fixture.of(LedgerModel.scalars())) {
      assertEquals(List.of(), f.session.predictAll(List.of()));
      assertEquals(0, f.model().started());
    }
  }

  @Test
  void predictAll_moreThanMaxBatchSize_isSplit() {
    SessionOptions options = SessionOptions.builder().maxBatchSize(3).build();
    try (Fixture f = new Fixture(options, LedgerModel.scalars())) {
      List<Tensors> answers = f.session.predictAll(requests(0, 1, 2, 3, 4, 5, 6));
      for (int i = 0; i < 7; i++) {
        LedgerModel.check(i, answers.get(i));
      }
      assertEquals(
          List.of(3, 3, 1), f.model().runs().stream().map(ScriptedModel.Run::rows).toList());
    }
  }

  @Test
  void predictAll_oneBadInput_failsAsAWholeAndNamesItsIndex() {
    try (Fixture f = Fixture.of(LedgerModel.scalars())) {
      Tensors bad = Tensors.of("id", Tensor.of(1f));
      InvalidInputException e =
          assertThrows(
              InvalidInputException.class,
              () -> f.session.predictAll(List.of(LedgerModel.request(1), bad)));
      assertSays(e, "Example 1: Input \"id\": expected INT64[]");
      assertSays(e, "got FLOAT32[1]");
      assertEquals(0, f.model().started());
    }
  }

  @Test
  void submit_badInput_failsTheFutureNotTheCall() {
    try (Fixture f = Fixture.of(LedgerModel.scalars())) {
      assertInstanceOf(
          InvalidInputException.class,
          Await.failure(f.session.submit(Tensors.of("idd", Tensor.of(1L)))));
    }
  }

  @Test
  void anyCall_nullInput_throwsAtOnce() {
    try (Fixture f = Fixture.of(LedgerModel.scalars())) {
      Tensors none = nothing();
      assertThrows(NullPointerException.class, () -> f.session.predict(none));
      assertThrows(NullPointerException.class, () -> f.session.submit(none));
    }
  }

  @SuppressWarnings("NullAway") // a hostile caller
  private static Tensors nothing() {
    return null;
  }

  @Test
  void predictAll_sequencesOfOneLength_shareARun() {
    try (Fixture f = Fixture.of(LedgerModel.sequences())) {
      List<Tensors> answers =
          f.session.predictAll(
              List.of(
                  LedgerModel.sequence(10, 3),
                  LedgerModel.sequence(20, 5),
                  LedgerModel.sequence(30, 3)));
      LedgerModel.checkSequence(10, 3, answers.get(0));
      LedgerModel.checkSequence(20, 5, answers.get(1));
      LedgerModel.checkSequence(30, 3, answers.get(2));
      assertEquals(2, f.model().started(), "lengths differ and no padding was allowed");
    }
  }

  @Test
  void predictAll_paddedSequences_shareARunAndAreCutApart() {
    try (Fixture f = new Fixture(Fixture.padded(), LedgerModel.sequences())) {
      List<Tensors> answers =
          f.session.predictAll(List.of(LedgerModel.sequence(10, 19), LedgerModel.sequence(60, 20)));
      LedgerModel.checkSequence(10, 19, answers.get(0));
      LedgerModel.checkSequence(60, 20, answers.get(1));
      assertEquals(1, f.model().started());
      assertEquals(Shape.of(2, 20), f.model().runs().get(0).shapes().get(0));
    }
  }

  @Test
  void run_batch_completesEachCallOnceWithItsOwnAnswer() {
    try (Fixture f = Fixture.of(LedgerModel.scalars())) {
      List<CallFuture<Tensors, Tensors>> calls = calls(requests(4, 5, 6));
      assertTrue(calls.get(1).cancel(false));
      f.session.run(new CallBatch<>(calls));
      LedgerModel.check(4, Await.value(calls.get(0)));
      LedgerModel.check(6, Await.value(calls.get(2)));
      assertEquals(2, f.model().runs().get(0).rows(), "one that is gone costs nothing");
    }
  }

  @Test
  void run_oneGroupFails_othersAreAnswered() {
    try (Fixture f = Fixture.of(LedgerModel.sequences())) {
      RuntimeException broken = new EngineException("broken", null);
      f.model().failNext(broken); // hits the smaller length, which is planned first
      List<CallFuture<Tensors, Tensors>> calls =
          calls(
              List.of(
                  LedgerModel.sequence(1, 4),
                  LedgerModel.sequence(2, 2),
                  LedgerModel.sequence(3, 2)));
      f.session.run(new CallBatch<>(calls));
      LedgerModel.checkSequence(1, 4, Await.value(calls.get(0)));
      assertSame(broken, Await.failure(calls.get(1)));
      assertSame(broken, Await.failure(calls.get(2)));
    }
  }

  @Test
  void runRaw_batchedData_isOneRunWithAllRows() {
    try (Fixture f = Fixture.of(LedgerModel.scalars())) {
      Tensors out = f.session.runRaw(Tensors.of("id", Tensor.of(1L, 2L, 3L)));
      assertEquals(
          Tensor.of(LedgerModel.f(1), LedgerModel.f(2), LedgerModel.f(3)), out.get("answer"));
    }
  }

  @Test
  void engineThrows_eachWayOfCalling_reachesTheCallerAsItIs() {
    try (Fixture f = Fixture.of(LedgerModel.scalars())) {
      RuntimeException broken = new EngineException("broken", null);
      f.model().failNext(broken);
      assertSame(
          broken,
          assertThrows(EngineException.class, () -> f.session.predict(LedgerModel.request(1))));
      f.model().failNext(broken);
      assertSame(broken, Await.failure(f.session.submit(LedgerModel.request(1))));
      Error worse = new StackOverflowError();
      f.model().failNext(worse);
      assertSame(worse, Await.failure(f.session.submit(LedgerModel.request(1))));
      LedgerModel.check(2, Await.value(f.session.submit(LedgerModel.request(2))));
    }
  }

  @Test
  void outputRows_notThoseOfTheBatch_areAnEngineException() {
    ScriptedModel liar =
        new ScriptedModel(
            LedgerModel.scalars().signature(), in -> Tensors.of("answer", Tensor.of(1L, 2L, 3L)));
    try (Fixture f = Fixture.of(liar)) {
      EngineException e =
          assertThrows(EngineException.class, () -> f.session.predictAll(requests(1, 2)));
      assertSays(e, "[3] for a batch of 2");
    }
  }

  @Test
  void signature_ofABatchedModel_hasNoBatchAxis() {
    try (Fixture f = Fixture.of(LedgerModel.sequences())) {
      assertEquals(
          "(ids INT64[length], mask INT64[length]) -> (each INT64[length], sum INT64[])",
          f.session.signature().toString());
      assertEquals(
          new Signature(
              f.model().signature().inputs(),
              List.of(
                  TensorSpec.of("each", DataType.INT64, new long[] {-1, -1}, "batch", "length"),
                  TensorSpec.of("sum", DataType.INT64, new long[] {-1}, "batch"))),
          f.session.rawSignature());
    }
  }
}
