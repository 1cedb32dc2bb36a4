package dev.inproc.inference.onnx;

import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import dev.inproc.inference.onnx.testing.Attributes;
import dev.inproc.inference.onnx.testing.GraphBuilder;
import java.util.List;

/** A classifier whose scores are an output beside the maps made of them. */
final class UnremovableZipMap {
  private UnremovableZipMap() {}

  /** x [batch,4] to scores [batch,2] and to maps, by the classes 3 and 10. */
  static byte[] model() {
    return new GraphBuilder("unremovable")
        .input("x", DataType.FLOAT_VALUE, "batch,4")
        .output("scores", DataType.FLOAT_VALUE, "batch,2")
        .output("maps", GraphBuilder.sequenceOfMaps(DataType.INT64_VALUE))
        .mlNode(
            "LinearClassifier",
            "x -> label scores",
            List.of(
                Attributes.reals("coefficients", 1, 0, 0, 1, 0, 1, 1, 0),
                Attributes.reals("intercepts", 0, 0.5f),
                Attributes.integers("classlabels_ints", 3, 10),
                Attributes.text("post_transform", "SOFTMAX")))
        .mlNode(
            "ZipMap", "scores -> maps", List.of(Attributes.integers("classlabels_int64s", 3, 10)))
        .build();
  }
}
