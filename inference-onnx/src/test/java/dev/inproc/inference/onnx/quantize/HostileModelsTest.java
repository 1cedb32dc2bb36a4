package dev.inproc.inference.onnx.quantize;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.AttributeProto.AttributeType;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import com.google.protobuf.ByteString;
import dev.inproc.inference.ModelLoadException;
import dev.inproc.inference.onnx.testing.GraphBuilder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Models that are wrong or mean harm, and outputs that cannot be. */
class HostileModelsTest {
  private static final QuantizeOptions ALL = QuantizeOptions.DEFAULT.withMinElements(1);

  @TempDir Path directory;

  private ModelProto good;
  private Path out;

  @BeforeEach
  void model() throws IOException {
    good =
        ModelProto.parseFrom(
            new GraphBuilder("good")
                .input("x", DataType.FLOAT_VALUE, "batch,48")
                .output("y", DataType.FLOAT_VALUE, "batch,24")
                .initializer("w", Zoo.normal(1, Zoo.K * Zoo.N), Zoo.K, Zoo.N)
                .node("Relu", "x -> a")
                .node("MatMul", "a w -> y")
                .build());
    out = directory.resolve("out.onnx");
  }

  private interface Change {
    void make(GraphProto.Builder graph);
  }

  private void refused(String reason, Change change) throws IOException {
    ModelProto.Builder bad = good.toBuilder();
    change.make(bad.getGraphBuilder());
    refused(reason, bad.build());
  }

  private void refused(String reason, ModelProto bad) throws IOException {
    Path in = Files.write(directory.resolve("bad.onnx"), bad.toByteArray());
    ModelLoadException failure =
        assertThrows(ModelLoadException.class, () -> Quantizer.quantize(in, out, ALL));
    assertTrue(failure.getMessage().contains(reason), failure::getMessage);
    nothingIsLeft("bad.onnx");
  }

