package dev.inproc.inference.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.engine.Device;
import dev.inproc.inference.engine.IntegrityOptions;
import dev.inproc.inference.engine.Session;
import dev.inproc.inference.engine.SessionOptions;
import dev.inproc.inference.internal.concurrent.Timer;
import dev.inproc.inference.tensor.Shape;
import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.Tensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Doubles that pass whatever they are given would hide what they are for. */
class TestDoublesTest {
  private static final SessionOptions SKIP =
      SessionOptions.builder().integrity(IntegrityOptions.skip()).build();

  @Test
  void manualTimer_tasks_runInTheOrderOfTheirTimes() {
    ManualTimer timer = new ManualTimer();
    List<String> ran = new ArrayList<>();
    timer.schedule(() -> ran.add("late"), 20);
    timer.schedule(
        () -> {
          ran.add("early");
          timer.schedule(() -> ran.add("nested"), 5);
        },
        10);
    Timer.Scheduled cancelled = timer.schedule(() -> ran.add("cancelled"), 10);
    cancelled.cancel();
    long before = timer.nanoTime();
    timer.advance(19);
    assertEquals(List.of("early", "nested"), ran);
    assertEquals(1, timer.pending());
    timer.advance(1);
    assertEquals(List.of("early", "nested", "late"), ran);
    assertEquals(20, timer.nanoTime() - before);
    assertEquals(4, timer.scheduled());
  }

  @Test
  void ledger_wrongAnswer_isNoticed() {
    Set<Long> seen = new HashSet<>();
    for (long id = 0; id < 10_000; id++) {
      assertTrue(seen.add(LedgerModel.f(id)));
    }
    Tensors mine = Tensors.of("answer", Tensor.of(Shape.scalar(), LedgerModel.f(1)));
    LedgerModel.check(1, mine);
    assertThrows(AssertionError.class, () -> LedgerModel.check(2, mine));
    Tensors row = Tensors.of("answer", Tensor.of(LedgerModel.f(1)));
    assertThrows(AssertionError.class, () -> LedgerModel.check(1, row));
  }

  @Test
  void ledger_maskedId_isGarbageAndNotInTheSum() {
    Tensors request = LedgerModel.sequence(5, 3);
    Tensors masked =
        Tensors.of("ids", request.get("ids"), "mask", Tensor.of(Shape.of(3), 1L, 1L, 0L));
    try (Session session = session(LedgerModel.sequences())) {
      LedgerModel.checkSequence(5, 3, session.predict(request));
      Tensors answer = session.predict(masked);
      assertEquals(LedgerModel.GARBAGE, answer.get("each").getLong(2));
      assertEquals(LedgerModel.f(5) + LedgerModel.f(6), answer.get("sum").getLong(0));
      assertThrows(AssertionError.class, () -> LedgerModel.checkSequence(5, 3, answer));
    }
  }

  private static Session session(ScriptedModel model) {
    return Session.of("scripted", null, List.of(model.replica()), SKIP);
  }

  @Test
  void scripted_script_isFollowedAndRecorded() {
    ScriptedModel model = LedgerModel.scalars();
    try (Session session = session(model)) {
      model.failNext(new IllegalStateException("scripted"));
      assertThrows(RuntimeException.class, () -> session.predict(LedgerModel.request(1)));
      LedgerModel.check(1, session.predict(LedgerModel.request(1)));
      assertEquals(2, model.started());
      assertEquals(1, model.runs().get(1).rows());
      assertNotEquals(0, model.opened());
    }
    assertEquals(List.of(), model.violations());
    model.close();
    assertEquals(List.of("the model was closed twice"), model.violations());
  }

  @Test
  void device_property_isParsed() {
    assertEquals(Device.cpu(), TestDevice.parse("cpu"));
    assertEquals(Device.cuda(0), TestDevice.parse("cuda"));
    assertEquals(Device.cuda(1), TestDevice.parse("cuda:1"));
    assertEquals(Device.tensorRt(0), TestDevice.parse("tensorrt:0"));
  }

  @Test
  void device_notInTheMachine_isToldByItsNode(@TempDir Path devices) throws IOException {
    assertNull(TestDevice.whyAbsent(Device.cpu(), devices));
    String reason = TestDevice.whyAbsent(Device.cuda(0), devices);
    assertNotNull(reason);
    assertTrue(reason.contains("cuda:0") && reason.contains("nvidia0"), reason);
    Files.createFile(devices.resolve("nvidia0"));
    assertNull(TestDevice.whyAbsent(Device.cuda(0), devices));
    assertNotNull(TestDevice.whyAbsent(Device.tensorRt(1), devices));
  }
}
