package dev.inproc.inference.testing.contract;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.inproc.inference.ModelLoadException;
import dev.inproc.inference.engine.Device;
import dev.inproc.inference.engine.Session;
import dev.inproc.inference.engine.SessionOptions;
import dev.inproc.inference.tensor.Tensors;
import dev.inproc.inference.testing.Messages;
import dev.inproc.inference.testing.TestDevice;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A device that is required is there or loading fails; one that is preferred gives way. */
interface DevicesContract extends Contract {
  private Session loadOn(Device... devices) {
    SessionOptions options = SessionOptions.builder().devices(devices).build();
    return models().engine().load(models().tinyMlp(), options);
  }

  private void needsAMachineWithoutGpu() {
    if (TestDevice.hasNvidia()) {
      skip("this machine has a GPU, so its absence cannot be tested");
    }
  }

  private void assertRefused(Device device) {
    ModelLoadException failure =
        assertThrows(ModelLoadException.class, () -> loadOn(device).close());
    Messages.assertSays(failure, "device " + device);
  }

  @Test
  default void selectedDevice_isTheOneThatItReallyRunsOn() {
    try (Session session = load(models().tinyMlp())) {
      assertEquals(List.of(TestDevice.selected()), session.devices());
    }
  }

  @Test
  default void requiredDevice_ofAKindThatNobodyKnows_failsWithAReason() {
    assertRefused(Device.of("abacus", 0));
  }

  @Test
  default void requiredDevice_missing_failsWithAReason() {
    needsAMachineWithoutGpu();
    assertRefused(Device.cuda(0));
  }

  @Test
  default void preferredDevice_missing_runsOnTheCpuAndSaysSo() {
    needsAMachineWithoutGpu();
    Tensors input = Contract.row(new Random(5));
    try (Session session = loadOn(Device.cuda(0).preferred())) {
      assertEquals(Device.cpu(), session.device());
      float[] expected = models().tinyMlpReference(input.only().toFloats());
      assertClose(expected, session.predict(input).only().toFloats());
    }
  }

  @Test
  default void preferredDevice_corruptModel_failsAsElsewhere(@TempDir Path directory)
      throws IOException {
    SessionOptions options = SessionOptions.builder().devices(Device.cuda(0).preferred()).build();
    var corrupt = models().corrupt(directory);
    assertThrows(ModelLoadException.class, () -> models().engine().load(corrupt, options).close());
  }

  @Test
  default void severalDevices_oneMissing_fails() {
    assertThrows(
        ModelLoadException.class,
        () -> loadOn(TestDevice.selected(), Device.of("abacus", 0)).close());
  }

  @Test
  default void severalDevices_giveTheSameAnswers() {
    Device device = TestDevice.selected();
    Random random = new Random(6);
    try (Session two = loadOn(device, device);
        Session one = loadOn(device)) {
      assertEquals(List.of(device, device), two.devices());
      for (int i = 0; i < 20; i++) {
        Tensors input = Contract.row(random);
        assertArrayEquals(
            one.predict(input).only().toFloats(), two.predict(input).only().toFloats());
      }
    }
  }
}
