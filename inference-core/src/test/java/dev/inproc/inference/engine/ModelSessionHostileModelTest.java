package dev.inproc.inference.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.CallOptions;
import dev.inproc.inference.DeadlineExceededException;
import dev.inproc.inference.tensor.DataType;
import dev.inproc.inference.tensor.Shape;
import dev.inproc.inference.tensor.Signature;
import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.TensorSpec;
import dev.inproc.inference.tensor.Tensors;
import dev.inproc.inference.testing.Await;
import dev.inproc.inference.testing.Gate;
import dev.inproc.inference.testing.LedgerModel;
import dev.inproc.inference.testing.ScriptedModel;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** Models, options and habits of callers that are legal and unusual. */
class ModelSessionHostileModelTest {
  @Test
  void outputs_askedForAnew_forEveryCall_doesNotPileUpNativeMemory() {
    try (Fixture f = Fixture.of(LedgerModel.sequences())) {
      for (int i = 0; i < 100; i++) {
        assertEquals(1, f.session.outputs("sum").predict(LedgerModel.sequence(i, 4)).size());
      }
      assertTrue(f.model().openBindings() < 10, () -> f.model().openBindings() + " bindings");
    }
  }

  @Test
  void maxIdleBytes_unlimited_bindingsAreReused() {
    SessionOptions options = SessionOptions.builder().maxIdleBytes(Long.MAX_VALUE).build();
    try (Fixture f = new Fixture(options, LedgerModel.scalars())) {
      for (int i = 0; i < 3; i++) {
        LedgerModel.check(i, f.session.predict(LedgerModel.request(i)));
      }
      assertEquals(1, f.model().opened());
    }
  }

  /** A classifier's label has no dimension that padding could change. */
  @Test
  void padding_stringLabelPerRow_isAnsweredForEachRow() {
    long[] open = {TensorSpec.DYNAMIC, TensorSpec.DYNAMIC};
    Signature signature =
        new Signature(
            List.of(TensorSpec.of("ids", DataType.INT64, open, "batch", "length")),
            List.of(
                TensorSpec.of("label", DataType.STRING, new long[] {TensorSpec.DYNAMIC}, "batch")));
    ScriptedModel model =
        new ScriptedModel(
            signature,
            in -> {
              int rows = (int) in.get("ids").shape().dim(0);
              int length = (int) in.get("ids").shape().dim(1);
              String[] labels = new String[rows];
              Arrays.setAll(labels, row -> "label " + in.get("ids").getLong(row * length));
              return Tensors.of("label", Tensor.of(Shape.of(rows), labels));
            });
    SessionOptions options = SessionOptions.builder().pad("ids", 0).build();
    try (Fixture f = new Fixture(options, model)) {
      long[] nineteen = new long[19];
      long[] twenty = new long[20];
      nineteen[0] = 19;
      twenty[0] = 20;
      List<Tensors> answers =
          f.session.predictAll(
              List.of(
                  Tensors.of("ids", Tensor.of(nineteen)), Tensors.of("ids", Tensor.of(twenty))));
      assertEquals("label 19", answers.get(0).only().getString(0));
      assertEquals("label 20", answers.get(1).only().getString(0));
      assertEquals(1, f.model().started());
    }
  }

  @Test
  void output_ofLengthZero_isAnswered() {
    Signature signature =
        new Signature(
            List.of(TensorSpec.of("x", DataType.INT64, new long[] {-1}, "batch")),
            List.of(TensorSpec.of("none", DataType.FLOAT32, new long[] {-1, 0}, "batch", null)));
    ScriptedModel model =
        new ScriptedModel(
            signature,
            in -> Tensors.of("none", Tensor.of(Shape.of(in.get("x").elements(), 0), new float[0])));
    try (Fixture f = Fixture.of(model)) {
      Tensors answer = f.session.predict(Tensors.of("x", Tensor.of(Shape.scalar(), 1L)));
      assertEquals(Shape.of(0), answer.only().shape());
    }
  }

  @Test
  void submit_mostNegativeTimeout_hasPassed() {
    try (Fixture f = Fixture.of(LedgerModel.scalars())) {
      CallOptions longAgo = CallOptions.timeout(Duration.ofSeconds(Long.MIN_VALUE));
      assertInstanceOf(
          DeadlineExceededException.class,
          Await.failure(f.session.submit(LedgerModel.request(1), longAgo)));
    }
  }

  @Test
  void predict_deadlinePassedAlready_inACallbackToo_isNotRun() {
    try (Fixture f = Fixture.of(LedgerModel.scalars())) {
      Gate gate = f.model().block();
      CompletableFuture<Tensors> call = f.session.submit(LedgerModel.request(1));
      gate.awaitEntered(1);
      CompletableFuture<Tensors> nested =
          call.thenApply(
              x -> f.session.predict(LedgerModel.request(2), CallOptions.timeout(Duration.ZERO)));
      f.model().unblock();
      gate.open();
      assertInstanceOf(DeadlineExceededException.class, unwrapped(nested));
      assertEquals(1, f.model().started());
    }
  }

  private static Throwable unwrapped(CompletableFuture<?> derived) {
    Throwable failure = Await.failure(derived);
    Throwable cause = failure.getCause();
    return cause == null ? failure : cause;
  }

  @Test
  void warmUp_severalDevices_warmsEach() {
    SessionOptions options = SessionOptions.builder().warmUp(2).build();
    try (Fixture f = new Fixture(options, LedgerModel.scalars(), LedgerModel.scalars())) {
      for (ScriptedModel model : f.models) {
        assertEquals(2, model.started());
      }
    }
  }

  @Test
  void completeAsync_onARunningCall_countsAsGone() {
    try (Fixture f = Fixture.of(LedgerModel.scalars())) {
      Gate gate = f.model().block();
      CompletableFuture<Tensors> call = f.session.submit(LedgerModel.request(1));
      gate.awaitEntered(1);
      Tensors own = LedgerModel.request(9);
      try {
        assertEquals(own, Await.value(call.completeAsync(() -> own)));
        gate.awaitEmpty();
      } finally {
        gate.open();
      }
    }
  }
}
