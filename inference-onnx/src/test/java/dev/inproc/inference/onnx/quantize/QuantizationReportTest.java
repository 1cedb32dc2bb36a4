package dev.inproc.inference.onnx.quantize;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnx.proto.OnnxMl.FunctionProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import dev.inproc.inference.engine.ModelSource;
import dev.inproc.inference.engine.Session;
import dev.inproc.inference.onnx.OnnxEngine;
import dev.inproc.inference.onnx.testing.GraphBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a report tells of the weights that stay in FP32. */
class QuantizationReportTest {
  @TempDir Path directory;

  private QuantizationReport quantize(byte[] model, int minElements) throws IOException {
    Path in = Files.write(directory.resolve("in.onnx"), model);
    Path out = directory.resolve("out.onnx");
    QuantizationReport report =
        Quantizer.quantize(in, out, QuantizeOptions.DEFAULT.withMinElements(minElements));
    try (Session session = new OnnxEngine().load(ModelSource.file(out))) {
      assertTrue(session.signature().inputs().size() > 0); // it is a model still
    }
    return report;
  }

  /** Conv 8·3·5·5 and MatMul 64·100: 2,400 of 28,000 bytes stay. */
  @Test
  void conv_isLeftWithItsBytes() throws IOException {
    byte[] model =
        new GraphBuilder("conv")
            .input("x", DataType.FLOAT_VALUE, "batch,3,64,64")
            .output("y", DataType.FLOAT_VALUE, "batch,8,60,100")
            .initializer("k", Zoo.normal(1, 600), 8, 3, 5, 5)
            .initializer("w", Zoo.normal(2, 6_000), 60, 100)
            .node("Conv", "x k -> c")
            .node("MatMul", "c w -> y")
            .build();
    QuantizationReport report = quantize(model, 100);
    assertEquals(1, report.changed().size());
    assertEquals(
        List.of(new QuantizationReport.Node("Conv_0", "Conv", "Conv is not quantized", 2_400)),
        report.left());
    assertEquals(26_400, report.floatBytesBefore());
    assertEquals(2_400, report.floatBytesAfter());
    assertEquals(2_400 / 26_400.0, report.floatShare());
    assertTrue(report.toString().contains("9.1 % of the weights stay FP32"), report::toString);
    ModelSummary after = ModelInspector.inspect(directory.resolve("out.onnx"));
    assertTrue(after.share(Precision.FP32) > 0.2 && after.share(Precision.FP32) < 0.5);
    assertEquals(
        1,
        after.share(Precision.FP32) + after.share(Precision.INT8) + after.share(Precision.OTHER),
        1e-9);
  }

  @Test
  void recurrentAndOtherLargeWeights_areLeftWithTheirBytes() throws IOException {
    byte[] model =
        new GraphBuilder("gru")
            .input("x", DataType.FLOAT_VALUE, "5,batch,16")
            .output("y", DataType.FLOAT_VALUE, "5,1,batch,32")
            .initializer("w", Zoo.normal(1, 96 * 16), 1, 96, 16)
            .initializer("r", Zoo.normal(2, 96 * 32), 1, 96, 32)
            .initializer("table", Zoo.normal(3, 5 * 32), 5, 1, 1, 32)
            .node("GRU", "x w r -> a", NodeProtos.integer("hidden_size", 32))
            .node("Add", "a table -> y")
            .build();
    QuantizationReport report = quantize(model, 160);
    assertEquals(
        List.of("GRU is not quantized 18432", "Add is not quantized 640"),
        report.left().stream().map(node -> node.detail() + " " + node.floatBytes()).toList());
    assertEquals(1, report.floatShare());
  }

  /** One with its weight inside, and one that its caller gives the weight to. */
  @Test
  void productsInModelLocalFunctions_areLeftWithTheirBytes() throws IOException {
    byte[] graph =
        new GraphBuilder("functions")
            .opset("local", 1)
            .input("x", DataType.FLOAT_VALUE, "batch,48")
            .output("y", DataType.FLOAT_VALUE, "batch,48")
            .initializer("w", Zoo.normal(1, 48 * 48), 48, 48)
            .node("Identity", "x -> a")
            .node("Identity", "a -> y")
            .build();
    ModelProto.Builder model = ModelProto.parseFrom(graph).toBuilder();
    model
        .getGraphBuilder()
        .clearNode()
        .addNode(NodeProtos.node("local", "Dense", List.of("x", "w"), List.of("a")))
        .addNode(NodeProtos.node("local", "Own", List.of("a"), List.of("y")));
    NodeProto constant =
        NodeProtos.node(
            "",
            "Constant",
            List.of(),
            List.of("v"),
            NodeProtos.tensor(
                "value",
                dev.inproc.inference.onnx.testing.Tensors.floats(
                    "", Zoo.normal(3, 48 * 48), 48, 48)));
    model.addFunctions(
        function("Dense")
            .addInput("p")
            .addInput("q")
            .addOutput("r")
            .addNode(NodeProtos.node("", "MatMul", List.of("p", "q"), List.of("r"))));
    model.addFunctions(
        function("Own")
            .addInput("p")
            .addOutput("r")
            .addNode(constant)
            .addNode(NodeProtos.node("", "MatMul", List.of("p", "v"), List.of("r"))));
    QuantizationReport report = quantize(model.build().toByteArray(), 100);
    assertEquals(List.of(), report.changed());
    long bytes = 4L * 48 * 48;
    assertEquals(
        List.of(
            "Dense: Dense is not quantized, " + bytes,
            "MatMul: it is in the model-local function Dense, and functions are not quantized, 0",
            "MatMul: it is in the model-local function Own, and functions are not quantized, "
                + bytes),
        report.left().stream()
            .map(node -> node.operator() + ": " + node.detail() + ", " + node.floatBytes())
            .toList());
    assertEquals(2 * bytes, report.floatBytesBefore());
    assertEquals(1, report.floatShare());
    ModelSummary summary = ModelInspector.inspect(directory.resolve("in.onnx"));
    assertEquals(2 * bytes, summary.weightBytes().get(Precision.FP32));
    assertEquals(1, summary.share(Precision.FP32));
  }

  private static FunctionProto.Builder function(String name) {
    return FunctionProto.newBuilder()
        .setName(name)
        .setDomain("local")
        .addOpsetImport(OpsetUpgrader.opset("", 17));
  }
}
