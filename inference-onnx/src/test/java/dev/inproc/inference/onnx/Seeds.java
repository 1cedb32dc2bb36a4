package dev.inproc.inference.onnx;

import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import dev.inproc.inference.onnx.testing.GraphBuilder;
import dev.inproc.inference.onnx.testing.Models;
import dev.inproc.inference.onnx.testing.Tensors;
import java.util.List;
import java.util.Map;

/** Small real models, to mutate. */
final class Seeds {
  private Seeds() {}

  static List<byte[]> models() {
    return List.of(
        Models.tinyMlp(),
        Models.twoInputs(),
        Models.withMetadata(Map.of("key", "value")),
        Models.stringLabels(),
        Models.linearClassifierZipMap(),
        UnremovableZipMap.model(),
        externalData());
  }

  static byte[] externalData() {
    return new GraphBuilder("external")
        .input("x", DataType.FLOAT_VALUE, "batch,4")
        .output("y", DataType.FLOAT_VALUE, "batch,2")
        .initializer(Tensors.external("w", DataType.FLOAT_VALUE, "weights.bin", 32, 4, 2))
        .node("MatMul", "x w -> y")
        .build();
  }
}
