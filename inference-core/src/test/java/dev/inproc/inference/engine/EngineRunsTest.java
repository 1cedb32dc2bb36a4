package dev.inproc.inference.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.EngineException;
import dev.inproc.inference.InvalidInputException;
import dev.inproc.inference.batch.Batching;
import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.Tensors;
import dev.inproc.inference.testing.Await;
import dev.inproc.inference.testing.LedgerModel;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** {@link Session#engineRuns} beside what the model itself counted. */
class EngineRunsTest {
  private static List<Tensors> requests(int count) {
    return LongStream.range(0, count).mapToObj(LedgerModel::request).toList();
  }

  @Test
  void engineRuns_everyMethod_countsWhatTheModelRan() {
    SessionOptions options = SessionOptions.builder().maxBatchSize(3).build();
    try (Fixture f = new Fixture(options, LedgerModel.scalars())) {
      assertEquals(0, f.session.engineRuns());
      f.session.predict(LedgerModel.request(1));
      assertEquals(1, f.session.engineRuns());
      Await.value(f.session.submit(LedgerModel.request(2)));
      assertEquals(2, f.session.engineRuns());
      f.session.predictAll(requests(7)); // 3, 3 and 1
      assertEquals(5, f.session.engineRuns());
      String output = f.session.signature().outputs().get(0).name();
      f.session.outputs(output).predict(LedgerModel.request(3));
      assertEquals(6, f.session.engineRuns(), "a view's runs are the model's");
      f.session.runRaw(Tensors.of("id", Tensor.of(1L, 2L, 3L)));
      assertEquals(7, f.session.engineRuns());
      try (var batched = Batching.upTo(2).decorate(f.session)) {
        batched.predictAll(requests(4));
        assertEquals(f.model().started(), f.session.engineRuns());
        assertTrue(f.session.engineRuns() >= 9);
      }
    }
  }

  @Test
  void engineRuns_refusedAndFailedCalls_countOnlyWhatRan() {
    try (Fixture f = Fixture.of(LedgerModel.scalars())) {
      f.session.predictAll(List.of());
      assertThrows(
          InvalidInputException.class, () -> f.session.predict(Tensors.of("none", Tensor.of(1L))));
      assertEquals(0, f.session.engineRuns());
      f.model().failNext(new EngineException("planted", null));
      assertThrows(EngineException.class, () -> f.session.predict(LedgerModel.request(1)));
      assertEquals(1, f.session.engineRuns());
    }
  }

  @Test
  void engineRuns_probedAndWarmedUp_countWarmUpAlone() {
    SessionOptions options = SessionOptions.builder().warmUp(4).build();
    ModelSource memory = ModelSource.bytes("m", new byte[] {1});
    try (Fixture f = Fixture.probed(memory, options, LedgerModel.scalars())) {
      assertTrue(f.session.integrity().isChecked());
      assertTrue(f.model().started() > 2, "the probe ran");
      assertEquals(2, f.session.engineRuns());
    }
  }
}
