package dev.inproc.inference.onnx.testing;

import static dev.inproc.inference.onnx.testing.Attributes.integer;
import static dev.inproc.inference.onnx.testing.Attributes.integers;

import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import java.util.Arrays;

/** Models that look ids up in a table. */
final class Embeddings {
  private Embeddings() {}

  static float[] table(int rows, int width) {
    return Weights.uniform(40, Math.multiplyExact(rows, width), 1);
  }

  static byte[] gather(int rows, int width) {
    return new GraphBuilder("gather")
        .input("ids", DataType.INT64_VALUE, "batch,length")
        .output("vectors", DataType.FLOAT_VALUE, "batch,length," + width)
        .output("sum", DataType.FLOAT_VALUE, "batch," + width)
        .initializer("table", table(rows, width), rows, width)
        .axes("along", 1)
        .node("Gather", "table ids -> vectors")
        .node("ReduceSum", "vectors along -> sum", integer("keepdims", 0))
        .build();
  }

  static byte[] maskedMean(int vocab, int width) {
    return new GraphBuilder("masked-mean")
        .input("input_ids", DataType.INT64_VALUE, "batch,sequence")
        .input("attention_mask", DataType.INT64_VALUE, "batch,sequence")
        .output("tokens", DataType.FLOAT_VALUE, "batch,sequence," + width)
        .output("mean", DataType.FLOAT_VALUE, "batch," + width)
        .initializer("table", table(vocab, width), vocab, width)
        .initializer("least", new float[] {1e-9f})
        .axes("along", 1)
        .axes("last", 2)
        .node("Gather", "table input_ids -> tokens")
        .node("Cast", "attention_mask -> mask", integer("to", DataType.FLOAT_VALUE))
        .node("Unsqueeze", "mask last -> column")
        .node("Mul", "tokens column -> kept")
        .node("ReduceSum", "kept along -> total", integer("keepdims", 0))
        .node("ReduceSum", "mask along -> count")
        .node("Clip", "count least -> divisor")
        .node("Div", "total divisor -> mean")
        .build();
  }

  static byte[] leakyMean(int vocab, int width) {
    return new GraphBuilder("leaky-mean")
        .input("input_ids", DataType.INT64_VALUE, "batch,sequence")
        .output("mean", DataType.FLOAT_VALUE, "batch," + width)
        .initializer("table", table(vocab, width), vocab, width)
        .node("Gather", "table input_ids -> tokens")
        .node("ReduceMean", "tokens -> mean", integers("axes", 1), integer("keepdims", 0))
        .build();
  }

  static float[] mean(int vocab, int width, long[] ids, long[] mask) {
    float[] table = table(vocab, width);
    double[] sum = new double[width];
    double count = 0;
    for (int i = 0; i < ids.length; i++) {
      count += mask[i];
      for (int column = 0; column < width; column++) {
        sum[column] += (double) mask[i] * table[Math.toIntExact(ids[i] * width + column)];
      }
    }
    float[] mean = new float[width];
    for (int column = 0; column < width; column++) {
      mean[column] = (float) (sum[column] / Math.max(count, 1e-9));
    }
    return mean;
  }

  static float[] mean(int vocab, int width, long[] ids) {
    long[] ones = new long[ids.length];
    Arrays.fill(ones, 1);
    return mean(vocab, width, ids, ones);
  }
}
