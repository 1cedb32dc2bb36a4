package dev.inproc.inference.onnx;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtProvider;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.providers.OrtCUDAProviderOptions;
import ai.onnxruntime.providers.OrtTensorRTProviderOptions;
import dev.inproc.inference.engine.Device;
import java.util.EnumSet;
import java.util.Map;

/** Devices as ONNX Runtime's execution providers. */
final class ExecutionProviders {
  private ExecutionProviders() {}

  static void add(Device device, OrtSession.SessionOptions options) throws OrtException {
    checkPresent(device);
    int index = device.index();
    switch (device.kind()) {
      case "cpu" -> {} // always there, behind every other
      case "cuda" -> addCuda(device, options);
      case "tensorrt" -> {
        try (OrtTensorRTProviderOptions tensorRt = new OrtTensorRTProviderOptions(index)) {
          for (Map.Entry<String, String> option : device.options().entrySet()) {
            tensorRt.add(option.getKey(), option.getValue());
          }
          options.addTensorrt(tensorRt);
        }
        addCuda(Device.cuda(index), options); // for what TensorRT cannot run
      }
      case "rocm" -> options.addROCM(index);
      case "directml" -> options.addDirectML(index);
      case "openvino" -> options.addOpenVINO(device.options().getOrDefault("device_type", "CPU"));
      case "dnnl" -> options.addDnnl(true);
      case "acl" -> options.addACL(false);
      case "nnapi" -> options.addNnapi();
      case "coreml" -> options.addCoreML(device.options());
      case "xnnpack" -> options.addXnnpack(device.options());
      case "qnn" -> options.addQnn(device.options());
      case "webgpu" -> options.addWebGPU(device.options());
      default -> throw new OrtException("ONNX Runtime's Java binding knows no such device");
    }
  }

  private static void addCuda(Device device, OrtSession.SessionOptions options)
      throws OrtException {
    try (OrtCUDAProviderOptions cuda = new OrtCUDAProviderOptions(device.index())) {
      for (Map.Entry<String, String> option : device.options().entrySet()) {
        cuda.add(option.getKey(), option.getValue());
      }
      options.addCUDA(cuda);
    }
  }

  /** Says what to do about a provider that this build of ONNX Runtime does not have. */
  private static void checkPresent(Device device) throws OrtException {
    EnumSet<OrtProvider> present = OrtEnvironment.getAvailableProviders();
    OrtProvider needed =
        switch (device.kind()) {
          case "cuda" -> OrtProvider.CUDA;
          case "tensorrt" -> OrtProvider.TENSOR_RT;
          default -> OrtProvider.CPU; // of others the binding's own message is as good
        };
    if (!present.contains(needed)) {
      throw new OrtException(
          "the library onnxruntime_providers_"
              + device.kind()
              + " is missing: this ONNX Runtime was built for "
              + present
              + ". Depend on com.microsoft.onnxruntime:onnxruntime_gpu in place of"
              + " com.microsoft.onnxruntime:onnxruntime");
    }
  }
}
