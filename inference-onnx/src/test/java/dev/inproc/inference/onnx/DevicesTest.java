package dev.inproc.inference.onnx;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtProvider;
import dev.inproc.inference.ModelLoadException;
import dev.inproc.inference.engine.Device;
import dev.inproc.inference.engine.ModelSource;
import dev.inproc.inference.engine.Session;
import dev.inproc.inference.engine.SessionOptions;
import dev.inproc.inference.onnx.testing.Models;
import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.Tensors;
import java.util.List;
import org.junit.jupiter.api.Test;

class DevicesTest {
  private static final ModelSource TINY = ModelSource.bytes("tiny", Models.tinyMlp());
  private static final Tensors INPUT = Tensors.of("x", Tensor.of(new float[16]));

  private static Session load(Device... devices) {
    return new OnnxEngine().load(TINY, SessionOptions.builder().devices(devices).build());
  }

  private static void assumeMissing(OrtProvider provider) {
    assumeFalse(
        OrtEnvironment.getAvailableProviders().contains(provider),
        "this ONNX Runtime has " + provider + ", so its absence cannot be tested");
  }

  @Test
  void requiredDevice_missing_failsNamingTheLibraryAndTheRemedy() {
    assumeMissing(OrtProvider.CUDA);
    for (Device device : List.of(Device.cuda(0), Device.tensorRt(0))) {
      ModelLoadException failure = assertThrows(ModelLoadException.class, () -> load(device));
      String message = failure.getMessage();
      assertTrue(message.contains(device.toString()), message);
      assertTrue(message.contains("onnxruntime_providers_" + device.kind()), message);
      assertTrue(message.contains("onnxruntime_gpu"), message);
    }
  }

  @Test
  void requiredDevice_unknownOrNotInThisBuild_failsWithAReason() {
    for (String kind : List.of("abacus", "rocm", "coreml", "qnn", "webgpu", "directml")) {
      ModelLoadException failure =
          assertThrows(ModelLoadException.class, () -> load(Device.of(kind, 0)));
      assertTrue(failure.getMessage().contains("device " + kind + ":0"), failure::getMessage);
    }
  }

  @Test
  void preferredDevice_missing_runsOnTheCpuAndSaysSo() {
    assumeMissing(OrtProvider.CUDA);
    try (Session session = load(Device.cuda(0).preferred())) {
      assertEquals(Device.cpu(), session.device());
      assertEquals(1, session.predict(INPUT).only().elements());
    }
  }

  @Test
  void preferredDevice_corruptModel_failsAsOnTheCpu() {
    SessionOptions options = SessionOptions.builder().devices(Device.cuda(0).preferred()).build();
    ModelSource corrupt = ModelSource.bytes("corrupt", new byte[] {1, 2, 3});
    assertThrows(ModelLoadException.class, () -> new OnnxEngine().load(corrupt, options));
  }

  @Test
  void severalDevices_oneMissing_failsAndLeavesNothingOpen() {
    assumeMissing(OrtProvider.CUDA);
    assertThrows(ModelLoadException.class, () -> load(Device.cpu(), Device.cuda(0)));
  }

  @Test
  void severalDevices_sameAnswers() {
    try (Session two = load(Device.cpu(), Device.cpu());
        Session one = load(Device.cpu())) {
      assertEquals(List.of(Device.cpu(), Device.cpu()), two.devices());
      for (int i = 0; i < 20; i++) {
        assertArrayEquals(
            one.predict(INPUT).only().toFloats(), two.predict(INPUT).only().toFloats());
      }
    }
  }
}
