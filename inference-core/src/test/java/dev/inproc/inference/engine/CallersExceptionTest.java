package dev.inproc.inference.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.CallOptions;
import dev.inproc.inference.Codec;
import dev.inproc.inference.EngineException;
import dev.inproc.inference.Predictor;
import dev.inproc.inference.batch.Batching;
import dev.inproc.inference.tensor.Tensors;
import dev.inproc.inference.testing.LedgerModel;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** What a blocking method throws has the caller's frames, on whatever thread the model ran. */
class CallersExceptionTest {
  private static final CallOptions MINUTE = CallOptions.timeout(Duration.ofMinutes(1));
  private final Exception engines = new Exception("what the engine said");

  private void assertHasThisFrame(Executable call) {
    EngineException thrown = assertThrows(EngineException.class, call);
    assertEquals(engines, thrown.getCause());
    assertTrue(
        Arrays.stream(thrown.getStackTrace())
            .anyMatch(
                frame -> frame.getClassName().startsWith(CallersExceptionTest.class.getName())),
        () -> Arrays.toString(thrown.getStackTrace()));
  }

  private void assertCallersFrames(Fixture f, Predictor<Tensors, ?> predictor) {
    Tensors request = LedgerModel.request(1);
    List<Executable> calls =
        List.of(
            () -> predictor.predict(request),
            () -> predictor.predict(request, MINUTE),
            () -> predictor.predictAll(List.of(request, request)),
            () -> predictor.predictAll(List.of(request, request), MINUTE));
    for (Executable call : calls) {
      for (int i = 0; i < 8; i++) {
        f.model().failNext(new EngineException("broken", engines)); // reruns fail too
      }
      assertHasThisFrame(call);
      f.model().failNoMore();
    }
  }

  @Test
  void predict_failsOnAWorker_throwsWithTheCallersFrames() {
    try (Fixture f = Fixture.of(LedgerModel.scalars())) {
      assertCallersFrames(f, f.session);
      try (Predictor<Tensors, Tensors> batched = Batching.upTo(4).decorate(f.session)) {
        assertCallersFrames(f, batched);
        assertCallersFrames(f, batched.with(Codec.of(x -> x, y -> y)));
        assertCallersFrames(f, batched.answers());
        assertCallersFrames(f, batched.answers().answers());
      }
    }
  }

  /** The model's exception has no frames here, as if another thread had made it. */
  @Test
  void answersOfAList_fail_throwWithTheCallersFrames() {
    try (Fixture f = Fixture.of(LedgerModel.scalars());
        Predictor<Tensors, Tensors> batched = Batching.upTo(4).decorate(f.session.borrowed())) {
      List<Tensors> list = List.of(LedgerModel.request(1), LedgerModel.request(2));
      for (Predictor<Tensors, ?> answers :
          List.of(
              f.session.answers(),
              batched.answers(),
              batched.answers().answers(),
              batched.with(Codec.of(Tensors.class, x -> x, y -> y)).answers())) {
        for (CallOptions options : List.of(CallOptions.DEFAULT, MINUTE)) {
          EngineException broken = new EngineException("broken", engines);
          broken.setStackTrace(new StackTraceElement[0]);
          for (int i = 0; i < 8; i++) {
            f.model().failNext(broken);
          }
          assertHasThisFrame(() -> answers.predictAll(list, options));
          f.model().failNoMore();
        }
      }
    }
  }
}
