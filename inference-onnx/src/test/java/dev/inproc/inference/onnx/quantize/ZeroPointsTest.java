package dev.inproc.inference.onnx.quantize;

import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import dev.inproc.inference.onnx.testing.GraphBuilder;
import java.util.List;
import org.junit.jupiter.api.Test;

class ZeroPointsTest {
  private static int of(GraphBuilder graph) {
    try {
      List<NodeProto> nodes =
          ai.onnx.proto.OnnxMl.ModelProto.parseFrom(graph.build()).getGraph().getNodeList();
      ZeroPoints points = new ZeroPoints();
      points.add(nodes);
      return points.of("y");
    } catch (com.google.protobuf.InvalidProtocolBufferException e) {
      throw new AssertionError(e);
    }
  }

  private static GraphBuilder graph() {
    return new GraphBuilder("g").input("x", DataType.FLOAT_VALUE, "batch,48");
  }

  @Test
  void whatLeavesNothingBelowZero_hasNoLevelsThere() {
    assertEquals(ZeroPoints.NONE_BELOW, of(graph().node("Relu", "x -> y")));
    assertEquals(ZeroPoints.NONE_BELOW, of(graph().node("Softmax", "x -> y")));
  }

  @Test
  void geluAndSwish_howeverWritten_haveFew() {
    assertEquals(ZeroPoints.FEW_BELOW, of(graph().node("Gelu", "x -> y")));
    assertEquals(
        ZeroPoints.FEW_BELOW,
        of(
            graph()
                .node("Div", "x root -> a")
                .node("Erf", "a -> b")
                .node("Add", "b one -> c")
                .node("Mul", "x c -> d")
                .node("Mul", "d half -> y")));
    assertEquals(
        ZeroPoints.FEW_BELOW, of(graph().node("Sigmoid", "x -> a").node("Mul", "x a -> y")));
  }

  @Test
  void anythingElse_isInTheMiddle() {
    assertEquals(ZeroPoints.MIDDLE, of(graph()));
    assertEquals(ZeroPoints.MIDDLE, of(graph().node("Mul", "x gains -> y")));
    assertEquals(ZeroPoints.MIDDLE, of(graph().node("Tanh", "x -> y")));
  }
}
