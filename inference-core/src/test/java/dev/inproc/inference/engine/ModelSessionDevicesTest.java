package dev.inproc.inference.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.inproc.inference.tensor.Tensors;
import dev.inproc.inference.testing.Await;
import dev.inproc.inference.testing.Gate;
import dev.inproc.inference.testing.LedgerModel;
import dev.inproc.inference.testing.ScriptedModel;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class ModelSessionDevicesTest {
  @Test
  void replicas_busy_shareTheLoad() {
    ScriptedModel one = LedgerModel.scalars();
    ScriptedModel two = LedgerModel.scalars();
    one.claim(Device.cuda(0));
    two.claim(Device.cuda(1));
    try (Fixture f = new Fixture(SessionOptions.DEFAULT, one, two)) {
      assertEquals(List.of(Device.cuda(0), Device.cuda(1)), f.session.devices());
      Gate gate1 = one.block();
      Gate gate2 = two.block();
      List<CompletableFuture<Tensors>> calls = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        calls.add(f.session.submit(LedgerModel.request(i)));
      }
      // Parallelism is that of one device times the devices.
      gate1.awaitEntered(1);
      gate2.awaitEntered(1);
      assertEquals(2, one.active() + two.active());
      gate1.open();
      gate2.open();
      for (int i = 0; i < 4; i++) {
        LedgerModel.check(i, Await.value(calls.get(i)));
      }
      assertEquals(1, one.mostActive());
      assertEquals(1, two.mostActive());
    }
  }

  @Test
  void replicas_oneHangs_callsGoToTheOther() {
    ScriptedModel one = LedgerModel.scalars();
    ScriptedModel two = LedgerModel.scalars();
    try (Fixture f = new Fixture(SessionOptions.DEFAULT, one, two)) {
      Gate gate = one.block();
      CompletableFuture<Tensors> stuck = f.session.submit(LedgerModel.request(0));
      gate.awaitEntered(1);
      for (int i = 1; i <= 10; i++) {
        LedgerModel.check(i, f.session.predict(LedgerModel.request(i)));
      }
      assertEquals(10, two.started());
      gate.open();
      LedgerModel.check(0, Await.value(stuck));
    }
  }
}
