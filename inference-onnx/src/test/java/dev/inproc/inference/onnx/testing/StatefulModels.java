package dev.inproc.inference.onnx.testing;

import static dev.inproc.inference.onnx.testing.Attributes.graph;
import static dev.inproc.inference.onnx.testing.Attributes.integer;
import static dev.inproc.inference.onnx.testing.Attributes.real;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.FunctionProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import com.google.protobuf.InvalidProtocolBufferException;

/**
 * Models that answer one example differently each time: by a running mean of what they were given,
 * m = (m + x) / 2 from zero on, which ONNX Runtime keeps between runs; or by random numbers.
 */
public final class StatefulModels {
  private static final int FLOAT = DataType.FLOAT_VALUE;
  private static final String FUNCTIONS = "local";

  private StatefulModels() {}

  private static GraphBuilder start(String name) {
    return new GraphBuilder(name)
        .input("x", FLOAT, "batch,1")
        .output("y", FLOAT, "batch,1")
        .initializer("scale", new float[] {1}, 1)
        .initializer("bias", new float[] {0}, 1)
        .initializer("mean", new float[] {0}, 1)
        .initializer("var", new float[] {1}, 1);
  }

  private static AttributeProto[] training() {
    return new AttributeProto[] {integer("training_mode", 1), real("momentum", 0.5f)};
  }

  private static GraphBuilder normalize(GraphBuilder builder) {
    return builder.node(
        "BatchNormalization", "x scale bias mean var -> normal running spread", training());
  }

  /** x [batch,1] to y [batch,1], x plus the running mean, this run included. */
  public static byte[] runningMean() {
    return normalize(start("running-mean")).node("Add", "x running -> y").build();
  }

  /** The same in both branches of an If. */
  public static byte[] runningMeanInIf() {
    GraphBuilder then = new GraphBuilder("then").output("left", FLOAT, "batch,1");
    normalize(then).node("Add", "x running -> left");
    GraphBuilder other = new GraphBuilder("else").output("right", FLOAT, "batch,1");
    other.node("Identity", "x -> right");
    return start("running-mean-in-if")
        .initializer("zero", new float[] {0}, 1)
        .initializer("far", new float[] {-1e30f}, 1)
        .node("ReduceMax", "x -> most", integer("keepdims", 0))
        .node("Greater", "most far -> above")
        .node("Not", "above -> below")
        .node("Not", "below -> condition")
        .node("If", "condition -> y", graph("then_branch", then), graph("else_branch", other))
        .build();
  }

  /** The same in a function of the model, which its caller tells to train. */
  public static byte[] runningMeanInFunction() {
    byte[] plain = start("running-mean-in-function").node("Identity", "x -> y").build();
    try {
      ModelProto.Builder model = ModelProto.parseFrom(plain).toBuilder();
      OperatorSetIdProto opset = OperatorSetIdProto.newBuilder().setVersion(17).build();
      NodeProto norm =
          NodeProto.newBuilder()
              .setOpType("BatchNormalization")
              .addInput("x")
              .addInput("scale")
              .addInput("bias")
              .addInput("mean")
              .addInput("var")
              .addOutput("normal")
              .addOutput("running")
              .addOutput("spread")
              .addAttribute(
                  AttributeProto.newBuilder()
                      .setName("training_mode")
                      .setType(AttributeProto.AttributeType.INT)
                      .setRefAttrName("train"))
              .addAttribute(real("momentum", 0.5f))
              .build();
      NodeProto add =
          NodeProto.newBuilder()
              .setOpType("Add")
              .addInput("x")
              .addInput("running")
              .addOutput("y")
              .build();
      FunctionProto.Builder function =
          FunctionProto.newBuilder().setName("Norm").setDomain(FUNCTIONS);
      for (String input : new String[] {"x", "scale", "bias", "mean", "var"}) {
        function.addInput(input);
      }
      function
          .addOutput("y")
          .addAttribute("train")
          .addNode(norm)
          .addNode(add)
          .addOpsetImport(opset);
      NodeProto.Builder call =
          model.getGraphBuilder().getNodeBuilder(0).setOpType("Norm").setDomain(FUNCTIONS);
      call.addInput("scale").addInput("bias").addInput("mean").addInput("var");
      call.addAttribute(integer("train", 1));
      return model
          .addFunctions(function)
          .addOpsetImport(OperatorSetIdProto.newBuilder().setDomain(FUNCTIONS).setVersion(1))
          .build()
          .toByteArray();
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException(e);
    }
  }

  /** x [batch,1] to y [batch,1], x plus noise from 0 to 1, drawn from a seed if there is one. */
  public static byte[] noisy(boolean seeded) {
    GraphBuilder builder =
        new GraphBuilder("noisy").input("x", FLOAT, "batch,1").output("y", FLOAT, "batch,1");
    if (seeded) {
      builder.node("RandomUniformLike", "x -> noise", real("seed", 7));
    } else {
      builder.node("RandomUniformLike", "x -> noise");
    }
    return builder.node("Add", "x noise -> y").build();
  }
}
