package dev.inproc.inference.onnx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtProvider;
import dev.inproc.inference.ModelLoadException;
import dev.inproc.inference.engine.Device;
import dev.inproc.inference.engine.ModelSource;
import dev.inproc.inference.engine.Session;
import dev.inproc.inference.engine.SessionOptions;
import dev.inproc.inference.onnx.testing.Models;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

class DevicesTest {
  private static final ModelSource TINY = ModelSource.bytes("tiny", Models.tinyMlp());

  private static Session load(Device... devices) {
    return new OnnxEngine().load(TINY, SessionOptions.builder().devices(devices).build());
  }

  private static void assumeMissing(OrtProvider provider) {
    if (OrtEnvironment.getAvailableProviders().contains(provider)) {
      String reason = "this ONNX Runtime has " + provider + ", so its absence cannot be tested";
      System.out.println("SKIPPED: " + reason);
      Assumptions.abort(reason);
    }
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
  void autoDevice_withoutAGpu_isTheCpu_andTheDescriptionTellsWhy() {
    assumeMissing(OrtProvider.CUDA);
    try (Session session = load(Device.auto())) {
      assertEquals(List.of(Device.cpu()), session.devices());
      String told = session.describe().toString();
      assertTrue(told.contains("onnxruntime_providers_cuda"), told);
      assertTrue(told.contains("cpu: a batch of 1 in "), told);
    }
  }
}
