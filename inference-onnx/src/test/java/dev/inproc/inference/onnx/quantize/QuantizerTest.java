package dev.inproc.inference.onnx.quantize;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import dev.inproc.inference.ModelLoadException;
import dev.inproc.inference.engine.Engine;
import dev.inproc.inference.engine.IntegrityOptions;
import dev.inproc.inference.engine.ModelSource;
import dev.inproc.inference.engine.Session;
import dev.inproc.inference.engine.SessionOptions;
import dev.inproc.inference.onnx.OnnxEngine;
import dev.inproc.inference.onnx.testing.GraphBuilder;
import dev.inproc.inference.tensor.Shape;
import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.Tensors;
import dev.inproc.inference.testing.SentinelEngine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class QuantizerTest {
  private static final SessionOptions UNPROBED =
      SessionOptions.builder().integrity(IntegrityOptions.skip()).build();

  /** Every graph of the zoo, quantized or not, runs twice over memory that held two patterns. */
  private static final Engine ENGINE = new SentinelEngine(new OnnxEngine());

  @TempDir Path directory;

  static Stream<Arguments> everySchemeAndGraph() {
    return Zoo.all().stream()
        .flatMap(
            animal ->
                Stream.of(
                    Arguments.of(animal, Scheme.ROWWISE_INT8, true, 0.02),
                    Arguments.of(animal, Scheme.ROWWISE_INT8, false, 0.02),
                    Arguments.of(animal, Scheme.DYNAMIC_INT8, true, 0.03),
                    Arguments.of(animal, Scheme.DYNAMIC_INT8, false, 0.03),
                    Arguments.of(animal, Scheme.BLOCKWISE_INT8, true, 0.02),
                    Arguments.of(animal, Scheme.BLOCKWISE_INT4, true, 0.25)));
  }

  @ParameterizedTest(name = "{0}, {1}, signed {2}")
  @MethodSource("everySchemeAndGraph")
  void quantized_anyGraph_answersAsFp32(
      Zoo.Animal animal, Scheme scheme, boolean signed, double tolerance) throws IOException {
    Path in = animal.write(directory);
    Path out = directory.resolve("out.onnx");
    QuantizeOptions options =
        QuantizeOptions.DEFAULT.withScheme(scheme).withSignedWeights(signed).withMinElements(1);
    QuantizationReport report = Quantizer.quantize(in, out, options);
    assertEquals(animal.quantizable(), report.changed().size(), report.left()::toString);
    assertTrue(report.opset() == 20 || report.opset() <= 17, "raised no further than needed");
    float[] exact = run(in, animal.input());
    float[] approximate = run(out, animal.input());
    double error = 0;
    double size = 0;
    for (int i = 0; i < exact.length; i++) {
      error += Math.pow(exact[i] - approximate[i], 2);
      size += Math.pow(exact[i], 2);
    }
    double relative = Math.sqrt(error / size);
    assertTrue(relative < tolerance, "relative error " + relative);
    assertTrue(relative > 0, "nothing was quantized");
  }

  static Stream<Arguments> everyBatchedGraph() {
    return Zoo.batched()
        .flatMap(animal -> Stream.of(Arguments.of(animal, true), Arguments.of(animal, false)));
  }

  /** Mates far from 0 on either side: a scale or a zero point that they share shows. */
  @ParameterizedTest(name = "{0}, signed {1}")
  @MethodSource("everyBatchedGraph")
  void rowwiseInt8_anyGraph_rowAloneAndBesideOutliers_isBitEqual(Zoo.Animal animal, boolean signed)
      throws IOException {
    Path out = directory.resolve("out.onnx");
    Quantizer.quantize(
        animal.write(directory),
        out,
        QuantizeOptions.DEFAULT.withSignedWeights(signed).withMinElements(1));
    long[] dims = animal.input().shape().dims();
    float[] all = animal.input().toFloats();
    int width = all.length / (int) dims[0];
    float[] row = new float[width];
    for (int i = 0; i < width; i++) {
      row[i] = all[i] / 10; // so small that after Gelu the least value decides, not the largest
    }
    dims[0] = 1;
    float[] alone = run(out, Tensor.of(Shape.of(dims), row.clone()));
    for (float size : new float[] {1e4f, -1e4f, Float.NaN}) {
      float[] batch = Zoo.normal(8, 3 * width);
      System.arraycopy(row, 0, batch, width, width);
      batch[3] = size;
      batch[2 * width + 5] = size;
      dims[0] = 3;
      float[] y = run(out, Tensor.of(Shape.of(dims), batch));
      assertArrayEquals(
          alone, java.util.Arrays.copyOfRange(y, alone.length, 2 * alone.length), "beside " + size);
    }
  }

  private static float[] run(Path model, Tensor x) {
    try (Session session = ENGINE.load(ModelSource.file(model), UNPROBED)) {
      return session.runRaw(Tensors.of("x", x)).get("y").toFloats();
    }
  }

  private ModelProto quantized(String animal, QuantizeOptions options) throws IOException {
    Path in =
        Zoo.all().stream()
            .filter(each -> each.name().equals(animal))
            .findFirst()
            .orElseThrow()
            .write(directory);
    Path out = directory.resolve("out.onnx");
    Quantizer.quantize(in, out, options.withMinElements(1));
    return ModelProto.parseFrom(Files.readAllBytes(out));
  }

  private static Map<String, TensorProto> constants(ModelProto model) {
    Map<String, TensorProto> constants = new HashMap<>();
    model.getGraph().getInitializerList().forEach(t -> constants.put(t.getName(), t));
    return constants;
  }

  private static long count(ModelProto model, String operator) {
    return model.getGraph().getNodeList().stream()
        .filter(node -> node.getOpType().equals(operator))
        .count();
  }

  /** The operator's definition: y = (A - a) (B - b), real = scale · (integer - zero point). */
  @Test
  void dynamicInt8_weights_equalTheDefinition() throws IOException {
    float[] w = Zoo.normal(1, Zoo.K * Zoo.N);
    for (boolean signed : new boolean[] {true, false}) {
      ModelProto model =
          quantized(
              "2-D MatMul",
              QuantizeOptions.DEFAULT.withScheme(Scheme.DYNAMIC_INT8).withSignedWeights(signed));
      TensorProto values = constants(model).get("w/quantized");
      float[] scales = new float[Zoo.N];
      constants(model)
          .get("w/scale")
          .getRawData()
          .asReadOnlyByteBuffer()
          .order(java.nio.ByteOrder.LITTLE_ENDIAN)
          .asFloatBuffer()
          .get(scales);
      float[] expectedScales = new float[Zoo.N];
      byte[] expected = new byte[w.length];
      for (int column = 0; column < Zoo.N; column++) {
        float largest = 0;
        for (int row = 0; row < Zoo.K; row++) {
          largest = Math.max(largest, Math.abs(w[row * Zoo.N + column]));
        }
        expectedScales[column] = largest / 127;
        for (int row = 0; row < Zoo.K; row++) {
          long level = Math.round((double) (w[row * Zoo.N + column] / expectedScales[column]));
          expected[row * Zoo.N + column] = (byte) (level + (signed ? 0 : 128));
        }
      }
      assertArrayEquals(expectedScales, scales);
      assertArrayEquals(expected, values.getRawData().toByteArray());
      assertEquals(signed ? DataType.INT8_VALUE : DataType.UINT8_VALUE, values.getDataType());
      var product =
          model.getGraph().getNodeList().stream()
              .filter(node -> node.getOpType().equals("MatMulInteger"))
              .findFirst()
              .orElseThrow();
      assertEquals(signed ? 3 : 4, product.getInputCount());
      if (!signed) {
        assertEquals((byte) 128, constants(model).get(product.getInput(3)).getRawData().byteAt(0));
      }
    }
  }

  @Test
  void sharedWeightsAndActivations_quantized_areThereOnce() throws IOException {
    ModelProto model = quantized("shared weight and activation", QuantizeOptions.DEFAULT);
    assertEquals(3, count(model, "MatMulIntegerToFloat"));
    assertEquals(2, count(model, "QuantizeLinear"), "x and c, x for two products");
    assertEquals(
        1,
        model.getGraph().getInitializerList().stream()
            .filter(t -> t.getDataType() == DataType.INT8_VALUE)
            .count());
    assertFalse(constants(model).containsKey("w"), "nothing reads it any more");
  }

  @Test
  void weightReadElsewhere_quantized_staysToo() throws IOException {
    ModelProto model = quantized("weight that is read elsewhere too", QuantizeOptions.DEFAULT);
    assertTrue(constants(model).containsKey("w"));
    assertTrue(constants(model).containsKey("w/quantized"));
  }

  @Test
  void quantize_twice_givesTheSameBytes() throws IOException {
    for (Scheme scheme : Scheme.values()) {
      QuantizeOptions options = QuantizeOptions.DEFAULT.withScheme(scheme);
      ModelProto first = quantized("If, with weights inside and outside", options);
      assertEquals(first, quantized("If, with weights inside and outside", options));
    }
  }

  @Test
  void metadata_ofTheResult_sayHowItWasMade() throws IOException {
    ModelProto model = quantized("2-D MatMul", QuantizeOptions.DEFAULT.withSignedWeights(true));
    Map<String, String> metadata = new HashMap<>();
    model.getMetadataPropsList().forEach(e -> metadata.put(e.getKey(), e.getValue()));
    assertEquals(
        "rowwise-int8, signed, embeddings, faster normalization, smoothed, compensated",
        metadata.get("inproc.quantization"));
    assertEquals("1", metadata.get("inproc.quantization.nodes"));
    assertEquals(
        ModelSource.file(directory.resolve("model.onnx")).digest(),
        metadata.get("inproc.quantization.source.sha256"));
  }

  @Test
  void externalData_inTheModelOrAskedFor_liesBesideTheResult() throws IOException {
    ModelProto model = quantized("external data", QuantizeOptions.DEFAULT);
    assertEquals(
        TensorProto.DataLocation.EXTERNAL, constants(model).get("w/quantized").getDataLocation());
    assertEquals(TensorProto.DataLocation.EXTERNAL, constants(model).get("c").getDataLocation());
    assertTrue(Files.exists(directory.resolve("out.onnx.data")));
    quantized("2-D MatMul", QuantizeOptions.DEFAULT.withExternalData(true));
    try (Stream<Path> files = Files.list(directory)) {
      assertEquals(
          Set.of("model.onnx", "weights.bin", "out.onnx", "out.onnx.data"),
          Set.copyOf(files.map(file -> file.getFileName().toString()).toList()),
          "no partial file is left");
    }
  }

  @Test
  void rowOfZeros_quantized_givesZerosAndLeavesTheOthers() throws IOException {
    quantized("2-D MatMul", QuantizeOptions.DEFAULT);
    Path out = directory.resolve("out.onnx");
    float[] x = Zoo.normal(7, 3 * Zoo.K);
    java.util.Arrays.fill(x, Zoo.K, 2 * Zoo.K, 0);
    float[] y = run(out, Tensor.of(Shape.of(3, Zoo.K), x));
    for (int i = Zoo.N; i < 2 * Zoo.N; i++) {
      assertEquals(0, y[i], 0f);
    }
    float[] alone = run(out, Tensor.of(Shape.of(1, Zoo.K), java.util.Arrays.copyOf(x, Zoo.K)));
    assertArrayEquals(alone, java.util.Arrays.copyOf(y, Zoo.N));
  }

  @Test
  void embeddings_quantized_areWithinHalfAStep() throws IOException {
    byte[] model = dev.inproc.inference.onnx.testing.Models.gather(300, 8);
    Path in = Files.write(directory.resolve("gather.onnx"), model);
    Path out = directory.resolve("out.onnx");
    QuantizationReport report =
        Quantizer.quantize(in, out, QuantizeOptions.DEFAULT.withMinElements(1));
    assertEquals(1, report.changed().size());
    Tensors ids = Tensors.of("ids", Tensor.of(Shape.of(1, 3), new long[] {0, 299, 17}));
    try (Session exact = new OnnxEngine().load(ModelSource.file(in), UNPROBED);
        Session quantized = new OnnxEngine().load(ModelSource.file(out), UNPROBED)) {
      float[] a = exact.runRaw(ids).get("vectors").toFloats();
      float[] b = quantized.runRaw(ids).get("vectors").toFloats();
      for (int i = 0; i < a.length; i++) {
        assertEquals(a[i], b[i], 1.0001 / 127 / 2, "values are below 1");
      }
      assertFalse(java.util.Arrays.equals(a, b));
    }
  }

  // ---- what is left, and what is refused ----

  @Test
  void notQuantizable_left_withTheReason() throws IOException {
    float[] nan = Zoo.normal(1, Zoo.K * Zoo.N);
    nan[3] = Float.NaN;
    byte[] model =
        new GraphBuilder("left")
            .input("x", DataType.FLOAT_VALUE, "batch,48")
            .output("y", DataType.FLOAT_VALUE, "batch,24")
            .initializer("nan", nan, Zoo.K, Zoo.N)
            .initializer("w", Zoo.normal(1, Zoo.K * Zoo.N), Zoo.K, Zoo.N)
            .initializer("cube", Zoo.normal(1, Zoo.K * Zoo.N), 1, Zoo.K, Zoo.N)
            .node("MatMul", "x nan -> a")
            .node("MatMul", "x w -> b")
            .node("MatMul", "x cube -> c3")
            .node("Transpose", "x -> t")
            .node("MatMul", "x t -> d")
            .node("MatMul", "d b -> e")
            .node("Add", "a e -> y")
            .build();
    Path in = Files.write(directory.resolve("left.onnx"), model);
    QuantizationReport report =
        Quantizer.quantize(
            in,
            directory.resolve("out.onnx"),
            QuantizeOptions.DEFAULT.withMinElements(1).withoutNodes(Set.of("MatMul_1")));
    assertEquals(List.of(), report.changed());
    assertEquals(
        List.of(
            "its weight has values that are NaN or infinite",
            "excluded",
            "its weight is no matrix: [1, 48, 24]",
            "its second input is no constant",
            "its second input is no constant"),
        report.left().stream().map(QuantizationReport.Node::detail).toList());
  }

  @Test
  void excludedTable_stays_withTheReason() throws IOException {
    byte[] model = dev.inproc.inference.onnx.testing.Models.gather(300, 8);
    Path in = Files.write(directory.resolve("gather.onnx"), model);
    Path out = directory.resolve("out.onnx");
    QuantizeOptions options = QuantizeOptions.DEFAULT.withMinElements(1);
    String name = Quantizer.quantize(in, out, options).changed().get(0).name();
    QuantizationReport report = Quantizer.quantize(in, out, options.withoutNodes(Set.of(name)));
    assertEquals(List.of(), report.changed());
    assertEquals(
        List.of(new QuantizationReport.Node(name, "Gather", "excluded", 4L * 300 * 8)),
        report.left());
    assertEquals(
        ModelProto.parseFrom(model).getGraph(),
        ModelProto.parseFrom(Files.readAllBytes(out)).getGraph());
  }

  @Test
  void malformedModels_refused_withTypedErrors() throws IOException {
    byte[] good = Zoo.all().get(1).model();
    ModelProto model = ModelProto.parseFrom(good);
    refused("no such file", null);
    refused("not a protobuf message", new byte[] {(byte) 0xff, 1, 2, 3});
    refused("ends too early", java.util.Arrays.copyOf(good, good.length - 7));
    refused("it has no graph", model.toBuilder().clearGraph().build().toByteArray());
    ModelProto.Builder shape = model.toBuilder();
    shape.getGraphBuilder().getInitializerBuilder(0).setDims(0, 49);
    refused("needs 1176", shape.build().toByteArray());
    ModelProto.Builder huge = model.toBuilder();
    huge.getGraphBuilder().getInitializerBuilder(0).setDims(0, Long.MAX_VALUE);
    refused("has the shape", huge.build().toByteArray());
    ModelProto.Builder inputs = model.toBuilder();
    inputs.getGraphBuilder().getNodeBuilder(0).clearInput();
    refused("at least two inputs", inputs.build().toByteArray());
    ModelProto.Builder old = model.toBuilder();
    old.getOpsetImportBuilder(0).setVersion(6);
    refused("its opset is 6", old.build().toByteArray());
    ModelProto.Builder resize = model.toBuilder();
    resize.getOpsetImportBuilder(0).setVersion(10);
    resize.getGraphBuilder().addNodeBuilder().setOpType("Resize").addOutput("r");
    refused("export the model with opset 11", resize.build().toByteArray());
    Zoo.Animal external = Zoo.all().get(Zoo.all().size() - 1);
    refused("is missing", external.model());
  }

  private void refused(String reason, byte[] model) throws IOException {
    Path in = directory.resolve("bad.onnx");
    if (model != null) {
      Files.write(in, model);
    }
    ModelLoadException failure =
        assertThrows(
            ModelLoadException.class,
            () ->
                Quantizer.quantize(
                    in, directory.resolve("out.onnx"), QuantizeOptions.DEFAULT.withMinElements(1)));
    assertTrue(failure.getMessage().contains(reason), failure::getMessage);
    assertFalse(Files.exists(directory.resolve("out.onnx")));
    assertFalse(Files.exists(directory.resolve("out.onnx.partial")));
  }

  @Test
  void outputOverInput_refused_andTheModelIsUntouched() throws IOException {
    Path in = Zoo.all().get(1).write(directory);
    byte[] before = Files.readAllBytes(in);
    assertThrows(IllegalArgumentException.class, () -> Quantizer.quantize(in, in));
    assertArrayEquals(before, Files.readAllBytes(in));
  }

  /**
   * What an x86 processor without VNNI computes: pairs of products added in 16 bits, saturating.
   * Signed weights overflow it, which is why they are not chosen there.
   */
  @Test
  void signedWeights_withoutVnni_wouldSaturate() {
    int pair = 255 * 127 + 255 * 127;
    assertTrue(pair > Short.MAX_VALUE, "two largest products do not fit");
    assertEquals(
        dev.inproc.inference.engine.CpuFeatures.addsBytesExactly(),
        QuantizeOptions.DEFAULT.signedWeights());
  }
}