  private void nothingIsLeft(String... but) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      assertEquals(
          Set.of(but), files.map(f -> f.getFileName().toString()).collect(Collectors.toSet()));
    }
  }

  @Test
  void graphsThatAreNone_refused() throws IOException {
    refused("a cycle", g -> g.getNodeBuilder(0).setInput(0, "y"));
    refused("\"gone\", read by node", g -> g.getNodeBuilder(0).setInput(0, "gone"));
    refused("\"gone\", read by the graph's outputs", g -> g.getOutputBuilder(0).setName("gone"));
    refused("\"a\" stands for two", g -> g.addNode(g.getNode(0)));
    refused("\"w\" stands for two", g -> g.addInitializer(g.getInitializer(0)));
    refused("\"x\" stands for two", g -> g.getNodeBuilder(0).setOutput(0, "x"));
    refused("\"x\" stands for two", g -> g.addInput(g.getInput(0)));
  }

  @Test
  void weightsThatAreNotWhatTheirShapeSays_refused() throws IOException {
    refused(
        "needs 1152",
        g -> g.getInitializerBuilder(0).setRawData(ByteString.copyFrom(new byte[40])));
    refused(
        "no whole number",
        g -> g.getInitializerBuilder(0).setRawData(ByteString.copyFrom(new byte[48 * 24 * 4 + 3])));
    refused("has the shape", g -> g.getInitializerBuilder(0).setDims(0, -48));
    refused("has the shape", g -> g.getInitializerBuilder(0).setDims(0, 1L << 62));
    refused("has the shape", g -> g.getInitializerBuilder(0).setDims(0, 1L << 31));
  }

  @Test
  void opsets_tooOldOrTooNew_refused() throws IOException {
    ModelProto.Builder bad = good.toBuilder();
    bad.getOpsetImportBuilder(0).setVersion(99);
    refused("its opset is 99", bad.build());
    bad.getOpsetImportBuilder(0).setVersion(3);
    refused("its opset is 3", bad.build());
  }

  @Test
  void subgraphs_nestedTooDeep_refused() throws IOException {
    GraphProto inner = good.getGraph();
    for (int i = 0; i < 120; i++) {
      inner =
          GraphProto.newBuilder()
              .addNode(
                  NodeProto.newBuilder()
                      .setOpType("If")
                      .addAttribute(
                          AttributeProto.newBuilder()
                              .setName("then_branch")
                              .setType(AttributeType.GRAPH)
                              .setG(inner)))
              .build();
    }
    refused("nested more than 100 deep", good.toBuilder().setGraph(inner).build());
  }

  @Test
  void externalData_outsideTheDirectory_refused() throws IOException {
    Path outside = Files.createTempFile("outside", ".bin");
    try {
      Files.write(outside, new byte[Zoo.K * Zoo.N * 4]);
      refusedLocation("leads out of a directory", "../" + outside.getFileName());
      refusedLocation("is an absolute path", outside.toString());
      Path link = Files.createSymbolicLink(directory.resolve("link.bin"), outside);
      Path in = Files.write(directory.resolve("bad.onnx"), external("link.bin").toByteArray());
      ModelLoadException failure =
          assertThrows(ModelLoadException.class, () -> Quantizer.quantize(in, out, ALL));
      assertTrue(failure.getMessage().contains("leads by a link"), failure::getMessage);
      Files.delete(link);
    } finally {
      Files.delete(outside);
    }
  }

  private void refusedLocation(String reason, String location) throws IOException {
    refused(reason, external(location));
  }

  private ModelProto external(String location) {
    ModelProto.Builder bad = good.toBuilder();
    TensorProto.Builder weight = bad.getGraphBuilder().getInitializerBuilder(0);
    weight
        .clearRawData()
        .clearFloatData()
        .setDataLocation(TensorProto.DataLocation.EXTERNAL)
        .addExternalData(StringStringEntryProto.newBuilder().setKey("location").setValue(location));
    return bad.build();
  }

  @Test
  void operatorsOfUnknownDomains_stay_andTheRestIsQuantized() throws IOException {
    ModelProto.Builder custom = good.toBuilder();
    custom.getGraphBuilder().getNodeBuilder(0).setDomain("org.example").setOpType("Mystery");
    custom.addOpsetImportBuilder().setDomain("org.example").setVersion(1);
    Path in = Files.write(directory.resolve("in.onnx"), custom.build().toByteArray());
    QuantizationReport report = Quantizer.quantize(in, out, ALL);
    assertEquals(1, report.changed().size());
    assertTrue(report.note().contains("not smoothed"), report.note());
    assertTrue(
        ModelProto.parseFrom(Files.readAllBytes(out)).getGraph().getNodeList().stream()
            .anyMatch(node -> node.getOpType().equals("Mystery")));
  }

  @Test
  void modelQuantizedAlready_isLeftAsItIs() throws IOException {
    Path in = Files.write(directory.resolve("in.onnx"), good.toByteArray());
    Quantizer.quantize(in, out, ALL);
    Path again = directory.resolve("again.onnx");
    QuantizationReport report = Quantizer.quantize(out, again, ALL);
    assertEquals(0, report.changed().size(), report.changed()::toString);
    ModelProto once = ModelProto.parseFrom(Files.readAllBytes(out));
    ModelProto twice = ModelProto.parseFrom(Files.readAllBytes(again));
    assertEquals(once.getGraph().getNodeList(), twice.getGraph().getNodeList());
  }

  @Test
  void outputThatCannotBeWritten_fails_andLeavesNothing() throws IOException {
    Path in = Files.write(directory.resolve("in.onnx"), good.toByteArray());
    for (Path bad :
        new Path[] {directory.resolve("missing/out.onnx"), in.resolve("under-a-file.onnx")}) {
      UncheckedIOException failure =
          assertThrows(UncheckedIOException.class, () -> Quantizer.quantize(in, bad, ALL));
      assertTrue(failure.getMessage().contains(bad.toString()), failure::getMessage);
    }
    nothingIsLeft("in.onnx");
  }

  @Test
  void failureHalfWay_leavesAnEarlierOutputAsItWas() throws IOException {
    Path in = Files.write(directory.resolve("in.onnx"), good.toByteArray());
    Quantizer.quantize(in, out, ALL.withExternalData(true));
    byte[] model = Files.readAllBytes(out);
    byte[] data = Files.readAllBytes(directory.resolve("out.onnx.data"));
    ModelProto.Builder bad = good.toBuilder();
    bad.getGraphBuilder()
        .addInitializer(good.getGraph().getInitializer(0).toBuilder().setName("v").setDims(0, 7))
        .addNodeBuilder()
        .setOpType("MatMul")
        .addAllInput(Arrays.asList("a", "v"))
        .addOutput("z");
    Files.write(in, bad.build().toByteArray());
    assertThrows(
        ModelLoadException.class,
        () -> Quantizer.quantize(in, out, ALL.withExternalData(true).withSmoothing(false)));
    assertArrayEquals(model, Files.readAllBytes(out));
    assertArrayEquals(data, Files.readAllBytes(directory.resolve("out.onnx.data")));
    nothingIsLeft("in.onnx", "out.onnx", "out.onnx.data");
  }

  @Test
  void outputWhoseDataIsTheModels_refused() throws IOException {
    byte[] weights = new byte[Zoo.K * Zoo.N * 4];
    Path data = Files.write(directory.resolve("out.onnx.data"), weights);
    Path in = Files.write(directory.resolve("in.onnx"), external("out.onnx.data").toByteArray());
    assertThrows(IllegalArgumentException.class, () -> Quantizer.quantize(in, out, ALL));
    assertArrayEquals(weights, Files.readAllBytes(data));
    assertFalse(Files.exists(out));
  }
}
