package dev.inproc.inference.testing.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.inproc.inference.EngineException;
import dev.inproc.inference.engine.Session;
import dev.inproc.inference.engine.SessionOptions;
import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.Tensors;
import dev.inproc.inference.testing.Await;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** A run that fails half-way fails its own calls and no other. */
interface EngineFailureContract extends Contract {
  private static Tensors ids(long... ids) {
    return Tensors.of("ids", Tensor.of(ids));
  }

  private static Tensors bad() {
    return ids(1, ContractModels.VOCABULARY + 49L);
  }

  @Test
  default void failedRun_byEveryWayToAsk_saysWhyAndTheSessionServesOn() {
    needs(Capability.REFUSES_BAD_IDS);
    try (Session session = load(models().gather())) {
      Tensors good = ids(1, 2);
      Tensors before = session.predict(good);
      for (int round = 0; round < 20; round++) {
        EngineException failure = assertThrows(EngineException.class, () -> session.predict(bad()));
        assertFalse(String.valueOf(failure.getMessage()).isBlank());
        assertEquals(before, session.predict(good));
        assertInstanceOf(EngineException.class, Await.failure(session.submit(bad())));
        assertEquals(before, Await.value(session.submit(good)));
        assertThrows(EngineException.class, () -> session.predictAll(List.of(good, bad())));
        assertEquals(List.of(before, before), session.predictAll(List.of(good, good)));
      }
    }
  }

  @Test
  default void failedRuns_amongStrangers_harmNone() {
    needs(Capability.REFUSES_BAD_IDS);
    SessionOptions.Builder options = SessionOptions.builder().parallelism(2);
    try (Session session = load(models().gather(), options)) {
      List<Tensors> expected = new ArrayList<>();
      for (int id = 0; id < 10; id++) {
        expected.add(session.predict(ids(id, id + 1)));
      }
      List<CompletableFuture<Tensors>> futures = new ArrayList<>();
      for (int i = 0; i < 1000; i++) {
        futures.add(session.submit(i % 3 == 0 ? bad() : ids(i % 10, i % 10 + 1)));
      }
      for (int i = 0; i < 1000; i++) {
        if (i % 3 == 0) {
          assertInstanceOf(EngineException.class, Await.failure(futures.get(i)));
        } else {
          assertEquals(expected.get(i % 10), Await.value(futures.get(i)));
        }
      }
    }
  }
}
