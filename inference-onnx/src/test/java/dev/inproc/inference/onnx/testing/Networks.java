package dev.inproc.inference.onnx.testing;

import static dev.inproc.inference.onnx.testing.Attributes.graph;
import static dev.inproc.inference.onnx.testing.Attributes.integer;
import static dev.inproc.inference.onnx.testing.Attributes.integers;

import ai.onnx.proto.OnnxMl.TensorProto.DataType;

/** Dense and convolutional networks. */
final class Networks {
  private Networks() {}

  /** A ReLU network on {@code x}; {@code batch} is its leading dimension as a shape text. */
  static GraphBuilder mlp(String batch, int... widths) {
    int layers = widths.length - 1;
    GraphBuilder graph =
        new GraphBuilder("mlp")
            .input("x", DataType.FLOAT_VALUE, batch + "," + widths[0])
            .output("y", DataType.FLOAT_VALUE, batch + "," + widths[layers]);
    String value = "x";
    for (int i = 0; i < layers; i++) {
      boolean last = i == layers - 1;
      String sum = last ? "y" : "sum" + i;
      graph
          .initializer("w" + i, weights(i, widths), widths[i], widths[i + 1])
          .initializer("b" + i, biases(i, widths), widths[i + 1])
          .node("Gemm", value + " w" + i + " b" + i + " -> " + sum);
      if (!last) {
        value = "hidden" + i;
        graph.node("Relu", sum + " -> " + value);
      }
    }
    return graph;
  }

  static float[] mlpReference(float[] x, int... widths) {
    int layers = widths.length - 1;
    int rows = x.length / widths[0];
    float[] value = x;
    for (int i = 0; i < layers; i++) {
      float[] weights = weights(i, widths);
      float[] biases = biases(i, widths);
      int width = widths[i + 1];
      float[] next = new float[rows * width];
      for (int row = 0; row < rows; row++) {
        for (int out = 0; out < width; out++) {
          double sum = biases[out];
          for (int in = 0; in < widths[i]; in++) {
            sum += (double) value[row * widths[i] + in] * weights[in * width + out];
          }
          next[row * width + out] = (float) (i == layers - 1 ? sum : Math.max(0, sum));
        }
      }
      value = next;
    }
    return value;
  }

  static byte[] convNet() {
    return new GraphBuilder("conv-net")
        .input("image", DataType.FLOAT_VALUE, "batch,1,28,28")
        .output("logits", DataType.FLOAT_VALUE, "batch,10")
        .initializer("w0", Weights.layer(20, 9, 8), 8, 1, 3, 3)
        .initializer("b0", Weights.uniform(21, 8, 0.1), 8)
        .initializer("w1", Weights.layer(22, 72, 16), 16, 8, 3, 3)
        .initializer("b1", Weights.uniform(23, 16, 0.1), 16)
        .initializer("w2", Weights.layer(24, 784, 10), 784, 10)
        .initializer("b2", Weights.uniform(25, 10, 0.1), 10)
        .node("Conv", "image w0 b0 -> c0", integers("pads", 1, 1, 1, 1))
        .node("Relu", "c0 -> r0")
        .node("MaxPool", "r0 -> p0", integers("kernel_shape", 2, 2), integers("strides", 2, 2))
        .node("Conv", "p0 w1 b1 -> c1", integers("pads", 1, 1, 1, 1))
        .node("Relu", "c1 -> r1")
        .node("MaxPool", "r1 -> p1", integers("kernel_shape", 2, 2), integers("strides", 2, 2))
        .node("Flatten", "p1 -> flat")
        .node("Gemm", "flat w2 b2 -> logits")
        .build();
  }

  /**
   * The matrix takes a detour by way of x (the sum of x minus the sum of x is added to it), because
   * ONNX Runtime makes a packed copy of a constant one for each node: gigabytes, for a long run.
   */
  static byte[] slow(int width, int loops) {
    GraphBuilder graph =
        new GraphBuilder("slow")
            .input("x", DataType.FLOAT_VALUE, "batch," + width)
            .output("y", DataType.FLOAT_VALUE, "batch," + width)
            .initializer("matrix", Weights.reflection(30, width), width, width)
            .node("ReduceSum", "x -> sum", integer("keepdims", 0))
            .node("Sub", "sum sum -> zero")
            .node("Add", "matrix zero -> w");
    for (int i = 0; i < loops; i++) {
      String from = i == 0 ? "x" : "h" + i;
      String to = i == loops - 1 ? "y" : "h" + (i + 1);
      graph.node("MatMul", from + " w -> " + to);
    }
    return graph.build();
  }

  /** The loop's body: v times the matrix of the outer graph. */
  static byte[] loop(int width) {
    GraphBuilder body =
        new GraphBuilder("body")
            .input("i", DataType.INT64_VALUE, "")
            .input("more", DataType.BOOL_VALUE, "")
            .input("v", DataType.FLOAT_VALUE, "batch," + width)
            .output("more_out", DataType.BOOL_VALUE, "")
            .output("v_out", DataType.FLOAT_VALUE, "batch," + width)
            .node("Identity", "more -> more_out")
            .node("MatMul", "v matrix -> v_out");
    return new GraphBuilder("loop")
        .input("x", DataType.FLOAT_VALUE, "batch," + width)
        .input("loops", DataType.INT64_VALUE, "batch")
        .output("y", DataType.FLOAT_VALUE, "batch," + width)
        .initializer("matrix", Weights.reflection(30, width), width, width)
        .node("ReduceMax", "loops -> most", integer("keepdims", 0))
        .node("Loop", "most _ x -> y", graph("body", body))
        .build();
  }

  private static float[] weights(int layer, int... widths) {
    return Weights.layer(1 + 2L * layer, widths[layer], widths[layer + 1]);
  }

  private static float[] biases(int layer, int... widths) {
    return Weights.uniform(2 + 2L * layer, widths[layer + 1], 0.1);
  }
}
